"""How noisy spectra are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..kernels.constants import KSTEP, RSTEP
from ..kernels.fourier import backward, forward, k_window, r_window
from ..kernels.threads import few_threads
from ..spectra import Array, Spectra, extents, groups
from .exafs import Exafs


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of each spectrum; NaN where there is a problem."""

    exafs: Exafs
    raw: Array  #: (spectra,) mean distance of mu from its smooth course
    normalised: Array  #: the same, divided by the edge step
    epsilon_k: Array  #: standard deviation of chi(k)
    epsilon_r: Array  #: standard deviation of chi(R)
    kmax: Array  #: Å⁻¹, up to where chi(k) stands out of its noise
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spectra(self) -> Spectra:
        return self.exafs.spectra

    @property
    def summary(self) -> str:
        if not np.isfinite(self.normalised).any():
            return "noise: not known yet"
        middle = np.nanmedian(self.normalised)
        words = f"noise {middle:.2g} of the edge step"
        if np.isfinite(self.kmax).any():
            words += f", EXAFS usable to k = {np.nanmedian(self.kmax):.1f} Å⁻¹"
        return words

    @property
    def table(self) -> dict[str, str]:
        """What to read, of the median spectrum when there are several."""

        def middle(values: Array, unit: str = "") -> str:
            found = values[np.isfinite(values)]
            return f"{np.median(found):.4g}{unit}" if len(found) else "–"

        return {
            "Noise of mu": middle(self.raw),
            "Noise of mu / edge step": middle(self.normalised),
            "ε of χ(k)": middle(self.epsilon_k),
            "ε of χ(R)": middle(self.epsilon_r),
            "Usable up to k": middle(self.kmax, " Å⁻¹"),
        }


@task(title="Estimate noise", output="noise", requires="spectroscopy")
def estimate_noise(
    exafs: Exafs,
    *,
    e_min: Annotated[float, Param(unit="eV", label="From E0 +", group="Range")] = 150.0,
    e_max: Annotated[
        float | None, Param(unit="eV", label="to E0 +", auto="the end", group="Range")
    ] = None,
    window: Annotated[int, Param(ge=3, le=501, label="Points", group="Smooth course")] = 5,
    order: Annotated[int, Param(ge=0, le=9, label="Degree", group="Smooth course")] = 2,
    kmax: Annotated[
        float, Param(gt=0, unit="Å⁻¹", label="k up to", group="At high R", more=True)
    ] = 20.0,
) -> Noise:
    """Estimate the noise of mu from neighbouring points, and that of chi from high R.

    mu is compared with itself smoothed by Savitzky and Golay's polynomials. Where R is above
    15 Å no atom contributes any more: what is left there is the noise of chi(R), and, by
    Parseval's theorem, of chi(k) (Newville, Boyanov & Sayers, J. Synchrotron Rad. 6 (1999) 264).

    Parameters
    ----------
    exafs:
        chi(k) with the spectra that it comes from.
    e_min:
        Beginning of the range in which mu is looked at.
    e_max:
        End of that range.
    window:
        Number of points to which a polynomial is fitted, odd.
    order:
        Degree of that polynomial.
    kmax:
        How far chi(k) is used for the noise at high R.

    Raises
    ------
    InputError
        When the window is even or not longer than the degree.
    """
    if window % 2 == 0 or window <= order:
        raise InputError(
            f"The smoothing needs an odd number of points above the degree {order}, not {window}."
        )
    normalised, spectra = exafs.normalised, exafs.spectra
    raw = np.full(len(spectra), np.nan)
    good = np.isfinite(normalised.e0)
    limits, _ = extents(spectra.mu)
    parts = groups(np.where(good, normalised.e0, 0), limits[:, 0], limits[:, 1])
    with few_threads(len(spectra)):
        for (e0, low, high), members in parts:
            members = members[good[members]]
            span = slice(int(low), int(high))
            if len(members) and high - low > window:
                above, mu = spectra.energy[span] - e0, spectra.mu[members, span]
                raw[members] = _roughness(above, mu, (e_min, e_max), window, order)
    epsilon_k, epsilon_r, reach = _high_r(exafs, kmax)
    return Noise(
        exafs=exafs,
        raw=raw,
        normalised=raw / normalised.edge_step,
        epsilon_k=epsilon_k,
        epsilon_r=epsilon_r,
        kmax=reach,
        settings={"e_min": e_min, "e_max": e_max, "window": window, "order": order, "kmax": kmax},
    )


def _roughness(
    offset: Array, mu: Array, ends: tuple[float, float | None], window: int, order: int
) -> Array:
    from scipy.signal import savgol_filter

    inside = (offset >= ends[0]) & (offset <= (np.inf if ends[1] is None else ends[1]))
    if not inside.any():
        return np.full(len(mu), np.nan)
    distance = np.abs(mu - savgol_filter(mu, window, order, axis=1))
    return np.asarray(distance[:, inside].mean(axis=1))


def _high_r(exafs: Exafs, kmax: float) -> tuple[Array, Array, Array]:
    """ε of chi(k), ε of chi(R), and up to where chi(k) stands out, for each spectrum."""
    epsilon_k, epsilon_r, reach = np.full((3, len(exafs)), np.nan)
    points = np.isfinite(exafs.chi).sum(axis=1)
    low, high = int(0.01 + 15 / RSTEP), int(1.01 + 30 / RSTEP)
    for count in np.unique(points[points > 20]):
        members = np.flatnonzero(points == count)
        k = exafs.k[:count]
        taper = k_window(int(count), 0, kmax, 4, 4, "kaiser")
        r, chir = forward(exafs.chi[members, :count], k * taper, 10 * np.pi)
        tail = chir[:, low : min(high, len(r))]
        squares = (np.abs(tail) ** 2).sum(axis=1) / (2 * tail.shape[1])
        noise = np.sqrt(squares) / (taper.sum() * KSTEP / kmax)
        epsilon_r[members] = noise
        epsilon_k[members] = noise * np.sqrt(2 * np.pi * 3 / (KSTEP * kmax**3))
        q, chiq = backward(chir, r_window(len(r), 0.5, 9.5, 1.0, "parzen"), 30.0)
        upper = slice(int(kmax / 2 / KSTEP), None)
        below = np.abs(chiq[:, upper]) / q[upper] < epsilon_k[members, np.newaxis]
        reach[members] = np.where(below.any(axis=1), q[upper][below.argmax(axis=1)], q[-1])
    return epsilon_k, epsilon_r, reach
