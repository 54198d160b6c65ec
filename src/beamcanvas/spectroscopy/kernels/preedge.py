"""Pre-edge line, post-edge polynomial and edge step of spectra with one E0.

Follows the ranges and rules of ``pre_edge`` of xraylarch, and gives its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .constants import Array, index_at, index_near

SCALE = 1000.0  #: eV: coefficients are those of powers of (E - E0) / SCALE


@dataclass(frozen=True)
class Ranges:
    """Where the two curves are fitted, eV from E0, and their degrees."""

    pre1: float
    pre2: float
    norm1: float
    norm2: float
    npre: int  #: 1 a line, 0 a constant
    nnorm: int  #: degree of the post-edge polynomial
    nvict: int  #: the line is fitted to mu · E^nvict

    @property
    def words(self) -> dict[str, float | int]:
        return dict(vars(self))


def resolve_ranges(
    energy: Array,
    e0: float,
    pre1: float | None = None,
    pre2: float | None = None,
    norm1: float | None = None,
    norm2: float | None = None,
    nnorm: int | None = None,
    nvict: int = 0,
    npre: int = 1,
) -> Ranges:
    """The ranges with what was left open filled in, and kept inside the data."""
    below, above = float(energy[0] - e0), float(energy[-1] - e0)
    edge = index_near(energy, e0)
    if pre1 is None:
        to = 5.0 if edge > 20 else 2.0
        pre1 = to * round(float(energy[1] - e0) / to)  # the first point is often bad
    pre1 = max(pre1, below)
    pre2 = 0.5 * pre1 if pre2 is None else pre2
    pre1, pre2 = min(pre1, pre2), max(pre1, pre2)
    if index_at(energy - e0, pre2) - index_at(energy - e0, pre1) < 3:
        npre = nvict = 0
    if norm2 is None:
        norm2 = 5.0 * round(above / 5.0)
    elif norm2 < 0:  # from the end
        norm2 = above + norm2
    norm2 = min(norm2, above)
    if norm1 is None:
        norm1 = min(25.0, 5.0 * round(norm2 / 15.0))
    norm1, norm2 = min(norm1, norm2), max(norm1, norm2)
    norm1 = min(norm1, norm2 - 2)
    if nnorm is None:
        nnorm = 0 if norm2 - norm1 < 30 else 1 if norm2 - norm1 < 300 else 2
    return Ranges(pre1, pre2, norm1, norm2, npre, max(min(nnorm, 5), 0), nvict)


@dataclass(frozen=True, eq=False)
class Edge:
    """What the fits give for each of the spectra with one E0."""

    pre: Array  #: (spectra, 2) coefficients
    post: Array  #: (spectra, degree + 1) coefficients of what the post-edge adds to the line
    step: Array  #: (spectra,)


def fit_edge(energy: Array, mu: Array, e0: float, ranges: Ranges, step: float | None) -> Edge:
    """Fit both curves.

    Parameters
    ----------
    energy, mu:
        (points,) and (spectra, points).
    step:
        The edge step where it is given; else the distance of the curves at E0.
    """
    line = ranges.npre
    low, high = index_at(energy, ranges.pre1 + e0), index_near(energy, ranges.pre2 + e0)
    if line == 0:
        high = max(high, low + 1)
        pre = np.zeros((len(mu), 2))
        pre[:, 0] = mu[:, low:high].mean(axis=1)
    else:
        high = high if high - low >= 2 else min(len(energy), low + 2)
        weighted = mu[:, low:high] * (energy[low:high] / e0) ** ranges.nvict
        pre = _polynomials(energy[low:high] - e0, weighted, 1)
    low, high = index_at(energy, ranges.norm1 + e0), index_near(energy, ranges.norm2 + e0)
    low, degree = min(low, len(energy) - 3), ranges.nnorm
    if high - low < 2:
        low, degree = low - 2, 0
    elif high - low < 5:
        degree = min(1, degree)
    above = energy[low:high]
    post = _polynomials(above - e0, mu[:, low:high], degree)
    line_shapes = line_at(above, e0, np.eye(2), ranges.nvict)
    post -= pre @ _polynomials(above - e0, line_shapes, degree)
    if step is None:
        at = float(energy[index_near(energy, e0)] - e0)
        steps = np.maximum(1e-12, np.abs(polynomial_at(at, post)))
    else:
        steps = np.full(len(mu), abs(step))
    return Edge(pre, post, steps)


def line_at(energy: Array, e0: float, pre: Array, nvict: int) -> Array:
    """The pre-edge curve, (spectra, points)."""
    curve = polynomial_at(energy - e0, pre)
    return curve * (energy / e0) ** -nvict if nvict else curve


def polynomial_at(offset: Array | float, coefficients: Array) -> Array:
    """Polynomials of eV from E0: (spectra, points), or (spectra,) at one offset."""
    x = np.asarray(offset) / SCALE
    powers = x[..., np.newaxis] ** np.arange(coefficients.shape[1])
    values: Array = coefficients @ powers.T
    return values


def _polynomials(offset: Array, values: Array, degree: int) -> Array:
    """Least squares, in a basis on [-1, 1] so that a high degree stays exact."""
    low, high = offset[0], offset[-1]
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-9)
    basis = np.vander((offset - middle) / half, degree + 1, increasing=True)
    fitted = values @ np.linalg.pinv(basis).T
    # from powers of (x - middle) / half to those of x / SCALE
    shift = np.zeros((degree + 1, degree + 1))
    power = np.ones(1)
    for n in range(degree + 1):
        shift[n, : n + 1] = power
        power = np.convolve(power, [-middle / half, SCALE / half])
    coefficients: Array = fitted @ shift
    return coefficients
