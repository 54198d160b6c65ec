"""A detector whose image is distorted: each pixel taken from where the ray really arrived."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ....nexus.file import reading
from ....task import Param, task
from ...scan.types import TomoScan
from ..flatten import oriented
from ..treatment import Geometry, RadioTreatment


@dataclass(frozen=True)
class Distortion(RadioTreatment):
    """Interpolates each pixel where two maps say that it is in the distorted image."""

    order: ClassVar[int] = 15
    file: Path
    rows: str  #: dataset of the row where each pixel is taken from
    columns: str  #: and of the column
    reach: int  #: rows by which a pixel moves at most
    written: int  #: when the file was written, so that a new one is read again

    @property
    def summary(self) -> str:
        return f"distortion by {self.file.name}"

    def margin(self, geometry: Geometry) -> int:
        return self.reach + 1

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        from scipy.ndimage import map_coordinates

        first = geometry.first_raw_row
        here = slice(first, first + frames.shape[1])
        rows, columns = _maps(self, geometry.scan.flips)
        where = rows[here] - first, columns[here]
        out = np.empty_like(frames)
        for frame, made in zip(frames, out, strict=True):
            map_coordinates(frame, where, output=made, order=1, mode="nearest")
        return out


@lru_cache(maxsize=2)
def _maps(
    how: Distortion, flips: tuple[bool, bool]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The maps of frames whose flips are undone."""
    found = np.stack(read_maps(how.file, how.rows, how.columns))
    rows, columns = oriented(found, flips)
    left_right, upside_down = flips
    return (
        rows.shape[0] - 1 - rows if upside_down else rows,
        columns.shape[1] - 1 - columns if left_right else columns,
    )


def read_maps(
    file: Path, rows: str, columns: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The two maps in a file.

    Raises
    ------
    InputError
        When one of them isn't there or is no image of numbers.
    """
    found = []
    with reading(file) as root:
        for path in (rows, columns):
            data = root.get(path)
            if getattr(data, "ndim", 0) != 2 or data.dtype.kind not in "uif":
                raise InputError(f"{file}: there is no map (rows, columns) at {path}.")
            found.append(np.asarray(data[()], np.float32))
    if not all(np.isfinite(m).all() for m in found):
        raise InputError(f"{file}: the maps of the distortion have values that are no numbers.")
    return found[0], found[1]


@task(title="Distortion", output="scan", requires="tomography")
def correct_distortion(
    scan: TomoScan,
    *,
    file: Annotated[
        Path, Param(path="open", filter="HDF5 (*.h5 *.hdf5);;All files (*)", label="Maps")
    ],
    rows: Annotated[str, Param(path="data", of="file", label="Of rows")] = "coords_source_z",
    columns: Annotated[str, Param(path="data", of="file", label="Of columns")] = (
        "coords_source_x"
    ),
) -> TomoScan:
    """Undo the distortion of the detector's optics, with maps that nabu uses as well.

    Each map has a value for every pixel of the whole detector: the row, or the column, from
    0, at which the pixel is found in the distorted image. Both are of frames as they are in
    the file; where the detector's flips are undone, the maps follow.

    Parameters
    ----------
    scan:
        The scan.
    file:
        File with both maps.
    rows:
        Where the map of rows is in it.
    columns:
        Where the map of columns is in it.

    Raises
    ------
    InputError
        When a map isn't there or has another size than the frames.
    """
    path = Path(file).absolute()
    maps = read_maps(path, rows, columns)
    for found in maps:
        if found.shape != scan.shape[1:]:
            raise InputError(
                f"{file}: a map has {found.shape[0]} × {found.shape[1]} pixels but the frames of "
                f"{scan.name} {scan.shape[1]} × {scan.shape[2]}."
            )
    moved = np.abs(maps[0] - np.arange(scan.shape[1])[:, None]).max()
    written = path.stat().st_mtime_ns
    return scan.treated(Distortion(path, rows, columns, int(np.ceil(moved)), written))
