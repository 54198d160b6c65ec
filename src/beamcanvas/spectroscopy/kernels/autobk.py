"""The background of EXAFS by AUTOBK, for all spectra that share one E0.

Newville, Livins, Yacoby, Rehr & Stern, Phys. Rev. B 47 (1993) 14126, with the knots, clamps
and grids of ``autobk`` of xraylarch. The background is a spline whose coefficients make
chi(R) small below Rbkg; chi depends on them linearly, through matrices that are the same for
all spectra of one grid and one E0. Only the scale of the clamps does not: without clamps the
answer is a product of matrices, with them a few Gauss-Newton steps from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .constants import KSTEP, KTOE, NFFT, RSTEP, Array, index_at, index_near, k_grid, wavenumber
from .threads import few_threads
from .windows import Window, window

MANY = 150  #: spectra from which on the matrix of the resampling is worth being made
MOST_POINTS = 4000  #: and up to which it is
SHORTEST = 4.0  #: Å⁻¹: with less there is no EXAFS to speak of


@dataclass(frozen=True)
class Autobk:
    """How the background is found."""

    rbkg: float  #: Å
    kmin: float  #: Å⁻¹
    kmax: float  #: Å⁻¹
    kweight: float
    dk: float  #: Å⁻¹
    window: Window
    nclamp: int
    clamp_lo: float
    clamp_hi: float
    nknots: int | None = None


@dataclass(frozen=True, eq=False)
class Background:
    """What it gives for (spectra, ...)."""

    k: Array
    chi: Array  #: (spectra, len(k)), not yet divided by the edge step
    knots: Array  #: (splines + 4,) Å⁻¹, of the cubic splines
    coefficients: Array  #: (spectra, splines)
    objective: Array  #: (spectra,) sum of squares that was made small


class Plan:
    """The matrices of one energy grid, one E0 and one way."""

    def __init__(self, energy: Array, e0: float, way: Autobk) -> None:
        self.way = way
        self.first = index_at(energy, e0)
        k = wavenumber(energy[self.first :] - e0)
        kmax = min(float(k.max()), way.kmax)
        self.kmax = kmax
        stop = min(len(energy), 2 + index_at(energy, e0 + kmax**2 * KTOE))
        self.rows = slice(self.first, stop)
        self.k_raw: Array = k[: stop - self.first]
        self.k = k_grid(int(1.01 + kmax / KSTEP))
        self.knots, splines = _knots(k, way, kmax)
        self._splines = splines

    @cached_property
    def basis(self) -> Array:
        """The B-splines at the points of the data, (points, splines)."""
        return self._splines_at(self.k_raw)

    def _splines_at(self, k: Array) -> Array:
        from scipy.interpolate import BSpline

        count = len(self.knots) - 4
        return np.asarray(BSpline(self.knots, np.eye(count), 3)(k))

    @cached_property
    def resampling(self) -> Array:
        """From the points of the data to the grid of k, (k, points)."""
        return self._resampled(np.eye(len(self.k_raw)))

    def _resampled(self, values: Array) -> Array:
        """Columns of values at the data's points on the grid of k: (k, columns)."""
        from scipy.interpolate import CubicSpline

        return np.asarray(CubicSpline(self.k_raw, values, axis=0)(self.k))

    @cached_property
    def basis_on_grid(self) -> Array:
        """The B-splines, resampled as the data are, at the points of k, (k, splines)."""
        inner, k = self.knots[4:-4], self.k_raw
        if np.isin(inner, k[2:-2]).all():  # a cubic spline through their points is themselves
            return self._splines_at(self.k)
        return self._resampled(self.basis)

    @cached_property
    def transform(self) -> Array:
        """From chi(k) to the low part of chi(R): (2 × bins, k), real parts first."""
        way = self.way
        weight = self.k**way.kweight * window(
            self.k, way.kmin, self.kmax, way.dk, way.dk, way.window
        )
        bins = int(1 + (self._splines - 1) * np.pi / (2 * RSTEP * (self.kmax - way.kmin)))
        return np.asarray(_waves(bins)[:, : len(self.k)] * (weight * KSTEP / np.sqrt(np.pi)))

    def on_grid(self, mu: Array) -> Array:
        """(spectra, points) of mu over the whole grid at the points of k, (spectra, k)."""
        inside = np.ascontiguousarray(mu[:, self.rows])
        if len(mu) >= MANY and len(self.k_raw) <= MOST_POINTS:
            return inside @ self.resampling.T
        return self._resampled(inside.T).T

    def __call__(self, mu: Array) -> Background:
        """Find the background of (spectra, points) of mu over the whole grid."""
        with few_threads(len(mu)):
            on_grid = self.on_grid(mu)
            coefficients, objective = self._fit(on_grid)
            chi = on_grid - coefficients @ self.basis_on_grid.T
        return Background(self.k, chi, self.knots, coefficients, objective)

    def _fit(self, on_grid: Array) -> tuple[Array, Array]:
        left, singular, right = np.linalg.svd(self.transform @ self.basis_on_grid, False)
        good = singular > 1e-9 * singular[0]  # a short range determines fewer splines
        left, singular, right = left[:, good], singular[good], right[good]
        back = right.T / singular  # from whitened coordinates to coefficients
        start = on_grid @ (left.T @ self.transform).T  # whitened, closed form
        target = on_grid @ self.transform.T
        rest = target - start @ left.T  # what no spline can take away
        floor: Array = np.einsum("ij,ij->i", rest, rest)
        way = self.way
        if not way.nclamp or not (way.clamp_lo or way.clamp_hi):
            return start @ back.T, floor
        ends = np.r_[: way.nclamp, len(self.k) - way.nclamp : len(self.k)]
        strength = np.repeat([abs(way.clamp_lo), abs(way.clamp_hi)], way.nclamp)
        used = strength > 0
        ends, strength = ends[used], strength[used, np.newaxis]
        clamps = strength * (self.basis_on_grid[ends] @ back)
        clamped = on_grid[:, ends] * strength[:, 0]
        fit = _Clamped(len(target[0]), floor, start, clamps, clamped)
        found, objective = fit.solve()
        return found @ back.T, objective


class _Clamped:
    """Least squares of low R and clamps, the clamps' scale growing with what is left at low R.

    In whitened coordinates z the low part is ``start - z`` beside a constant, and the clamps
    are ``scale · (clamped - clamps z)`` with ``scale = 0.1 + 10 · mean(low²)``.
    """

    def __init__(self, size: int, floor: Array, start: Array, clamps: Array, clamped: Array):
        self.size, self.floor, self.start = size, floor, start
        self.clamps, self.clamped = clamps, clamped

    def solve(self) -> tuple[Array, Array]:
        z = self.start.copy()
        objective = self._objective(z, slice(None))
        damping = np.zeros(len(z))
        active = np.arange(len(z))
        for _ in range(100):
            step = self._step(z[active], active, damping[active])
            tried = z[active] + step
            value = self._objective(tried, active)
            better = value <= objective[active] * (1 + 1e-15)
            moved = active[better]
            z[moved], gain = tried[better], objective[moved] - value[better]
            small = np.abs(step).max(axis=1) <= 1e-12 * (1e-3 + np.abs(z[active]).max(axis=1))
            objective[moved] = value[better]
            damping[moved] = np.where(damping[moved] > 1e-6, damping[moved] / 10, 0)
            damping[active[~better]] = np.maximum(10 * damping[active[~better]], 1e-3)
            done = small | (damping[active] > 1e12)
            done[better] |= gain <= 1e-15 * objective[moved]
            active = active[~done]
            if not len(active):
                break
        return z, objective

    def _parts(self, z: Array, which: NDArray[np.intp] | slice) -> tuple[Array, Array, Array]:
        low = self.start[which] - z
        squares = np.einsum("ij,ij->i", low, low) + self.floor[which]
        scale = 0.1 + 10 * squares / self.size
        return low, scale, self.clamped[which] - z @ self.clamps.T

    def _objective(self, z: Array, which: NDArray[np.intp] | slice) -> Array:
        low, scale, ends = self._parts(z, which)
        total: Array = np.einsum("ij,ij->i", low, low) + self.floor[which]
        return np.asarray(total + scale**2 * np.einsum("ij,ij->i", ends, ends))

    def _step(self, z: Array, which: NDArray[np.intp], damping: Array) -> Array:
        low, scale, ends = self._parts(z, which)
        slope = -20 / self.size * low  # of the scale
        gradient = low + (scale**2)[:, np.newaxis] * (ends @ self.clamps)
        gradient -= (scale * np.einsum("ij,ij->i", ends, ends))[:, np.newaxis] * slope
        # columns of the clamps' Jacobian: -scale · clamps + ends ⊗ slope
        jacobian = ends[:, :, np.newaxis] * slope[:, np.newaxis, :]
        jacobian -= scale[:, np.newaxis, np.newaxis] * self.clamps
        # (I (1 + d) + JᵀJ)⁻¹ g by Woodbury: the clamps are few
        lead = 1 + damping
        inner = jacobian @ jacobian.transpose(0, 2, 1)
        inner /= lead[:, np.newaxis, np.newaxis]
        size = inner.shape[1]
        inner[:, np.arange(size), np.arange(size)] += 1
        gradient /= lead[:, np.newaxis]
        inside = (jacobian @ gradient[:, :, np.newaxis])[:, :, 0]
        solved = np.linalg.solve(inner, inside[:, :, np.newaxis])[:, :, 0]
        back = np.einsum("ijk,ij->ik", jacobian, solved) / lead[:, np.newaxis]
        found: Array = gradient - back
        return found


@lru_cache(16)
def _waves(bins: int) -> Array:
    """Cosines, and sines taken off, of the first bins of R over all of the grid of k."""
    phase = 2 * np.pi * np.outer(np.arange(bins), np.arange(NFFT)) / NFFT
    return np.concatenate([np.cos(phase), -np.sin(phase)])


def _knots(k: Array, way: Autobk, kmax: float) -> tuple[Array, int]:
    """Knots of the spline at points of the data, and how many splines Rbkg asks for."""
    rbkg = max(way.rbkg, 2 * RSTEP)
    asked = 1 + int(2 * rbkg * (kmax - way.kmin) / np.pi)
    count = max(5, min(128, asked if way.nknots is None else way.nknots))
    places = way.kmin + np.arange(count) * (kmax - way.kmin) / (count - 1)
    chosen = np.unique([k[index_near(k, place)] for place in places])
    if len(chosen) < 5:
        chosen = np.linspace(k[0], k[-1], 5)
    return np.r_[[chosen[0]] * 4, chosen[2:-2], [chosen[-1]] * 4], asked
