"""How far a pixel's orientation is from its neighbours'."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def mean_distances(  # type: ignore[no-untyped-def]
    maps, offsets, fewest, leave_first, top, bottom, out
):
    """The mean distance from pixels of (motors, rows, columns) to neighbours at `offsets`.

    For rows `top` to `bottom`. NaN where the pixel itself has no value, or fewer than `fewest`
    neighbours. With `leave_first` the first pixel of a pixel's row is nobody's neighbour, as
    darfix has it.
    """
    motors, rows, columns = maps.shape
    for i in range(top, bottom):
        for j in range(columns):
            total = 0.0
            seen = 0
            out[i, j] = np.nan
            known = True
            for m in range(motors):
                known = known and np.isfinite(maps[m, i, j])
            if not known:
                continue
            for n in range(len(offsets)):
                y = i + offsets[n, 0]
                x = j + offsets[n, 1]
                if y < 0 or x < 0 or y >= rows or x >= columns:
                    continue
                if leave_first and y == i and x == 0:
                    continue
                square = 0.0
                for m in range(motors):
                    d = maps[m, y, x] - maps[m, i, j]
                    square += d * d
                if np.isfinite(square):
                    total += np.sqrt(square)
                    seen += 1
            if seen >= fewest:
                out[i, j] = total / seen
