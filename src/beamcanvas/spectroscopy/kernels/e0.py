"""E0, the energy of the edge, from the steepest rise of each spectrum.

Gives the same energies as ``find_e0`` of xraylarch: the largest derivative that isn't a
lone glitch, found once more near there after smoothing with a narrow Lorentzian.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .constants import Array

FEWEST = 20  #: points without which no edge is looked for


def steepest(energy: Array, mu: Array) -> Array:
    """The energy of the edge of each spectrum.

    Parameters
    ----------
    energy:
        (points,) ascending, eV.
    mu:
        (spectra, points), finite.

    Returns
    -------
    (spectra,) energies of points of the grid, eV.
    """
    count = len(energy)
    first = _steepest_point(_slope(mu) / np.gradient(energy))
    step = _usual_step(energy)
    found = np.empty(len(mu))
    for index in np.unique(first):
        members = first == index
        low, high, near = max(3, index - 75), min(index + 75, count - 3), energy[index]
        if index < 0.05 * count:  # a glitch at the start of the scan
            low, high, near = max(3, index - 20), count - 3, energy.mean()
        width = 0.5 * (np.clip(step, 0.01, 1.0) + np.clip(near / 25000, 0.01, 1.0))
        inside = energy[low:high]
        smooth = _lorentzian_smoothing(inside, float(width)) / np.gradient(inside)
        point = _steepest_point(_slope(mu[members, low:high]) @ smooth.T)
        found[members] = np.where(point < 1, energy[low + 2], inside[point])
    return found


def _slope(mu: Array) -> Array:
    """Differences of neighbours, halved; one-sided at the ends."""
    slope = np.empty_like(mu)
    np.subtract(mu[:, 2:], mu[:, :-2], out=slope[:, 1:-1])
    slope[:, 1:-1] *= 0.5
    slope[:, 0] = mu[:, 1] - mu[:, 0]
    slope[:, -1] = mu[:, -1] - mu[:, -2]
    return slope


def _steepest_point(slope: Array) -> NDArray[np.intp]:
    """For each row the highest point whose neighbours are high too; 0 where there is none."""
    count = slope.shape[1]
    edge = max(3, int(count * 0.02))
    level = 0.60 if count > 20 else 0.30
    inside = slope[:, edge:-edge]
    rows = np.arange(len(slope))
    point = inside.argmax(axis=1) + edge
    low, high = inside.min(axis=1), slope[rows, point]
    least = low + level * np.maximum(1e-10, high - low)
    # mostly the highest point of all is the one
    sure = (slope[rows, point - 1] > least) & (slope[rows, point + 1] > least)
    sure &= (slope[:, count - edge] <= high) & np.isfinite(slope).all(axis=1)
    if not sure.all():
        point[~sure] = _steepest_of_doubtful(slope[~sure], edge, level)
    return np.asarray(point)


def _steepest_of_doubtful(slope: Array, edge: int, first_level: float) -> NDArray[np.intp]:
    """As above, with the level lowered where too few points are high."""
    slope = np.where(np.isfinite(slope), slope, -1.0)
    inside = slope[:, edge:-edge]
    low = inside.min(axis=1, keepdims=True)
    slope = (slope - low) / np.maximum(1e-10, inside.max(axis=1, keepdims=True) - low)
    level = np.full((len(slope), 1), first_level)
    high = slope > level
    few = high.sum(axis=1) < 3
    for _ in range(2):
        level[few] *= 0.5
        high[few] = slope[few] > level[few]
        few &= high.sum(axis=1) <= 3
    high[high.sum(axis=1) < 3] = True
    good = high.copy()
    good[:, 1:] &= high[:, :-1]
    good[:, :-1] &= high[:, 1:]
    good[:, :edge] = good[:, slope.shape[1] - edge + 1 :] = False
    good &= slope > 0
    found: NDArray[np.intp] = np.where(good, slope, -1.0).argmax(axis=1) * good.any(axis=1)
    return found


def _usual_step(energy: Array) -> float:
    """The small steps of a grid, near the edge mostly, without the smallest hundredth."""
    skip = int(0.01 * len(energy))
    steps = np.sort(np.diff(energy)[skip : len(energy) - 1 - skip or None])
    return float(steps[skip : skip + 10].mean())


def _lorentzian_smoothing(x: Array, step: float) -> Array:
    """The matrix that smooths values at `x` with a Lorentzian as wide as `step`.

    The values are taken on a uniform grid, mirrored at both ends as far as the grid is long.
    """
    low = step * int((x[0] - 5 * step) / step)
    high = step * int((x[-1] + 5 * step) / step)
    count = min(1 + int(abs(high - low + 0.1 * step) / step), 50 * len(x))
    grid = np.linspace(low, high, count)
    back = _interpolation(grid, x)
    needed = np.flatnonzero(back.any(axis=0))
    kernel = 1 / (1 + (np.arange(2 * count) - count) ** 2.0)
    kernel /= kernel.sum()
    turned = np.zeros(4 * count - 2)
    turned[count - 1 : 3 * count - 1] = kernel[::-1]
    weights = sliding_window_view(turned, 3 * count - 1)[count - 1 - needed]
    folded = weights[:, count - 1 : 2 * count - 1] + weights[:, : 2 * count - 2 : -1]
    folded[:, 1:] += weights[:, count - 2 :: -1]
    return np.asarray(back[:, needed] @ (folded @ _interpolation(x, grid)))


def _interpolation(x: Array, at: Array) -> Array:
    """The matrix of linear interpolation from `x` to `at`; the end values outside."""
    right = np.clip(np.searchsorted(x, at), 1, len(x) - 1)
    share = np.clip((at - x[right - 1]) / (x[right] - x[right - 1]), 0, 1)
    matrix = np.zeros((len(at), len(x)))
    rows = np.arange(len(at))
    matrix[rows, right] = share
    matrix[rows, right - 1] += 1 - share
    return matrix
