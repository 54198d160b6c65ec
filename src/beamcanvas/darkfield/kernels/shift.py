"""Moving frames by fractions of a pixel."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def shift_frames(frames, first, dy, dx, top, left, out):  # type: ignore[no-untyped-def]
    """Move each frame by (dy, dx) pixels, with straight lines between pixels.

    Parameters
    ----------
    frames:
        (frames, rows, columns), of which row 0 is row `first` of the whole frame.
    top, left:
        Where, in the whole frame's pixels, the first pixel of `out` is.
    out:
        (frames, rows, columns) of float32. Zero where nothing came from.
    """
    number, rows, columns = frames.shape
    for k in range(number):
        whole_y = np.floor(-dy[k])
        whole_x = np.floor(-dx[k])
        fy = np.float32(-dy[k] - whole_y)
        fx = np.float32(-dx[k] - whole_x)
        one = np.float32(1)
        for i in range(out.shape[1]):
            y = int(i + top + whole_y) - first
            line = out[k, i]
            for j in range(out.shape[2]):
                x = int(j + left + whole_x)
                total = np.float32(0)
                if 0 <= y < rows:
                    if 0 <= x < columns:
                        total += (one - fy) * (one - fx) * np.float32(frames[k, y, x])
                    if 0 <= x + 1 < columns:
                        total += (one - fy) * fx * np.float32(frames[k, y, x + 1])
                if 0 <= y + 1 < rows:
                    if 0 <= x < columns:
                        total += fy * (one - fx) * np.float32(frames[k, y + 1, x])
                    if 0 <= x + 1 < columns:
                        total += fy * fx * np.float32(frames[k, y + 1, x + 1])
                line[j] = total
