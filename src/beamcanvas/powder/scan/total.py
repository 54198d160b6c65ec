"""The sums over the frames of a scan: their average, weighted by what each one saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..integration.one_frame import Integrated
from ..integration.operator import Bins

Array = NDArray[np.float64]


class Total:
    """Adds up frames, the points of all layouts one after the other."""

    def __init__(self, points: int) -> None:
        self.frames = 0
        self._signal = np.zeros(points)
        self._variance: Array | None = np.zeros(points)
        self._norm = np.zeros(points)

    def add(self, found: Integrated) -> None:
        """One frame's counts, and what they are normalised by."""
        signal, variance, norm = found.sums
        seen = np.isfinite(norm)
        np.add(self._signal, signal, out=self._signal, where=seen)
        np.add(self._norm, norm, out=self._norm, where=seen)
        if variance is None:
            self._variance = None
        elif self._variance is not None:
            np.add(self._variance, variance, out=self._variance, where=seen)
        self.frames += 1

    def average(self, bins: Bins) -> tuple[Array, Array | None]:
        """Intensity and standard deviation over the radial axis; NaN where nothing was seen."""

        def over_azimuth(sums: Array) -> Array:
            mine = bins.of(sums)
            return mine.sum(axis=0) if mine.ndim == 2 else mine

        norm = over_azimuth(self._norm)
        norm = np.where(norm > 0, norm, np.nan)
        intensity = over_azimuth(self._signal) / norm
        if self._variance is None:
            return intensity, None
        return intensity, np.sqrt(over_azimuth(self._variance)) / norm
