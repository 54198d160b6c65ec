"""One scan on its way: its frames integrated, written down, averaged, and looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.bliss import FrameReader, Scan
from ...task import Progress
from ..integration.lines import marked_lines
from ..integration.operator import Bins, Corrections, operator_for
from ..integration.settings import Settings
from ..integration.ways import Outliers, way_for
from ..origin import Origin
from ..packed_mask import PackedMask
from ..results import Pattern, Patterns
from ..types import Geometry
from .file import ScanFile
from .frames import integrate_frames
from .growing import HeatMap
from .growth import looks
from .monitor import Factors, monitors_in
from .results import IntegratedScan, failure_lines, left_out
from .total import Total


class ScanResult(NamedTuple):
    """The patterns of a scan, and their average.

    `averages` has one for each of several ways to integrate, the usual one included.
    """

    scan: IntegratedScan
    average: Pattern
    averages: Patterns


@dataclass(frozen=True)
class Following:
    """How to go after a scan that may still be measured."""

    subscan: int
    wait: float  #: seconds for the next frame
    threads: int


@dataclass
class ScanRun:
    """Integrates a scan.

    Parameters
    ----------
    first:
        The scan as it was first seen.
    ways:
        How to integrate its frames, by name; the usual way, without a name, comes first. They
        have error model, monitor and reference in common.

    Raises
    ------
    InputError
        When a monitor isn't there, or there is no such way to integrate.
    """

    first: Scan
    geometry: Geometry
    corrections: Corrections
    ways: Mapping[str, Settings]
    outliers: Outliers
    saturation: float | None
    following: Following
    origins: tuple[Origin, ...] = ()  #: of what the frames are corrected with
    failures: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.usual = self.ways[""]
        monitor = self.usual.monitor
        self._monitors = monitors_in(None if monitor is None else str(monitor), self.first)
        self._last = self.first
        layouts = [settings.layout for settings in self.ways.values()]
        self._operator = operator_for(self.geometry, layouts, self.corrections)
        self._way = way_for(
            self._operator,
            self.geometry,
            self.corrections,
            self.usual.error_model,
            self.outliers,
            self.saturation,
        )
        self._total = Total(self._operator.points)

    @property
    def source(self) -> str:
        return f"{self.first.file.name}::/{self.first.entry}"

    @property
    def _records(self) -> dict[str, dict[str, Any]]:
        own = {
            "saturation": self.saturation,
            "outliers": self.outliers.how,
            "threshold": self.outliers.threshold,
        }
        return {name: settings.record | own for name, settings in self.ways.items()}

    def into(
        self, output: Path, existing: Literal["keep", "replace"], progress: Progress
    ) -> ScanFile:
        """Integrate it into a file.

        Raises
        ------
        InputError
            When not one frame can be integrated, or the file can't be written or holds this
            scan already and that is to be kept.
        """
        with self._file(output, existing) as result:
            heat_map = HeatMap(self._operator.bins[0], self.source)
            progress.show(lambda: {"scan": heat_map.so_far()} if heat_map.frames else {})
            for done, factor in self._frames(result, progress):
                found = done.found
                if found is None:
                    self.failures[done.number] = done.problem
                else:
                    self._total.add(found)
                result.add(found, factor)
                heat_map.add(done.number, found and found.intensity)
                words = f"Frame {done.number + 1} of {self._last.frames}"
                progress((done.number + 1) / max(self._last.frames, 1), words)
            if not self._total.frames:
                why = failure_lines(self.failures)
                raise InputError(
                    f"{self.first.file}: no frame of scan {self.first.entry} could be integrated. "
                    + (why[0][0].upper() + why[0][1:] if why else "It has none.")
                )
            counters = tuple(m for m in self._monitors if isinstance(m, str))
            result.keep(self._last, counters, self.failures)
        return result

    @contextmanager
    def _file(self, output: Path, existing: Literal["keep", "replace"]) -> Iterator[ScanFile]:
        with_errors = self.usual.error_model != "none" or self.outliers.how == "sigma clip"
        result = ScanFile(
            output,
            self.first,
            list(self.ways),
            self._operator.bins,
            with_errors=with_errors,
            existing=existing,
            in_place=not self.first.is_finished,
        )
        try:
            records = list(self._records.values())
            result.describe(self.geometry, self._way.words, records, self.corrections)
            yield result
        except BaseException:
            result.discard()
            raise

    def _frames(self, result: ScanFile, progress: Progress) -> Iterator[tuple[Any, float]]:
        """What comes of each frame, and its factor, as long as frames come."""
        follow = self.following
        for last, start, stop in looks(self.first, follow.subscan, follow.wait, progress):
            self._last = last
            factors = Factors(last, self._monitors, self.usual.reference)
            with FrameReader(last) as reader:
                blocks = reader.blocks(start, stop)
                for done in integrate_frames(reader, blocks, factors.of, self._way, follow.threads):
                    yield done, factors.values.get(done.number, np.nan)
            if not last.is_finished:
                result.flush()

    def result(self, file: ScanFile, lines: str | None, warnings: Iterable[str] = ()) -> ScanResult:
        """What there is in the end; `lines` as :func:`.marked_lines` takes them."""
        warnings = [*self.geometry.warnings, *warnings]
        if self.failures:
            warnings.append(left_out(self.failures, file.frames))
        if not self._last.is_finished:
            wait = self.following.wait
            warnings.append(f"Scan {self._last.entry} has not ended: no frame came for {wait:g} s.")
        scans: dict[str, IntegratedScan] = {}
        averages: dict[str, Pattern] = {}
        records = self._records
        for name, process, bins in zip(self.ways, file.processes, self._operator.bins, strict=True):
            common: dict[str, Any] = {
                "radial": bins.radial,
                "unit": bins.layout.unit,
                "geometry": self.geometry,
                "engine": self._way.words,
                "settings": records[name],
                "origins": (Origin(self.first.file, f"/{self.first.entry}"), *self.origins),
                "warnings": tuple(warnings),
            }
            scans[name] = IntegratedScan(
                file=file.path,
                path=f"{process}/integrated",
                frames=file.frames,
                azimuthal=bins.azimuthal,
                failures=self.failures,
                source=f"{self.source}, {name}" if name else self.source,
                is_complete=self._last.is_finished,
                **common,
            )
            intensity, sigma = self._total.average(bins)
            averages[name or "all"] = Pattern(
                intensity=intensity,
                sigma=sigma,
                lines=marked_lines(lines, self.geometry, bins.layout.unit, bins.radial),
                count=_over_azimuth(bins),
                source=f"average of {scans[name].source}",
                unused=PackedMask.of(self.corrections.mask),
                **common,
            )
        whole = scans.pop("")
        return ScanResult(replace(whole, variants=scans), averages["all"], Patterns(averages))


def _over_azimuth(bins: Bins) -> np.ndarray[Any, Any]:
    return bins.count if bins.azimuthal is None else bins.count.sum(axis=0)
