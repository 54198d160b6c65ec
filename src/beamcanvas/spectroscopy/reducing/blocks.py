"""Spectra that are computed together: of one grid, one E0, and not too many."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..spectra import Array, groups

AT_ONCE = 1000  #: spectra of a block: progress is told, and cancelling heard, between two


Members = NDArray[np.intp]
Key = tuple[float, float, float]  #: E0, and from which to which point of the grid


def usable(limits: Members, problems: Mapping[int, str]) -> list[tuple[tuple[int, int], Members]]:
    """Spectra without a problem that reach over the same points, with these."""
    found = []
    for (low, high), members in groups(limits[:, 0], limits[:, 1]):
        kept = members[[int(m) not in problems for m in members]]
        if len(kept):
            found.append(((int(low), int(high)), kept))
    return found


def with_e0(
    limits: Members, energies: Array, problems: Mapping[int, str]
) -> list[tuple[Key, Members]]:
    """Those that share their points and their E0."""
    inside = np.isfinite(energies)
    found = []
    for key, members in groups(np.where(inside, energies, 0), limits[:, 0], limits[:, 1]):
        kept = members[[int(m) not in problems and bool(inside[m]) for m in members]]
        if len(kept):
            found.append((key, kept))
    return found


def blocks_of(key: Key, members: Members) -> list[tuple[float, slice, Members]]:
    """E0, points and members of blocks that are not too big."""
    at, low, high = key
    span = slice(int(low), int(high))
    return [(float(at), span, members[i : i + AT_ONCE]) for i in range(0, len(members), AT_ONCE)]
