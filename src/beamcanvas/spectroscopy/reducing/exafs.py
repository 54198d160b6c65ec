"""What removing the background gives: chi(k)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from ...nexus import Axis, NXData
from ..kernels.autobk import Autobk, Plan
from ..kernels.constants import wavenumber
from ..kernels.uncertainty import uncertainty
from ..spectra import Array, Spectra, curves, extents, problem_words
from .normalised import Normalised


@dataclass(frozen=True, eq=False)
class Exafs:
    """chi(k) of normalised spectra, with the background that was taken off."""

    normalised: Normalised
    k: Array  #: (points,) Å⁻¹, from 0 in steps of 0.05
    chi: Array  #: (spectra, points); NaN beyond the end of a spectrum
    knots: Array  #: (spectra, splines + 4) of the background, Å⁻¹; NaN where there are fewer
    coefficients: Array  #: (spectra, splines)
    kweight: float = 2.0  #: by which power of k it is best shown
    settings: Mapping[str, Any] = field(default_factory=dict)  #: as they were resolved
    of_each: tuple[Mapping[str, Any], ...] = ()  #: settings of each spectrum, where they differ
    problems: Mapping[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.chi)

    @property
    def spectra(self) -> Spectra:
        return self.normalised.spectra

    @cached_property
    def kmax(self) -> Array:
        """(spectra,) where each spectrum ends, Å⁻¹; NaN where there is a problem."""
        points = np.isfinite(self.chi).sum(axis=1)
        return np.asarray(np.where(points > 0, self.k[np.maximum(points, 1) - 1], np.nan))

    def weighted(self, kweight: float | None = None) -> Array:
        """chi(k) · k^n, (spectra, points)."""
        weight = self.kweight if kweight is None else kweight
        return np.asarray(self.chi * self.k**weight)

    def background(self, number: int) -> Array:
        """mu0(E) of one spectrum, (points,); mu itself below E0 and beyond the last k."""
        from scipy.interpolate import BSpline

        mu: Array = self.spectra.mu[number].copy()
        if number in self.problems:
            return mu
        knots = self.knots[number][np.isfinite(self.knots[number])]
        k = wavenumber(self.spectra.energy - self.normalised.e0[number])
        above = (k >= 0) & (k <= knots[-1] + 1e-6) & np.isfinite(mu)
        mu[above] = BSpline(knots, self.coefficients[number, : len(knots) - 4], 3)(k[above])
        return mu

    def uncertainty(self, number: int) -> tuple[Array, Array]:
        """One standard deviation of chi(k), (k,), and of mu0(E), (points,), of one spectrum.

        What the choice of the background leaves open, by the curvature of its fit; NaN where
        there is none. Noise comes on top of it. Computed when asked for.
        """
        chi, background = np.full(len(self.k), np.nan), np.full(len(self.spectra.energy), np.nan)
        if number in self.problems:
            return chi, background
        mu = self.spectra.mu[number]
        low, high = extents(mu[np.newaxis])[0][0]
        settings = self.of_each[number] if self.of_each else self.settings
        given = {f.name: settings[f.name] for f in fields(Autobk)}
        way = Autobk(**{**given, "kmax": np.inf if given["kmax"] is None else given["kmax"]})
        plan = Plan(self.spectra.energy[low:high], float(self.normalised.e0[number]), way)
        found = uncertainty(plan, mu[low:high], self.coefficients[number, : len(plan.knots) - 4])
        chi[: len(plan.k)] = found[0] / self.normalised.edge_step[number]
        background[low + plan.rows.start : low + plan.rows.stop] = found[1]
        return chi, background

    @property
    def summary(self) -> str:
        what = "chi(k)" if not self.spectra.shape else f"chi(k) of {len(self)} spectra"
        good = np.isfinite(self.kmax)
        if not good.any():
            return f"{what}: {next(iter(self.problems.values()), 'none')}"
        return f"{what}, k 0–{np.nanmax(self.kmax):.2f} Å⁻¹{problem_words(self.problems)}"

    def nxdata(self) -> NXData:
        """chi(k), weighted."""
        n = f"{self.kweight:g}"
        axis = Axis(name="k", values=self.k, unit="Å⁻¹")
        return curves(self.spectra, self.weighted(), "chi", f"k^{n} χ", axis)
