"""Sorting the counts behind analyser crystals by the angle that each detector row sees.

The angle is a smooth function of the arm's: it is solved exactly at few positions of the arm
and interpolated between. Only pixels that counted are sorted; the monitor is sorted for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .stage import AnalyzerStage

Array = NDArray[np.float64]

_WIDEST = np.radians(0.5)  #: between positions that are solved
_LOWEST = np.radians(0.3)  #: scattering angle below which nothing is sorted
_DIFFERENCE = np.radians(1e-3)


class AngleTable:
    """Scattering angles of one analyser's rows, by cubic Hermite interpolation over the arm.

    Within 1e-6° of the exact solution above 2°.

    Parameters
    ----------
    low, high:
        Positions of the arm, rad.
    sine:
        Of the largest azimuth that is used.
    spread:
        Rows are used where the angle changes less than this, rad, within the width of the beam.
    """

    def __init__(
        self,
        stage: AnalyzerStage,
        number: int,
        rows: Array,
        low: float,
        high: float,
        sine: float,
        spread: float = np.inf,
    ) -> None:
        offset = stage.analyzers[number].offset
        # a little further on both sides: the ends are inside whatever rounding does
        low, high = low + offset - _DIFFERENCE, high + offset + _DIFFERENCE
        nodes = _positions(max(low, _LOWEST), max(high, _LOWEST)) - offset
        self.nodes = nodes
        grid = nodes[:, None], rows[None, :]
        exact, azimuth = stage.two_theta(number, grid[1], grid[0])
        exact = np.where(np.abs(azimuth) < sine, exact, np.nan)
        after, _ = stage.two_theta(number, grid[1], grid[0] + _DIFFERENCE)
        before, _ = stage.two_theta(number, grid[1], grid[0] - _DIFFERENCE)
        step = np.diff(nodes)[:, None]
        value = exact - grid[0]
        slope = (after - before) / (2 * _DIFFERENCE) - 1
        a, b = value[:-1], value[1:]
        u, v = step * slope[:-1], step * slope[1:]
        self._terms = (a, u, 3 * (b - a) - 2 * u - v, 2 * (a - b) + u + v)
        self._spread = spread
        if np.isfinite(spread):
            half = 0.5 * stage.beam_width / stage.pixel
            one, other = (stage.two_theta(number, grid[1] + h, grid[0])[0] for h in (-half, half))
            self._spreads = np.abs(one - other)

    def places(self, arm: Array) -> tuple[NDArray[np.intp], Array]:
        """Interval of each arm position and the fraction inside it, NaN outside all."""
        last = len(self.nodes) - 2
        interval = np.clip(np.searchsorted(self.nodes, arm, side="right") - 1, 0, last)
        width = np.diff(self.nodes)[interval]
        inside = (arm >= self.nodes[0]) & (arm <= self.nodes[-1])
        return interval, np.where(inside, (arm - self.nodes[interval]) / width, np.nan)

    def angles(self, arm: Array, interval: NDArray[np.intp], t: Array, row: Any) -> Array:
        """Scattering angle, rad: a row (or one for each) at arm positions with their places."""
        a, b, c, d = (term[interval, row] for term in self._terms)
        found: Array = arm + a + t * (b + t * (c + t * d))
        if np.isfinite(self._spread):
            before, after = self._spreads[interval, row], self._spreads[interval + 1, row]
            found = np.where(before + t * (after - before) < self._spread, found, np.nan)
        return found


def _positions(low: float, high: float) -> Array:
    """Angles to solve at: wide apart, closer towards the beam where rows bend more."""
    points = [low]
    while points[-1] < high or len(points) < 2:
        points.append(points[-1] + min(_WIDEST, points[-1] / 24))
    return np.array(points)


@dataclass
class Histogram:
    """Counts and monitor sorted into bins of the scattering angle, (analysers, bins)."""

    first: int  #: number of the first bin: bin k is centred on k steps
    step: float  #: degrees
    counts: Array
    monitor: Array

    @classmethod
    def empty(cls, analyzers: int, low: float, high: float, step: float) -> Histogram:
        first, last = round(low / step), round(high / step)
        shape = (analyzers, last - first + 1)
        return cls(first, step, np.zeros(shape), np.zeros(shape))

    @property
    def two_theta(self) -> Array:
        """Centres of the bins, degrees."""
        return np.asarray((self.first + np.arange(self.counts.shape[1])) * self.step, dtype=float)

    def numbers(self, angles: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Bin of each angle (rad), and whether there is one."""
        with np.errstate(invalid="ignore"):
            place = np.floor(np.degrees(angles) / self.step + 0.5) - self.first
            inside = (place >= 0) & (place < self.counts.shape[1])
        return np.where(inside, place, 0).astype(np.intp), inside

    def add(self, into: Array, analyzer: int, angles: Array, weights: Array) -> None:
        """Add weights at angles to one analyser's `counts` or `monitor`."""
        bins, inside = self.numbers(angles)
        into[analyzer] += np.bincount(
            bins[inside], weights=weights[inside], minlength=into.shape[1]
        )
