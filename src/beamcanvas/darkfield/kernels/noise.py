"""What is done to each frame against noise: background, hot pixels, levels."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def subtract(frames, background):  # type: ignore[no-untyped-def]
    """Take an image from each of (frames, rows, columns), in place; never below zero."""
    number, rows, columns = frames.shape
    for k in range(number):
        for i in range(rows):
            row = frames[k, i]
            ground = background[i]
            for j in range(columns):
                row[j] = row[j] - ground[j] if row[j] > ground[j] else 0


@njit(nogil=True, cache=True)
def keep_levels(frames, low, high):  # type: ignore[no-untyped-def]
    """Set to zero, in place, what is below `low` or above `high`."""
    flat = frames.reshape(-1)
    for p in range(len(flat)):
        flat[p] = flat[p] if low <= flat[p] <= high else 0


@njit(nogil=True, cache=True)
def local_median(frame, top, bottom, low, middle, high, out):  # type: ignore[no-untyped-def]
    """The median of 3 × 3 pixels for rows `top` to `bottom` of a frame; edges are repeated.

    Each column of three is sorted once and serves three medians: the median of the nine is
    the median of the largest low, the middle of the middles and the smallest high.
    `low`, `middle` and `high` are room for one row with a pixel more at each end.
    """
    rows, columns = frame.shape
    for i in range(top, bottom):
        before = frame[max(i - 1, 0)]
        here = frame[i]
        after = frame[min(i + 1, rows - 1)]
        for j in range(columns):
            a, b, c = before[j], here[j], after[j]
            a, b = min(a, b), max(a, b)
            b, c = min(b, c), max(b, c)
            low[j + 1] = min(a, b)
            middle[j + 1] = max(a, b)
            high[j + 1] = c
        for line in (low, middle, high):
            line[0] = line[1]
            line[columns + 1] = line[columns]
        medians = out[i - top]
        for j in range(columns):
            lows = max(max(low[j], low[j + 1]), low[j + 2])
            a, b, c = middle[j], middle[j + 1], middle[j + 2]
            middles = max(min(a, b), min(max(a, b), c))
            highs = min(min(high[j], high[j + 1]), high[j + 2])
            medians[j] = max(min(lows, middles), min(max(lows, middles), highs))


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})  # sums of whole numbers stay exact
def excess_sums(frames, top, bottom, sums):  # type: ignore[no-untyped-def]
    """Add Σd and Σd² of each frame, d a pixel less the median of its neighbours, to `sums`."""
    number, _, columns = frames.shape
    lines = np.empty((3, columns + 2), frames.dtype)
    medians = np.empty((1, columns), frames.dtype)
    for k in range(number):
        total = 0.0
        squares = 0.0
        for i in range(top, bottom):
            local_median(frames[k], i, i + 1, lines[0], lines[1], lines[2], medians)
            row = frames[k, i]
            here = medians[0]
            part = 0.0
            square = 0.0
            for j in range(columns):
                d = np.float64(row[j]) - np.float64(here[j])
                part += d
                square += d * d
            total += part
            squares += square
        sums[k, 0] += total
        sums[k, 1] += squares


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})  # as above
def replace_by_deviation(frames, factor, number_type, out):  # type: ignore[no-untyped-def]
    """Copy whole frames into `out`, a hot pixel as the median of its neighbours.

    A pixel is hot where it exceeds that median by more than `factor` standard deviations of
    all such differences in its frame. `number_type` holds any difference: int32 for uint16.
    """
    number, rows, columns = frames.shape
    lines = np.empty((3, columns + 2), frames.dtype)
    for k in range(number):
        total = 0.0
        squares = 0.0
        for i in range(rows):
            medians = out[k, i : i + 1]
            local_median(frames[k], i, i + 1, lines[0], lines[1], lines[2], medians)
            row = frames[k, i]
            line = out[k, i]
            part = number_type(0) * number_type(0)
            square = number_type(0) * number_type(0)
            for j in range(columns):
                d = number_type(row[j]) - number_type(line[j])
                part += d
                square += d * d
            total += part
            squares += square
        mean = total / (rows * columns)
        limit = factor * np.sqrt(max(squares / (rows * columns) - mean * mean, 0.0))
        for i in range(rows):
            row = frames[k, i]
            line = out[k, i]
            for j in range(columns):
                hot = number_type(row[j]) - number_type(line[j]) > limit
                line[j] = line[j] if hot else row[j]


@njit(nogil=True, cache=True)
def replace_hot(frames, top, bottom, limits, grounds, slope, out):  # type: ignore[no-untyped-def]
    """Copy rows `top` to `bottom` into `out`, a hot pixel as the median of its neighbours.

    A pixel is hot where it exceeds that median by more than the frame's limit. With `slope`
    the square of the limit grows by so much for each count of the median above the frame's
    ground, as counting noise does.
    """
    number, _, columns = frames.shape
    lines = np.empty((3, columns + 2), frames.dtype)
    for k in range(number):
        limit = limits[k]
        ground = grounds[k]
        local_median(frames[k], top, bottom, lines[0], lines[1], lines[2], out[k])
        for i in range(top, bottom):
            row = frames[k, i]
            line = out[k, i - top]
            for j in range(columns):
                level = np.float64(line[j])
                excess = np.float64(row[j]) - level
                hot = excess > limit
                if hot and slope > 0.0 and level > ground:
                    hot = excess * excess > limit * limit + slope * (level - ground)
                line[j] = line[j] if hot else row[j]
