"""A scan as far as it is integrated, for who looks on."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ...nexus import Axis, NXData
from ..integration.operator import Bins
from ..results import AXES

_ROWS = 600  #: of the heat map, at least; a longer scan shows every second, every fourth frame
_BYTES = 8_000_000  #: of these rows; fewer rows where they are longer


@dataclass(frozen=True, eq=False)
class GrowingScan:
    """The patterns that there are by now, as a heat map; cakes are averaged over azimuth."""

    numbers: NDArray[np.int64]  #: of the frames
    intensity: NDArray[np.float32]  #: (frames, points); NaN for a frame that failed
    radial: NDArray[np.float64]
    unit: str
    frames: int  #: that are done
    source: str

    @property
    def summary(self) -> str:
        return f"scan, {self.frames} frames so far"

    def nxdata(self) -> NXData:
        name, symbol, label = AXES[self.unit]
        return NXData(
            signal=self.intensity,
            name="intensity",
            label="Intensity",
            axes=(
                Axis(name="points", values=self.numbers, label="Frame"),
                Axis(name=name, values=self.radial, unit=symbol, label=label),
            ),
            mask=~np.isfinite(self.intensity),
            title=f"{self.source}, {self.frames} frames so far",
            log=True,
        )


class HeatMap:
    """Keeps as many patterns as a plot can show, however long the scan is. For two threads."""

    def __init__(self, bins: Bins, source: str) -> None:
        self.frames = 0
        self._bins, self._source = bins, source
        self._step = 1
        self._least = max(1, min(_ROWS, _BYTES // (4 * bins.layout.points)))
        self._rows: dict[int, NDArray[np.float32]] = {}
        self._lock = Lock()
        self._seen: GrowingScan | None = None

    def add(self, number: int, intensity: NDArray[np.float64] | None) -> None:
        """One frame's points, those of all layouts; None when it failed."""
        with self._lock:
            self.frames += 1
            if number % self._step:
                return
            self._rows[number] = self._row(intensity)
            if len(self._rows) >= 2 * self._least:
                self._step *= 2
                self._rows = {n: r for n, r in self._rows.items() if n % self._step == 0}

    def _row(self, intensity: NDArray[np.float64] | None) -> NDArray[np.float32]:
        if intensity is None:
            return np.full(self._bins.radial.shape, np.nan, np.float32)
        mine = self._bins.of(intensity)
        if mine.ndim == 2:
            seen = np.isfinite(mine)
            mine = np.where(seen, mine, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        return mine.astype(np.float32)

    def so_far(self) -> GrowingScan:
        """What there is by now; the same object while nothing came."""
        with self._lock:
            if self._seen is None or self._seen.frames != self.frames:
                self._seen = GrowingScan(
                    np.fromiter(self._rows, np.int64),
                    np.stack(list(self._rows.values())),
                    self._bins.radial,
                    self._bins.layout.unit,
                    self.frames,
                    self._source,
                )
            return self._seen
