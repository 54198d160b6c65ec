"""Projections scaled by what tells how bright the beam was at each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ....nexus import Axis, NXData
from ....nexus.file import reading
from ....task import SILENT, Param, Progress, task
from ...scan.types import Selection, TomoScan
from ..projections import CLIP, Projections
from ..treatment import Geometry, RadioTreatment

_AT_ONCE = 32 << 20  #: bytes of the region in projections that are held at a time

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Scale(RadioTreatment):
    """Divides each projection by a number of its own."""

    order: ClassVar[int] = 5
    by: tuple[float, ...]  #: one for each projection of the scan
    said: str = ""  #: where they come from

    @property
    def summary(self) -> str:
        return f"divided by {self.said}"

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        frames /= np.asarray(self.by, np.float32)[numbers][:, None, None]
        return frames


@dataclass(frozen=True, eq=False)
class Brightness:
    """How bright the beam was at each projection, over 1 for as bright as at the flats."""

    values: NDArray[np.float64]
    angles: NDArray[np.float64]  #: degrees
    said: str = ""

    @property
    def summary(self) -> str:
        low, high = self.values.min(), self.values.max()
        return f"brightness {low:.4g} to {high:.4g}, from {self.said}"

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.values,
            name="brightness",
            label="Divided by",
            axes=(Axis(name="rotation_angle", values=self.angles, unit="°", label="Angle"),),
            title=f"Brightness from {self.said}",
        )


class Normalised(NamedTuple):
    """The scan, and by what its projections are divided."""

    scan: TomoScan
    brightness: Brightness


@task(title="Normalise projections", requires="tomography")
def normalise_projections(
    scan: TomoScan,
    *,
    by: Annotated[
        Literal["region", "dataset", "value"],
        Param(
            label="Divide by",
            words={
                "region": "a region without sample",
                "dataset": "a counter in a file",
                "value": "a number",
            },
        ),
    ] = "region",
    region: Annotated[
        Box, Param(unit="px", label="First row, last, first column, last", group="Region")
    ] = (0, 10, 0, 10),
    statistic: Annotated[
        Literal["mean", "median"], Param(label="Of its pixels", group="Region")
    ] = "mean",
    file: Annotated[
        Path | None,
        Param(
            path="open",
            filter="HDF5 (*.h5 *.hdf5 *.nx *.nxs);;All files (*)",
            auto="the scan's",
            group="Counter",
        ),
    ] = None,
    dataset: Annotated[
        str | None, Param(path="data", of="file", auto="not chosen", group="Counter")
    ] = None,
    value: Annotated[float, Param(gt=0, group="Number")] = 1.0,
    progress: Progress = SILENT,
) -> Normalised:
    """Divide each projection by how bright the beam was, seen beside the sample or counted.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are reduced.
    by:
        Where the brightness comes from.
    region:
        A box that shows no sample in any projection; the last row and column belong to it.
    statistic:
        What of the region's pixels is taken.
    file:
        File with a counter.
    dataset:
        Path of the counter in it: one value a projection, or one a frame of the scan. It is
        divided by its own mean.
    value:
        One number for all projections.

    Raises
    ------
    InputError
        When the region isn't in the projections, the counter isn't there or has another
        length, or a value is not above 0.
    """
    if by == "value":
        values, said = np.full(scan.shape[0], value), f"{value:g}"
    elif by == "dataset":
        values, said = _counter(scan, file or scan.file, dataset)
    else:
        values, said = _beside(scan, region, statistic, progress)
    if not (np.isfinite(values) & (values > 0)).all():
        bad = int(np.count_nonzero(~(np.isfinite(values) & (values > 0))))
        raise InputError(
            f"{scan.name}: {bad} of {len(values)} projections have no brightness above 0 in {said}."
        )
    with Projections(_plain(scan)) as every:
        angles = np.rad2deg(every.angles)
    treated = scan.treated(Scale(tuple(float(v) for v in values), said))
    return Normalised(treated, Brightness(values, angles, said))


def _plain(scan: TomoScan) -> TomoScan:
    """All projections of the scan with its flat field and no more."""
    return replace(scan, treatments=(), selection=Selection())


def _beside(
    scan: TomoScan, region: Box, statistic: str, progress: Progress
) -> tuple[NDArray[np.float64], str]:
    top, bottom, left, right = region
    _, rows, columns = scan.shape
    if not (0 <= top <= bottom < rows and 0 <= left <= right < columns):
        raise InputError(
            f"{scan.name}: the region, rows {top} to {bottom} and columns {left} to {right}, is "
            f"not in the projections of {rows} × {columns} pixels."
        )
    plain = _plain(scan)
    box = replace(plain.selection, rows=(top, bottom + 1), columns=(left, right + 1))
    take = np.mean if statistic == "mean" else np.median
    values = np.empty(scan.shape[0])
    with Projections(replace(plain, selection=box)) as seen:
        step = max(1, _AT_ONCE // (4 * seen.shape[1] * seen.shape[2]))
        for start in progress.each(range(0, len(values), step), "Looking at the region"):
            stop = min(start + step, len(values))
            pixels = np.clip(seen.radios(start, stop), *CLIP)
            values[start:stop] = take(pixels, axis=(1, 2))
    return values, f"rows {top} to {bottom}, columns {left} to {right}"


def _counter(scan: TomoScan, file: Path, dataset: str | None) -> tuple[NDArray[np.float64], str]:
    if not dataset:
        raise InputError(f"{scan.name}: choose the counter by which projections are divided.")
    with reading(file) as root:
        found = root.get(dataset)
        if not hasattr(found, "dtype") or found.dtype.kind not in "uif":
            raise InputError(f"{file}: there are no numbers at {dataset}.")
        values = np.asarray(found[()], dtype=float).ravel()
    if len(values) == scan.frames != scan.shape[0]:
        from ...scan.nxtomo import read_table

        values = values[read_table(scan).projections]
    if len(values) != scan.shape[0]:
        raise InputError(
            f"{file}: {dataset} has {len(values)} values but the scan {scan.shape[0]} projections."
        )
    return values / values.mean(), dataset.rsplit("/", 1)[-1]
