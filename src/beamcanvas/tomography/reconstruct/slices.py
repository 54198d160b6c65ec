"""Some slices of a scan, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..frames.projections import Projections
from ..scan.types import TomoScan
from ..volume.types import quantity_of
from .engine import Slices
from .memory import rows_at_once

Plane = Literal["XY", "XZ", "YZ"]
#: along which axis of the volume (z, y, x) the slices of a plane follow each other
_AXES = {"XY": 0, "XZ": 1, "YZ": 2}
_MOST = 64


@dataclass(frozen=True, eq=False)
class SliceImages:
    """Slices of a scan, all in one plane."""

    data: NDArray[np.float32]  #: (slice, row, column)
    plane: Plane
    positions: tuple[int, ...]  #: of the slices along the axis across them, in voxels
    unit: str
    pixel_size: tuple[float, float] | None  #: along the rows and columns of a slice, m
    scan: TomoScan
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """In words."""
        count, rows, columns = self.data.shape
        across = "zyx"[_AXES[self.plane]]
        which = ", ".join(map(str, self.positions[:6])) + (", …" if count > 6 else "")
        words = f"slice {across} {which}" if count == 1 else f"{count} slices {across} {which}"
        return f"{words}: {rows} × {columns}, {self.scan.reconstruction.summary}"

    def nxdata(self) -> NXData:
        """One slice as an image, several as a stack."""
        names = [name for name in "zyx" if name != "zyx"[_AXES[self.plane]]]
        axes = tuple(Axis(name=name, unit="px") for name in names)
        across = Axis(name="zyx"[_AXES[self.plane]], values=np.array(self.positions), unit="px")
        alone = len(self.data) == 1
        return NXData(
            name="attenuation",
            signal=self.data[0] if alone else self.data,
            axes=axes if alone else (across, *axes),
            unit=self.unit,
            label=quantity_of(self.unit),
            title=f"{self.scan.name}, {self.plane}",
            pixels=True,
            colours="grey",
        )


@task(title="Reconstruct slices", output="slices", requires="tomography")
def reconstruct_slices(
    scan: TomoScan,
    *,
    positions: Annotated[str, Param(label="Slices")] = "middle",
    plane: Annotated[
        Plane,
        Param(words={"XY": "XY (horizontal)", "XZ": "XZ (upright)", "YZ": "YZ (upright, side)"}),
    ] = "XY",
    memory: Annotated[
        float | None, Param(gt=0, unit="GB", auto="half of what is free", more=True)
    ] = None,
    progress: Progress = SILENT,
) -> SliceImages:
    """Reconstruct some slices of a scan, in any of the three planes.

    Parameters
    ----------
    scan:
        A scan whose darks, flats and rotation axis are known.
    positions:
        Which slices: middle, first, last, numbers, or start:stop:step, with commas between:
        "middle", "10, 20", "0:100:10".
    plane:
        XY slices are what one row of the detector saw; XZ and YZ ones are upright, and need
        all rows.
    memory:
        That the whole process may take.

    Raises
    ------
    InputError
        When the rotation axis, darks or flats are missing, a position is outside, or the
        projections hold values that are no numbers.
    """
    with Projections(scan) as projections:
        whole = Slices(projections)
        axis = _AXES[plane]
        wanted = positions_in(positions, whole.shape[axis], f"slices of plane {plane}")
        if plane == "XY":
            data = _rows(whole, wanted, progress)
        else:
            data = _upright(projections, "zyx"[axis], wanted, memory, progress)
        size = whole.voxel_size
        pixel_size = None if size is None else tuple(np.delete(size, axis).tolist())
        warnings = (*scan.warnings, *projections.doubts)
        return SliceImages(
            data, plane, tuple(wanted), whole.unit, pixel_size, scan, warnings=warnings
        )


def _rows(whole: Slices, wanted: list[int], progress: Progress) -> NDArray[np.float32]:
    found = []
    for n, start, stop in _runs(wanted):
        found.append(
            whole.rows(
                start, stop, progress.part(n / len(wanted), (n + stop - start) / len(wanted))
            )
        )
    return np.concatenate(found)


def _runs(numbers: list[int]) -> list[tuple[int, int, int]]:
    """Neighbours together: how many came before, first, and the one after the last."""
    runs: list[tuple[int, int, int]] = []
    for n, number in enumerate(numbers):
        if runs and runs[-1][2] == number:
            runs[-1] = (*runs[-1][:2], number + 1)
        else:
            runs.append((n, number, number + 1))
    return runs


def _upright(
    projections: Projections,
    axis: str,
    wanted: list[int],
    memory: float | None,
    progress: Progress,
) -> NDArray[np.float32]:
    """Slices across y or x: the same line of every slice."""
    rows = projections.shape[1]
    lines = [Slices(projections, line=(axis, index)) for index in wanted]
    step = rows_at_once(lines[0], None if memory is None else 1e9 * memory, rows)
    length = max(lines[0].geometry.shape)
    data = np.empty((len(lines), rows, length), np.float32)
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        part = progress.part(start / rows, stop / rows)
        sinograms = lines[0].sinograms(start, stop, part.part(0, 0.5))
        for n, line in enumerate(lines):
            own = part.part(0.5 + 0.5 * n / len(lines), 0.5 + 0.5 * (n + 1) / len(lines))
            data[n, start:stop] = line.of(sinograms, own).reshape(stop - start, length)
    return data


def positions_in(text: str, count: int, what: str) -> list[int]:
    """The positions that a text names, among `count`.

    Raises
    ------
    InputError
        When it can't be read, or names one that isn't there.
    """
    words = {"first": 0, "middle": count // 2, "last": count - 1}
    found: list[int] = []
    for item in text.replace(";", ",").split(","):
        item = item.strip().lower()
        try:
            if item in words:
                found.append(words[item])
            elif ":" in item:
                parts = [int(p) if p.strip() else None for p in item.split(":")]
                found += range(count)[slice(*parts)]
            elif item:
                found.append(int(item))
        except (ValueError, TypeError):
            raise InputError(
                f"'{item}' names no slice: give first, middle, last, a number, or start:stop:step."
            ) from None
    outside = [n for n in found if not 0 <= n < count]
    if outside:
        raise InputError(f"Slice {outside[0]} is not among the {count} {what}.")
    if not found:
        raise InputError(f"'{text}' names no slice among the {count} {what}.")
    if len(found) > _MOST:
        raise InputError(f"{len(found)} slices are too many to look at; reconstruct a volume.")
    return sorted(set(found))
