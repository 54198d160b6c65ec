"""The angles of a scan as a turn: whatever the order in which projections were taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: degrees from which on a scan is a full turn
_FULL = 359.0
#: steps by which projections may miss the opposite angle
_LOOSE = 0.75


@dataclass(frozen=True, eq=False)
class Turn:
    """Angles of projections, in degrees."""

    degrees: NDArray[np.float64]

    @property
    def step(self) -> float:
        """The usual angle from one projection to the one beside it, degrees; 0 for one."""
        gaps = np.diff(np.sort(self.degrees))
        gaps = gaps[gaps > 1e-6]  # the same angle again is no step
        return float(np.median(gaps)) if len(gaps) else 0.0

    @property
    def span(self) -> float:
        """From the first angle to the last, and a step on, degrees."""
        return float(np.ptp(self.degrees)) + self.step

    @property
    def is_full(self) -> bool:
        """Whether it goes all around."""
        return self.span >= _FULL

    def sorted(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The projections of one turn by their angles, and these from 0 on, radians."""
        away = self.degrees - self.degrees.min()
        around = np.flatnonzero(away < 360 - self.step / 2)
        order = around[np.argsort(away[around], kind="stable")]
        return order, np.deg2rad(away[order])

    def half(self) -> NDArray[np.int64]:
        """The projections of the first half of the turn, both ends with them, by their angles."""
        order, angles = self.sorted()
        return order[np.rad2deg(angles) < 180 + self.step / 2]

    def opposite(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Projections of the first half of the turn, and those opposite to them."""
        order, angles = self.sorted()
        degrees = np.rad2deg(angles)
        first = np.flatnonzero(degrees < 180 - self.step / 4)
        away = np.abs(degrees[None, :] - degrees[first, None] - 180)
        second = np.argmin(away, axis=1)
        near = away[np.arange(len(first)), second] <= _LOOSE * self.step
        return order[first[near]], order[second[near]]


def turn_of(angles: NDArray[np.float64]) -> Turn:
    """The turn of projections at these angles, radians."""
    return Turn(np.rad2deg(angles))
