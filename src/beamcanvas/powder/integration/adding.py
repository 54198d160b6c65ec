"""Adding up the pixels of a frame by point, in compiled loops. Import this only where it is called.

All run on one thread without Python's lock, and are kept on disk once compiled. They add to
`sums`, and return whether the frame could be unpacked.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .unpacking import next_block

#: places behind the points, for pixels not used: neighbours go to others, as each addition to
#: one place waits for the one before
SPARE = 16


@njit(nogil=True, cache=True)
def add_unsplit(source, valid, state, bad, sums, index):  # type: ignore[no-untyped-def]
    """Each pixel to the one point that `index` names; behind the points, for those not used.

    `sums` are (1, points) of the signal, or (2, points) with Poisson's variance too.
    """
    signal, variance = sums[0], sums[-1]
    for first in range(0, index.size, source.block):
        where = index[first : first + source.block]
        values = next_block(source, first, index, signal.size - SPARE, valid, state, bad)
        if values.size < where.size:
            return False
        if len(sums) == 1:
            for p in range(values.size):
                signal[where[p]] += values[p]
        else:
            for p in range(values.size):
                signal[where[p]] += values[p]
                variance[where[p]] += max(values[p], 1)
    return True


@njit(nogil=True, cache=True)
def add_boxes(source, valid, state, bad, sums, begin, end, shares):  # type: ignore[no-untyped-def]
    """Each pixel to the points from `begin` to `end`: a share at either end, one between.

    What is between is added as steps, up at the beginning and down at the end. `sums` are
    (2, points) of the signal's ends and steps, and (2, points) more of the variance's.
    """
    for first in range(0, begin.size, source.block):
        values = next_block(source, first, begin, sums.shape[1] - SPARE, valid, state, bad)
        here = slice(first, first + source.block)
        i, j = begin[here], end[here]
        left, middle, right = shares[0, here], shares[1, here], shares[2, here]
        if values.size < i.size:
            return False
        ends, steps = sums[0], sums[1]
        for p in range(values.size):
            value, step = np.float64(values[p]), float(middle[p])
            ends[i[p]] += value * left[p]
            steps[i[p]] += value * step
            ends[j[p]] += value * (right[p] - step)
            steps[j[p]] -= value * step
        if len(sums) == 4:
            ends, steps = sums[2], sums[3]
            for p in range(values.size):
                value, step = max(np.float64(values[p]), np.float64(1)), float(middle[p]) ** 2
                ends[i[p]] += value * float(left[p]) ** 2
                steps[i[p]] += value * step
                ends[j[p]] += value * (float(right[p]) ** 2 - step)
                steps[j[p]] -= value * step
    return True


@njit(nogil=True, cache=True)
def add_columns(source, valid, state, bad, sums, unused, start, index, share):  # type: ignore[no-untyped-def]
    """Each pixel to any points: those of a sparse matrix by columns. `sums` as for unsplit ones."""
    signal, variance = sums[0], sums[-1]
    for first in range(0, unused.size, source.block):
        values = next_block(source, first, unused, 1, valid, state, bad)
        if values.size < unused[first : first + source.block].size:
            return False
        for p in range(values.size):
            value, least = float(values[p]), max(float(values[p]), 1.0)
            for k in range(start[first + p], start[first + p + 1]):
                signal[index[k]] += value * share[k]
                if len(sums) == 2:
                    variance[index[k]] += least * share[k] * share[k]
    return True
