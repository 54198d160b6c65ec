"""Filtered back projection with linear interpolation between columns, many slices at once."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...task import SILENT, Progress
from .aligned import aligned_zeros
from .filtering import filtered
from .geometry import SliceGeometry
from .settings import Filter, Padding
from .threads import in_threads

#: pixels along the side of a tile: what it needs of a projection stays in the nearest cache
_TILE = 32


def reconstruct_interpolating(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    *,
    filter: Filter = "ramlak",
    cutoff: float = 1.0,
    padding: Padding = "edges",
    even: bool = False,
    threads: int = 1,
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """Slices (row, y, x) of sinograms (row, angle, column), per pixel.

    Parameters
    ----------
    even:
        Weigh all angles alike, as nabu does, whose values these are then to the rounding of
        single precision wherever the detector sees.

    Raises
    ------
    Cancelled
        Within a fifth of a second when the task was asked to stop.
    """
    weights = geometry.even_weights() if even else geometry.weights()
    turned, centres = filtered(
        sinograms,
        geometry,
        weights,
        filter=filter,
        cutoff=cutoff,
        padding=padding,
        threads=threads,
        progress=progress.part(0, 0.2),
    )
    height, width = geometry.shape
    slices = aligned_zeros(height, width, len(sinograms))
    turn = np.stack([np.cos(geometry.angles), -np.sin(geometry.angles), centres], axis=1)
    turn = turn.astype(np.float32)
    y0, x0 = (np.float32(v) for v in geometry.first)
    stopped = np.zeros(1, np.bool_)

    def strip(top: int) -> None:
        _back_project(slices, turned, turn, y0, x0, top, min(top + _TILE, height), stopped)

    strips = range(0, height, _TILE)
    in_threads(strip, strips, threads, progress.part(0.2, 1), "Slices", lambda: stopped.fill(True))
    return np.ascontiguousarray(slices.transpose(2, 0, 1))


@njit(nogil=True, fastmath={"contract", "nsz"}, cache=True, error_model="numpy")
def _back_project(  # type: ignore[no-untyped-def]
    slices, sinograms, turn, y0, x0, top, bottom, stopped
):  # pragma: no cover - compiled
    """Add all projections to rows `top` to `bottom` of the slices, (y, x, row)."""
    width = slices.shape[1]
    rows = slices.shape[2]
    columns = sinograms.shape[1]
    for left in range(0, width, _TILE):
        right = min(left + _TILE, width)
        for angle in range(sinograms.shape[0]):
            if stopped[0]:
                return
            cosine, sine, axis = turn[angle]
            for y in range(top, bottom):
                down = sine * (y + y0)
                for x in range(left, right):
                    at = cosine * (x + x0) + axis + down
                    if at < np.float32(0) or at >= columns:
                        continue
                    low = int(at)
                    high = min(low + 1, columns - 1)
                    share = np.float32(at - low)
                    rest = np.float32(1) - share
                    for row in range(rows):
                        slices[y, x, row] += (
                            rest * sinograms[angle, low, row] + share * sinograms[angle, high, row]
                        )
