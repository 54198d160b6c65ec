"""Whether what was found is an edge: not noise, not a bend, not a scan that ends before it."""

from __future__ import annotations

import numpy as np

from ..edges import TOLERANCE, edge_energy
from ..kernels.constants import Array, index_at, index_near
from ..kernels.preedge import Ranges
from ..spectra import Spectra

#: while a spectrum grows: how far above E0 it must reach, eV, before its step means anything
REACH = 25.0
#: and afterwards: with less there is no edge to speak of
LEAST = 10.0


def judge(
    spectra: Spectra,
    found: Edges,
    problems: dict[int, str],
    *,
    given: bool,
    element: str,
    edge: str,
) -> None:
    """Mark what has no edge: noise, or a scan that has not come to it yet."""
    tabulated = edge_energy(element, edge) if element and edge else None
    factor = 10 if spectra.growing and not given else 3
    doubtful = ~(found.step > factor * found.noise) | (found.step <= 1e-9)
    # curves that are bent differently are no edge: it rises within a few eV
    doubtful |= np.abs(found.rise) < 0.3 * found.step
    if not given and tabulated is not None:
        doubtful |= np.abs(found.e0 - tabulated) > TOLERANCE
    doubtful |= found.end < found.e0 + (REACH if spectra.growing else LEAST)
    if spectra.growing:
        doubtful |= found.rise < 0
        why = "waiting for the edge."
    else:
        wanted = f" of {element} {edge}" if tabulated is not None else ""
        low, high = spectra.energy[0], spectra.energy[-1]
        why = f"no edge{wanted} is seen between {low:.1f} and {high:.1f} eV."
    for number in np.flatnonzero(doubtful):
        problems.setdefault(int(number), why)
    for number in np.flatnonzero(found.rise < -0.3 * found.step):
        falls = f"mu falls at its edge, {found.e0[number]:.1f} eV: are its columns right?"
        problems.setdefault(int(number), falls)


class Edges:
    """What is found for each spectrum."""

    def __init__(self, count: int) -> None:
        self.e0 = np.full(count, np.nan)
        self.step = np.full(count, np.nan)
        self.noise = np.full(count, np.nan)
        self.rise = np.full(count, np.nan)
        self.step_at = np.zeros(count)
        self.end = np.zeros(count)
        self.pre = np.full((count, 2), np.nan)
        self.post = np.full((count, 6), np.nan)
        self.range_of = np.zeros(count)


def noise_of(energy: Array, rest: Array, e0: float, ranges: Ranges) -> Array:
    """Root mean square distance of the pre-edge from its line."""
    low, high = index_at(energy, ranges.pre1 + e0), index_near(energy, ranges.pre2 + e0)
    return np.asarray(np.sqrt((rest[:, low : max(high, low + 1)] ** 2).mean(axis=1)))


def rise_of(offset: Array, rest: Array) -> Array:
    """By how much mu goes up within a few eV of E0; NaN where nothing was measured there."""
    below, above = (offset > -30) & (offset < -5), (offset > 5) & (offset < 30)
    if not below.any() or not above.any():
        return np.full(len(rest), np.nan)
    return np.asarray(rest[:, above].mean(axis=1) - rest[:, below].mean(axis=1))
