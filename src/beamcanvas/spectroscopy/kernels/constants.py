"""Between energy above the edge and wavenumber, and what index a value falls on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: eV Å², ħ² / 2m of the electron (CODATA 2022)
KTOE = 3.8099821109685847

#: the steps of the grids on which chi(k) and chi(R) are given
KSTEP = 0.05
NFFT = 2048
RSTEP = np.pi / (KSTEP * NFFT)


def wavenumber(energy: Any) -> Any:
    """k in Å⁻¹ for energies above the edge in eV; below it, the negative."""
    energy = np.asarray(energy, dtype=float)
    return np.sign(energy) * np.sqrt(np.abs(energy) / KTOE)


def k_grid(points: int) -> Array:
    """The grid of chi(k), from 0."""
    return np.asarray(KSTEP * np.arange(points, dtype=float))


def r_grid(points: int) -> Array:
    """The grid of chi(R), from 0."""
    return np.asarray(RSTEP * np.arange(points, dtype=float))


def index_at(values: Array, value: float) -> int:
    """The last of ascending `values` at or below `value`; 0 when all are above."""
    return max(int(np.searchsorted(values, value, side="right")) - 1, 0)


def index_near(values: Array, value: float) -> int:
    """The one of ascending `values` that is nearest; the first of two."""
    after = min(int(np.searchsorted(values, value)), len(values) - 1)
    before = max(after - 1, 0)
    return before if value - values[before] <= values[after] - value else after
