"""A scan as it was measured becomes a spectrum: eV, ascending, each energy once, no gaps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .table import Array

SMALLEST = 0.0005  #: eV: energies nearer than this are the same
_HC = 12398.419843320026  #: eV Å
_HIGHEST = 1e6  #: eV
_KEV = 120.0  #: no energy of an absorption edge is as small in eV, none as large in keV


def in_ev(
    values: Array, unit: str, where: str, d_spacing: float | None = None
) -> tuple[Array, str]:
    """Energies in eV, and a doubt about their unit ("" for none).

    Parameters
    ----------
    unit:
        "eV", "keV", "deg", "mdeg", or "" when nobody says it.
    d_spacing:
        Of the monochromator, Å, for angles.

    Raises
    ------
    InputError
        When angles come without it.
    """
    if unit in ("deg", "mdeg"):
        if d_spacing is None:
            raise InputError(
                f"{where}: its energies are angles. Give the d spacing of the monochromator "
                "(Si 111: 3.1356 Å, Si 220: 1.9202 Å, Si 311: 1.6375 Å)."
            )
        angle = np.radians(values / (1000 if unit == "mdeg" else 1))
        with np.errstate(divide="ignore"):
            return _HC / (2 * d_spacing * np.sin(angle)), ""
    finite = values[np.isfinite(values)]
    top = float(finite.max()) if len(finite) else 0.0
    if unit == "keV":
        if top > _KEV:
            return values, f"{where}: its energies go to {top:.0f} keV: they were taken as eV."
        return values * 1000, ""
    if top < _KEV:
        said = f" although it says {unit}" if unit else ""
        return values * 1000, f"{where}: its energies go to {top:.4g}: taken as keV{said}."
    return values, ""


_SHORTEST = 15  #: points of a pass


@dataclass(frozen=True)
class Ramp:
    """One pass over the energies."""

    points: slice
    downwards: bool


def ramps(energy: Array) -> list[Ramp]:
    """The passes of a scan that goes up, or down, or up and down again and again.

    A turn counts when the energy goes back by a fifth of its range; passes of a few points
    are none.
    """
    finite = np.isfinite(energy)
    if finite.sum() < 3:
        return [Ramp(slice(0, len(energy)), False)]
    values = np.where(
        finite, energy, np.interp(np.arange(len(energy)), np.flatnonzero(finite), energy[finite])
    )
    limit = 0.2 * np.ptp(values)
    turns, extreme, direction = [0], 0, 0
    for i in range(1, len(values)):
        change = values[i] - values[extreme]
        if direction == 0:
            if abs(change) >= limit:
                direction, extreme = int(np.sign(change)), i
        elif change * direction > 0:
            extreme = i
        elif abs(change) >= limit:
            turns.append(extreme + 1)
            direction, extreme = -direction, i
    turns.append(len(values))
    found = []
    for begin, end in pairwise(turns):
        part = values[begin:end]
        if len(part) > 2:
            found.append(Ramp(slice(begin, end), bool(part[-1] < part[0])))
    if len(values) < _SHORTEST * len(found):  # points in no order are not many passes
        return [Ramp(slice(0, len(values)), False)]
    return found


@dataclass(frozen=True, eq=False)
class Tidy:
    """A spectrum on its own grid."""

    energy: Array
    values: tuple[Array, ...]  #: mu, and what else goes with it
    doubts: tuple[str, ...] = ()


def tidied(energy: Array, *values: Array, where: str) -> Tidy:
    """Points in ascending order, each energy once, without those that are no numbers.

    Of the values only the first decides which points are kept.

    Raises
    ------
    InputError
        When nothing is left.
    """
    doubts = []
    good = np.isfinite(values[0]) & (energy > 0) & (energy < _HIGHEST)
    lost = int(len(good) - good.sum())
    if not good.any():
        raise InputError(f"{where}: not one of its {len(good)} points has a number for mu.")
    if lost:
        doubts.append(
            f"{where}: {lost} of {len(good)} points have no energy or no number and were left out."
        )
    energy, kept = energy[good], [np.asarray(v, dtype=float)[good] for v in values]
    backwards = np.diff(energy)
    if len(energy) > 2 and (backwards < 0).any() and not (backwards <= 0).all():
        share = float((backwards < 0).mean())
        if share > 0.02:
            doubts.append(f"{where}: its energies go up and down: they were sorted.")
    order = np.argsort(energy, kind="stable")
    energy, kept = energy[order], [v[order] for v in kept]
    starts = np.flatnonzero(np.r_[True, np.diff(energy) >= SMALLEST])
    if len(starts) < len(energy):
        repeated = len(energy) - len(starts)
        if repeated > 2:
            doubts.append(f"{where}: {repeated} energies are repeated: their means were taken.")
        energy, kept = _means(energy, starts), [_means(v, starts) for v in kept]
    return Tidy(energy, tuple(kept), tuple(doubts))


def _means(values: Array, starts: NDArray[np.intp]) -> Array:
    counts = np.diff(np.r_[starts, len(values)])
    return np.asarray(np.add.reduceat(values, starts) / counts)


def onto(grid: Array, energy: Array, values: Array) -> Array:
    """(…, points) of values on another grid, by a cubic spline; NaN outside of their own."""
    from scipy.interpolate import CubicSpline

    if len(energy) < 2:
        return np.full((*values.shape[:-1], len(grid)), np.nan)
    inside = (grid >= energy[0] - SMALLEST) & (grid <= energy[-1] + SMALLEST)
    out = np.full((*values.shape[:-1], len(grid)), np.nan)
    out[..., inside] = CubicSpline(energy, values, axis=-1)(grid[inside])
    return out
