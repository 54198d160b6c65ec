"""Patterns of a multi-analyser stage in front of an area detector (ID22 of the ESRF).

Fitch & Dejoie, J. Appl. Cryst. 54 (2021) 1088; sums and their errors as in id31sum,
Wright, Vaughan & Fitch (2003).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..origin import Origin
from ..results import Pattern
from .rebin import AngleTable, Histogram
from .roi_scan import Layout, Order, RoiScan, open_scans
from .stage import AnalyzerStage

Array = NDArray[np.float64]

_PRIOR = 0.5  #: counts: the error of an empty bin isn't zero (id31sum's Bayesian value)


@dataclass(frozen=True, eq=False)
class AnalyzerPatterns:
    """What each analyser of a stage counted, over the scattering angle."""

    two_theta: Array  #: centres of the bins, degrees
    counts: Array  #: (analysers, bins)
    monitor: Array  #: summed over all rows and frames that saw a bin, (analysers, bins)
    stage: AnalyzerStage
    step: float  #: of the angle, degrees
    scans: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    origins: tuple[Origin, ...] = ()  #: the scans
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        scans = "1 scan" if len(self.scans) == 1 else f"{len(self.scans)} scans"
        return (
            f"{len(self.counts)} analysers, {len(self.two_theta)} points, "
            f"2θ {self.two_theta[0]:.4g}–{self.two_theta[-1]:.4g}°, {scans}"
        )

    @property
    def intensity(self) -> Array:
        """Counts per monitor count, NaN where an analyser wasn't: (analysers, bins)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Array = np.where(self.monitor > 0, self.counts / self.monitor, np.nan)
        return found

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.intensity,
            name="intensity",
            label="Counts per monitor count",
            mask=self.monitor <= 0,
            axes=(
                Axis(name="analyser", values=np.arange(len(self.counts)), label="Analyser"),
                Axis(name="2th", values=self.two_theta, unit="°", label="2θ"),
            ),
            title=self.source,
            log=True,
            meta=self.settings,
        )

    def each(self) -> dict[str, Pattern]:
        """A pattern for every analyser that counted, by its name."""
        return {
            f"MA{i}": self._pattern(self.counts[i], self.monitor[i], 0.0, 1.0, f"MA{i}")
            for i in range(len(self.counts))
            if (self.monitor[i] > 0).any()
        }

    def merged(
        self, efficiency: Array, efficiency_error: Array, scale: float, used: NDArray[np.bool_]
    ) -> Pattern:
        """The pattern of all analysers that are used, each weighed by its efficiency."""
        counts, monitor = self.counts[used], self.monitor[used]
        weight = efficiency[used, None] * monitor
        by_efficiency = ((efficiency_error[used, None] * monitor) ** 2).sum(axis=0)
        return self._pattern(
            counts.sum(axis=0), weight.sum(axis=0), by_efficiency, scale, self.source
        )

    def _pattern(
        self, counts: Array, weight: Array, weight_variance: Array | float, scale: float, name: str
    ) -> Pattern:
        with np.errstate(invalid="ignore", divide="ignore"):
            intensity = scale * counts / weight
            variance = (counts + _PRIOR) / weight**2 + counts**2 * weight_variance / weight**4
        seen = weight > 0
        return Pattern(
            radial=self.two_theta[seen],
            intensity=intensity[seen],
            sigma=scale * np.sqrt(variance[seen]),
            unit="2th_deg",
            geometry=None,
            engine="beamcanvas, multi-analyser",
            settings=dict(self.settings),
            source=name,
            origins=self.origins,
            warnings=self.warnings,
        )


@task(title="Rebin analysers", output="patterns", requires="powder")
def rebin_analyzers(
    file: Annotated[Path, Param(path="open", filter="Scans (*.h5 *.hdf5);;All files (*)")],
    stage: AnalyzerStage,
    before: AnalyzerPatterns | None = None,
    *,
    scans: list[str] = [],  # noqa: B006 - never changed; a list is what the panel shows
    step: Annotated[float | None, Param(unit="°", gt=0, auto="of the scan")] = None,
    two_theta_min: Annotated[
        float | None, Param(unit="°", label="2θ from", auto="all", group="Range")
    ] = None,
    two_theta_max: Annotated[
        float | None, Param(unit="°", label="2θ to", auto="all", group="Range")
    ] = None,
    first_row: Annotated[int, Param(ge=0, group="Rows used")] = 0,
    last_row: Annotated[int | None, Param(ge=0, auto="all", group="Rows used")] = None,
    azimuth: Annotated[
        float, Param(unit="°", gt=0, le=90, label="Largest azimuth", group="Rows used")
    ] = 75.0,
    spread: Annotated[
        float | None,
        Param(unit="°", gt=0, label="Largest blur", auto="any", group="Rows used"),
    ] = None,
    rows: Annotated[int, Param(ge=1, label="Rows of a strip", group="File", more=True)] = 512,
    order: Annotated[
        Order | None,
        Param(label="Order in a frame", auto="as the file says", group="File", more=True),
    ] = None,
    counter: Annotated[
        str, Param(label="Counts", group="File", more=True)
    ] = "eiger_roi_collection",
    monitor: Annotated[str, Param(group="File", more=True)] = "mon",
    saturation: Annotated[
        int, Param(gt=0, label="Saturated from", unit="counts", group="File", more=True)
    ] = 65530,
    progress: Progress = SILENT,
) -> AnalyzerPatterns:
    """Sort what every row behind every analyser counted by the angle that it saw.

    Scans are added up, and so are those of the file before when one is given. Negative and
    saturated counts are left out together with their share of the monitor.

    Parameters
    ----------
    file:
        File of the scans, as the beamline's BLISS writes it.
    stage:
        Where the analysers stand.
    before:
        Patterns of another file, to which these scans are added.
    scans:
        Names of the scans, such as 1.1; none: all scans of the arm.
    step:
        Of the scattering angle.
    two_theta_min:
        Lowest scattering angle.
    two_theta_max:
        Highest scattering angle.
    first_row:
        First row that is used, from 0.
    last_row:
        Row before which it ends.
    azimuth:
        Rows whose azimuth out of the plane of diffraction is larger are left out.
    spread:
        Rows are left out, too, where the width of the beam makes this much of a difference in
        2θ or more: the delta2theta of id22rebin, 0.003° at ID22.
    rows:
        Rows of the strip behind each analyser.
    order:
        How the strips are stored in a frame, slowest first, where the file doesn't say for each
        number in it where it was counted. Columns of a strip are added up.
    counter:
        Name of the counts in the file.
    monitor:
        Name of the beam monitor in the file.
    saturation:
        A row that counted as much in one frame, or more, is not used.

    Raises
    ------
    InputError
        When the file or a scan is missing or cut off, its frames don't fit the stage, or the
        range is empty.
    """
    if spread is not None and not stage.beam_width:
        raise InputError(f"How wide the beam was is not in {stage.source}: give 'beam_width'.")
    layout = Layout(len(stage.analyzers), rows, order)
    last = rows if last_row is None else min(last_row, rows)
    if not first_row < last:
        raise InputError(f"No row is used: from row {first_row} to before row {last}.")
    with open_scans(Path(file), list(scans), counter, monitor, layout) as found:
        histogram = _histogram(stage, found, before, step, two_theta_min, two_theta_max)
        frames = sum(len(scan.arm) for scan in found)
        done = 0
        for scan in found:
            rebin = _Rebin(stage, histogram, scan, first_row, last, azimuth, spread)
            for part, counts in scan.blocks(layout):
                progress(done / frames, f"Scan {scan.entry}")
                rebin.add(part, counts, saturation)
                done += part.stop - part.start
    if not histogram.counts.any():
        raise InputError(f"No analyser counted anything in this range of {Path(file).name}.")
    progress(1.0, "Rebinned")
    earlier = () if before is None else before.scans
    origins = tuple(Origin(Path(file).absolute(), f"/{scan.entry}") for scan in found)
    return AnalyzerPatterns(
        two_theta=histogram.two_theta,
        counts=histogram.counts,
        monitor=histogram.monitor,
        stage=stage,
        step=histogram.step,
        scans=(*earlier, *(f"{Path(file).name}::{scan.entry}" for scan in found)),
        settings={
            "step": histogram.step,
            "azimuth": azimuth,
            "spread": spread,
            "rows": (first_row, last),
            "wavelength": f"{1e10 * stage.wavelength:.9g} Å",
            "analysers": stage.source,
        },
        source=Path(file).name,
        origins=origins if before is None else before.origins + origins,
        warnings=(
            *(() if before is None else before.warnings),
            *(warning for scan in found for warning in scan.warnings),
        ),
    )


def _histogram(
    stage: AnalyzerStage,
    scans: list[RoiScan],
    before: AnalyzerPatterns | None,
    step: float | None,
    low: float | None,
    high: float | None,
) -> Histogram:
    if before is not None:
        if len(before.counts) != len(stage.analyzers):
            raise InputError(
                f"The patterns before are of {len(before.counts)} analysers, "
                f"the stage has {len(stage.analyzers)}."
            )
        first = round(before.two_theta[0] / before.step)
        return Histogram(first, before.step, before.counts.copy(), before.monitor.copy())
    offsets = np.degrees([a.offset for a in stage.analyzers])
    arms = [scan.arm[np.isfinite(scan.arm)] for scan in scans]
    lowest = min(arm.min() for arm in arms) + offsets.min() if low is None else low
    highest = max(arm.max() for arm in arms) + offsets.max() if high is None else high
    lowest = max(lowest, 0.3)
    if not lowest < highest:
        raise InputError(f"The range of 2θ is empty: from {lowest:g} to {highest:g}.")
    width = step or scans[0].step
    if not width > 0:
        raise InputError(f"Scan {scans[0].entry} says a step of {width:g}: give 'step'.")
    if (highest - lowest) / width > 2e7:
        raise InputError(f"A step of {width:g}° makes too many points from {lowest:g}° on.")
    return Histogram.empty(len(stage.analyzers), lowest, highest, width)


class _Rebin:
    """Sorts one scan into a histogram: the monitor at once, the counts block by block."""

    def __init__(
        self,
        stage: AnalyzerStage,
        histogram: Histogram,
        scan: RoiScan,
        first: int,
        last: int,
        azimuth: float,
        spread: float | None,
    ) -> None:
        self.histogram = histogram
        self.used = np.isfinite(scan.arm) & np.isfinite(scan.monitor) & (scan.monitor > 0)
        self.arm = np.radians(np.where(self.used, scan.arm, np.nan))
        self.monitor = np.where(self.used, scan.monitor, 0.0)
        self.rows = slice(first, last)
        arm = self.arm[self.used]
        low, high, sine = float(arm.min()), float(arm.max()), float(np.sin(np.radians(azimuth)))
        numbers = np.arange(first, last, dtype=float)
        blur = np.inf if spread is None else float(np.radians(spread))
        self.tables = [
            AngleTable(stage, i, numbers, low, high, sine, blur)
            for i in range(len(stage.analyzers))
        ]
        for analyzer, table in enumerate(self.tables):
            places = table.places(self.arm)
            for row in range(len(numbers)):
                angles = table.angles(self.arm, *places, row)
                histogram.add(histogram.monitor, analyzer, angles, self.monitor)

    def add(self, part: slice, counts: NDArray[Any], saturation: int) -> None:
        arm = self.arm[part]
        for analyzer, table in enumerate(self.tables):
            strip = counts[:, analyzer, self.rows]
            frame, row = np.nonzero(strip)
            value = strip[frame, row]
            interval, t = table.places(arm)
            angles = table.angles(arm[frame], interval[frame], t[frame], row)
            wrong = (value < 0) | (value >= saturation)
            if wrong.any():
                lost = -self.monitor[part][frame[wrong]]
                self.histogram.add(self.histogram.monitor, analyzer, angles[wrong], lost)
                angles, value = angles[~wrong], value[~wrong]
            self.histogram.add(self.histogram.counts, analyzer, angles, value.astype(float))
