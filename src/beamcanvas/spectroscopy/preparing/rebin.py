"""Fewer points: fine steps at the edge, steps in k above it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..edges import edge_energy
from ..kernels.constants import KTOE, Array, wavenumber
from ..kernels.e0 import FEWEST, steepest
from ..spectra import Spectra, extents


@task(title="Rebin", output="spectra", requires="spectroscopy")
def rebin_spectra(
    spectra: Spectra,
    *,
    e0: Annotated[float | None, Param(gt=0, unit="eV", label="E0", auto="found")] = None,
    pre_step: Annotated[float, Param(gt=0, unit="eV", label="Below the edge", group="Steps")] = 2.0,
    edge_step: Annotated[
        float | None, Param(gt=0, unit="eV", label="At the edge", auto="E0 / 25 000", group="Steps")
    ] = None,
    k_step: Annotated[float, Param(gt=0, unit="Å⁻¹", label="Above", group="Steps")] = 0.05,
    edge_from: Annotated[
        float, Param(unit="eV", label="Edge from E0 +", group="Regions", more=True)
    ] = -30.0,
    edge_to: Annotated[float, Param(unit="eV", label="to E0 +", group="Regions", more=True)] = 15.0,
) -> Spectra:
    """Average the points of fast scans into the steps of a step scan.

    Each point goes to the nearest step, each step gets the mean of its points; a step without
    points is interpolated from its neighbours. Merge first, rebin then.

    Parameters
    ----------
    spectra:
        mu(E) with many points.
    e0:
        Energy of the edge.
    pre_step:
        Step below the edge.
    edge_step:
        Step around the edge.
    k_step:
        Step in k above it.
    edge_from:
        Where the steps of the edge begin.
    edge_to:
        Where the steps in k begin.

    Raises
    ------
    InputError
        When the edge is not in the data, or the regions are not in order.
    """
    if spectra.growing and len(spectra.energy) < FEWEST:
        return spectra
    energy = spectra.energy
    e0 = _e0(spectra) if e0 is None else e0
    if not energy[0] < e0 < energy[-1]:
        raise InputError(f"E0 at {e0:.1f} eV is outside of {energy[0]:.1f}–{energy[-1]:.1f} eV.")
    if not edge_from < edge_to:
        raise InputError(f"The edge's region is empty: from {edge_from:g} to {edge_to:g} eV.")
    step = edge_step or 0.05 * max(1, int(e0 / 1250))
    below = np.arange(pre_step * int((energy[0] - e0) / pre_step), edge_from, pre_step)
    edge = np.arange(edge_from, edge_to, step)
    k_first, k_last = float(wavenumber(edge_to)), float(wavenumber(energy[-1] - e0))
    above = KTOE * np.arange(k_first, k_last + 1e-9, k_step) ** 2
    grid = e0 + np.concatenate([below, edge, above])
    grid = grid[(grid >= energy[0]) & (grid <= energy[-1])]
    place = np.searchsorted((grid[1:] + grid[:-1]) / 2, energy)
    reference = spectra.reference
    return replace(
        spectra,
        energy=grid,
        mu=_averaged(spectra.mu, energy, grid, place),
        reference=None if reference is None else _averaged(reference, energy, grid, place),
    )


def _e0(spectra: Spectra) -> float:
    if spectra.element and spectra.edge:
        return edge_energy(spectra.element, spectra.edge)
    number = spectra.first_usable
    (low, high), whole = extents(spectra.mu[[number]])[0][0], extents(spectra.mu[[number]])[1][0]
    if number in spectra.problems or not whole or high - low < FEWEST:
        raise InputError("No edge can be found in these spectra: give E0.")
    return float(steepest(spectra.energy[low:high], spectra.mu[[number], low:high])[0])


def _averaged(values: Array, energy: Array, grid: Array, place: np.ndarray) -> Array:
    """Means of the points of each step, moved to the step itself by the local slope."""
    counts = np.bincount(place, minlength=len(grid))
    used = counts > 0
    starts = np.searchsorted(place, np.flatnonzero(used))
    means = np.add.reduceat(values, starts, axis=1) / counts[used]
    centres = np.add.reduceat(energy, starts) / counts[used]
    out = np.empty((len(values), len(grid)))
    for row, mean in zip(out, means, strict=True):
        good = np.isfinite(mean)
        row[:] = np.interp(grid, centres[good], mean[good]) if good.any() else np.nan
        if not good.all() and good.any():
            row[(grid < centres[good][0] - 5) | (grid > centres[good][-1] + 5)] = np.nan
    return out
