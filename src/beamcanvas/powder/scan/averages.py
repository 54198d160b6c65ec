"""Averages and sums over frames, of one integrated scan or of several.

Each frame was divided by its factor, the monitor over its reference. An average of frames is
that of all their counts: each weighs as much as its factor, ``Σ f I / Σ f``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import opened
from ...task import SILENT, Param, Progress, task
from ..results import Cake, Pattern, Patterns
from .results import IntegratedScan

_ROWS = 64  #: frames read at a time


class Averages(NamedTuple):
    """What frames add up to; `patterns` has one for each group of them."""

    pattern: Pattern
    cake: Cake | None
    patterns: Patterns


@task(title="Average frames", requires="powder")
def average_frames(
    scan: IntegratedScan,
    *,
    first: Annotated[int, Param(ge=0, label="First frame", group="Frames")] = 0,
    last: Annotated[
        int | None, Param(ge=0, label="Last frame", auto="the last", group="Frames")
    ] = None,
    every: Annotated[int, Param(ge=1, label="Every n-th", group="Frames")] = 1,
    together: Annotated[
        int | None, Param(ge=1, label="So many together", auto="all", group="Frames")
    ] = None,
    scans: Annotated[list[int], Param(label="With these scans", group="Further scans")] = [],  # noqa: B006
    files: Annotated[
        list[Path],
        Param(label="With these files", path="open", filter="NeXus (*.h5)", group="Further scans"),
    ] = [],  # noqa: B006
    series: Annotated[
        Literal["scan by scan", "over all scans"], Param(label="Series", group="Further scans")
    ] = "scan by scan",
    how: Literal["average", "sum"] = "average",
    progress: Progress = SILENT,
) -> Averages:
    """Average the frames of an integrated scan, or of several, or add them up.

    Each frame weighs as much as it was normalised by, as if all counts had been taken at
    once; standard deviations go with it. Frames that failed are left out.

    Parameters
    ----------
    scan:
        The integrated scan.
    first:
        Number of the first frame, from 0.
    last:
        Number of the last frame.
    every:
        Take every n-th frame.
    together:
        How many frames make one pattern of the series.
    scans:
        Numbers of further scans in the same result file, integrated in the same way.
    files:
        Further result files with a scan of the same number.
    series:
        Whether frames of the same numbers in further scans make patterns of their own, or add to
        those of the first scan: with one frame together, frame by frame.
    how:
        average, counts of all frames over what they were normalised by; sum, the counts
        themselves, not divided by the monitor.

    Raises
    ------
    InputError
        When there is no such frame, a scan isn't there, or scans have not the same points.
    """
    sources = [(scan.file, scan.path)]
    sources += [(scan.file, _of_scan(scan.path, number)) for number in scans]
    sources += [(Path(file), scan.path) for file in files]
    whole = _Sum(scan)
    groups: dict[str, _Sum] = {}
    for done, (file, path) in enumerate(sources):
        part = progress.part(done / len(sources), (done + 1) / len(sources))
        alone = len(sources) == 1 or series == "over all scans"
        name = "" if alone else f"{file.name}::{path.split('/')[1]}, "
        for rows in _frames(file, path, scan, slice(first, last, every), together or _ROWS, part):
            whole.add(rows)
            low, high = rows.numbers[0], rows.numbers[-1]
            words = f"frame {low}" if low == high else f"frames {low} to {high}"
            words = words if together else "all frames"
            groups.setdefault(name + words, _Sum(scan)).add(rows)
    if not whole.frames:
        raise InputError(f"There is no frame to {how}: the scan has {scan.frames}, from 0.")
    words = f"{how} of {whole.frames} frames, {scan.source}"
    if len(sources) > 1:
        words += f" and {len(sources) - 1} more"
    patterns = {name: g.pattern(how, f"{how}, {name}") for name, g in groups.items() if g.frames}
    cake = None if scan.azimuthal is None else whole.cake(how, words)
    return Averages(whole.pattern(how, words), cake, Patterns(patterns))


def _of_scan(path: str, number: int) -> str:
    """The path of the same result of another scan: ``/3.1/...`` for ``/1.1/...``."""
    _, entry, rest = path.split("/", 2)
    return f"/{number}.{entry.partition('.')[2]}/{rest}"


class _Rows(NamedTuple):
    """Some frames of a file."""

    numbers: list[int]
    intensity: NDArray[np.float64]  #: (frames, [azimuth,] points); NaN: not measured
    sigma: NDArray[np.float64] | None
    factor: NDArray[np.float64]


def _frames(
    file: Path, path: str, like: IntegratedScan, which: slice, at_once: int, progress: Progress
) -> Iterator[_Rows]:
    with opened(file) as root:
        data = root.get(path)
        if data is None or "intensity" not in data:
            raise InputError(f"{file} has no integrated scan at {path}.")
        axis = data[data.attrs["axes"][-1]][()]
        if data["intensity"].shape[1:] != _shape(like) or not np.allclose(axis, like.radial):
            raise InputError(
                f"{file}: the points of {path} are not those of {like.source}: integrate both "
                "in the same way."
            )
        stop = None if which.stop is None else which.stop + 1
        numbers = list(range(data["intensity"].shape[0]))[which.start : stop : which.step]
        errors = data.get("intensity_errors")
        for begin in progress.each(range(0, len(numbers), at_once), "Reading"):
            some = numbers[begin : begin + at_once]
            yield _Rows(
                some,
                data["intensity"][some].astype(float),
                None if errors is None else errors[some].astype(float),
                data["normalisation"][some],
            )


def _shape(scan: IntegratedScan) -> tuple[int, ...]:
    points = (len(scan.radial),)
    return points if scan.azimuthal is None else (len(scan.azimuthal), *points)


@dataclass
class _Sum:
    """Frames added up."""

    scan: IntegratedScan
    frames: int = 0
    signal: Any = field(init=False)
    variance: Any = field(init=False)
    factor: Any = field(init=False)

    def __post_init__(self) -> None:
        self.signal, self.variance, self.factor = np.zeros((3, *_shape(self.scan)))

    def add(self, rows: _Rows) -> None:
        factor = rows.factor.reshape(-1, *(1,) * self.signal.ndim)
        seen = np.isfinite(rows.intensity) & np.isfinite(factor)
        self.frames += int(seen.reshape(len(seen), -1).any(axis=1).sum())
        self.signal += np.where(seen, rows.intensity * factor, 0).sum(axis=0)
        self.factor += np.where(seen, factor, 0).sum(axis=0)
        if rows.sigma is None:
            self.variance = None
        elif self.variance is not None:
            self.variance += np.where(seen, (rows.sigma * factor) ** 2, 0).sum(axis=0)

    def cake(self, how: str, source: str) -> Cake:
        azimuthal = self.scan.azimuthal
        if azimuthal is None:
            raise InputError(f"{self.scan.source} has patterns, no cakes.")
        weight = self.factor if how == "average" else np.where(self.factor > 0, 1.0, 0.0)
        return Cake(azimuthal=azimuthal, **self._made(self.signal, self.variance, weight, source))

    def pattern(self, how: str, source: str) -> Pattern:
        signal, variance = self.signal, self.variance
        weight = self.factor if how == "average" else np.where(self.factor > 0, 1.0, 0.0)
        if signal.ndim == 2:  # each azimuth counts by what it was normalised by
            with opened(self.scan.file) as root:
                share = root[f"{self.scan.path}/point_normalisation"][()]
            signal, weight = (signal * share).sum(axis=0), (weight * share).sum(axis=0)
            variance = None if variance is None else (variance * share**2).sum(axis=0)
        return Pattern(**self._made(signal, variance, weight, source))

    def _made(self, signal: Any, variance: Any, weight: Any, source: str) -> dict[str, Any]:
        scan, weight = self.scan, np.where(weight > 0, weight, np.nan)
        return {
            "radial": scan.radial,
            "intensity": signal / weight,
            "sigma": None if variance is None else np.sqrt(variance) / weight,
            "unit": scan.unit,
            "geometry": scan.geometry,
            "engine": scan.engine,
            "settings": scan.settings | {"frames": self.frames},
            "count": np.where(np.isfinite(weight), 1.0, 0.0),
            "source": source,
            "origins": scan.origins,
            "warnings": scan.warnings,
        }
