"""Taking out glitches: points that stick out, by hand and by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..kernels.constants import Array
from ..kernels.e0 import FEWEST, steepest
from ..spectra import Spectra

#: of the range of mu: what is smaller is left alone
SMALLEST = 2e-3


@task(title="Deglitch", output="spectra", requires="spectroscopy")
def deglitch(
    spectra: Spectra,
    *,
    points: Annotated[list[float], Param(unit="eV", label="Points to take out")] = [],  # noqa: B006
    automatic: Annotated[bool, Param(label="Find glitches")] = False,
    threshold: Annotated[
        float, Param(gt=0, label="Sensitivity", unit="sigma", group="Finding")
    ] = 8.0,
    window: Annotated[
        int, Param(ge=5, le=101, label="Points compared", group="Finding", more=True)
    ] = 9,
) -> Spectra:
    """Replace points that stick out by what their neighbours say.

    Points given by hand are taken out of all spectra. A glitch that is found sticks out of the
    running median by so many times the usual scatter around it; a step at the edge does not.

    Parameters
    ----------
    spectra:
        mu(E).
    points:
        Energies of points to take out; the nearest point of the data is meant.
    automatic:
        Look for glitches as well.
    threshold:
        By how many times the usual scatter a point must stick out.
    window:
        Number of points on either side that say what is usual.

    Raises
    ------
    InputError
        When a point lies outside of the data.
    """
    if spectra.growing and len(spectra.energy) < FEWEST:
        return spectra
    energy = spectra.energy
    bad = np.zeros(spectra.mu.shape, dtype=bool)
    step = np.diff(energy).max()
    for point in points:
        if not energy[0] - step <= point <= energy[-1] + step:
            raise InputError(
                f"The point at {point:.1f} eV is outside of {energy[0]:.1f}–{energy[-1]:.1f} eV."
            )
        bad[:, np.abs(energy - point).argmin()] = True
    if automatic:
        bad |= glitches(energy, spectra.mu, threshold, window) & ~_at_edge(spectra)
    mu = spectra.mu.copy()
    for number in np.flatnonzero(bad.any(axis=1)):
        good = ~bad[number] & np.isfinite(mu[number])
        if good.sum() > 1:
            lost = bad[number] & np.isfinite(mu[number])
            mu[number, lost] = np.interp(energy[lost], energy[good], mu[number, good])
    taken = int(bad.any(axis=0).sum())
    note = f"{taken} points were replaced." if taken else ""
    return replace(
        spectra,
        mu=mu,
        notes={**spectra.notes, "deglitched": energy[bad.any(axis=0)].tolist(), "said": note},
    )


def _at_edge(spectra: Spectra) -> NDArray[np.bool_]:
    """Where an edge and its white line are, that stick out by themselves."""
    values = spectra.mu[spectra.first_usable]
    good = np.isfinite(values)
    if good.sum() < FEWEST:
        return np.asarray(~good)
    e0 = steepest(spectra.energy[good], values[np.newaxis, good])[0]
    return np.asarray((spectra.energy > e0 - 20) & (spectra.energy < e0 + 40))


def glitches(energy: Array, mu: Array, threshold: float, window: int) -> NDArray[np.bool_]:
    """True where a point sticks out of its neighbours, (spectra, points).

    Each point is compared with the cubic through the three points on either side; what is
    usual around it is the median of that distance. Steps smaller than `SMALLEST` of all that
    mu goes through are no glitches.
    """
    from numpy.lib.stride_tricks import sliding_window_view
    from scipy.ndimage import median_filter

    around = [0, 1, 2, 4, 5, 6]
    away = np.zeros(mu.shape)
    if len(energy) < 7:
        return np.asarray(away > 0)
    near = sliding_window_view(energy, 7)
    offset = near[:, around] - near[:, 3:4]
    offset = offset / np.abs(offset).max(axis=1, keepdims=True)
    weights = np.linalg.pinv(offset[:, :, np.newaxis] ** np.arange(4))[:, 0]
    values = sliding_window_view(mu, 7, axis=1)
    away[:, 3:-3] = mu[:, 3:-3] - np.einsum("snk,nk->sn", values[:, :, around], weights)
    size = np.nan_to_num(np.abs(away))
    usual = median_filter(size, size=(1, 2 * window + 1), mode="nearest")
    finite = np.isfinite(mu)
    top, bottom = (np.where(finite, mu, end) for end in (-np.inf, np.inf))
    range_of_mu = top.max(axis=1) - bottom.min(axis=1)
    limit = np.maximum(threshold * usual, SMALLEST * range_of_mu[:, np.newaxis])
    # the neighbours of a glitch stick out too, the other way and less
    highest = size
    for shift in (1, 2, 3):
        highest = np.maximum(highest, np.roll(size, shift, axis=1))
        highest = np.maximum(highest, np.roll(size, -shift, axis=1))
    return np.asarray((size > limit) & (size >= highest))
