"""The exact median over frames, by the bits of the values from the highest down."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

TILE = 512


@njit(nogil=True, cache=True)
def _middle_values(frames, highest, lower, upper):  # type: ignore[no-untyped-def]
    """The lower and the upper of the two middle values of each pixel.

    The answer's bits are found one after the other: a bit is set when fewer than half of the
    values are below the number that it makes.
    """
    number, pixels = frames.shape
    wanted = (number - 1) // 2
    one = frames.dtype.type(1)
    below = np.empty(TILE, np.int32)
    trial = np.empty(TILE, frames.dtype)
    for first in range(0, pixels, TILE):
        count = min(TILE, pixels - first)
        found = lower[first : first + count]
        found[:] = 0
        for shift in range(highest, -1, -1):
            step = one << frames.dtype.type(shift)
            for p in range(count):
                below[p] = 0
                trial[p] = found[p] | step
            for k in range(number):
                row = frames[k, first : first + count]
                for p in range(count):
                    below[p] += row[p] < trial[p]
            for p in range(count):
                if below[p] <= wanted:
                    found[p] = trial[p]
        above = upper[first : first + count]
        if number % 2:
            above[:] = found
            continue
        top = ~frames.dtype.type(0)
        for p in range(count):
            below[p] = 0
            above[p] = top
        for k in range(number):
            row = frames[k, first : first + count]
            for p in range(count):
                below[p] += row[p] <= found[p]
                if row[p] > found[p] and row[p] < above[p]:
                    above[p] = row[p]
        for p in range(count):
            if below[p] > number // 2:
                above[p] = found[p]


def median_over_frames(frames: NDArray[Any]) -> NDArray[np.float64]:
    """The median of each pixel of (frames, pixels), exact; frames are uint16 or float32.

    Of an even number of frames it is the mean of the two middle ones, as NumPy has it.
    """
    pixels = frames.shape[1]
    if frames.dtype == np.uint16:
        ordered, back = frames, None
    else:
        # the bits of floats, taken as integers, are in the order of the floats
        bits = np.ascontiguousarray(frames, dtype=np.float32).view(np.uint32)
        negative = bits >> np.uint32(31)
        ordered = bits ^ np.where(negative, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
        back = np.uint32(0x80000000)
    highest = int(ordered.max(initial=0)).bit_length() - 1
    lower, upper = (np.empty(pixels, ordered.dtype) for _ in range(2))
    _middle_values(ordered, max(highest, 0), lower, upper)
    if back is not None:
        lower, upper = (_as_float(v, back) for v in (lower, upper))
    middle: NDArray[np.float64] = (lower.astype(np.float64) + upper) / 2
    return middle


def _as_float(ordered: NDArray[np.uint32], sign: np.uint32) -> NDArray[np.float32]:
    return np.where(ordered & sign, ordered ^ sign, ~ordered).astype(np.uint32).view(np.float32)
