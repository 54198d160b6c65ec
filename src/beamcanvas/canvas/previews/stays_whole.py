"""A plot that showed all of its image goes on to do so when its size changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from AnyQt.QtCore import QEvent, QObject, QTimer


class StaysWhole(QObject):
    """Resets the zoom of a plot after a resize, unless somebody zoomed in.

    A plot with pixels kept square is laid out anew when its window is first shown: what had
    just been zoomed to fit doesn't any longer.
    """

    def __init__(self, plot: Any) -> None:
        super().__init__(plot)
        self._plot = plot
        self._whole = True
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._fit)
        plot.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            if not self._soon.isActive():
                self._whole = all(self._covered())
            self._soon.start()
        return False

    def _covered(self) -> Iterator[bool]:
        """Of each axis, whether all of the data are within its limits."""
        bounds = self._plot.getDataRange()
        for axis, data in ((self._plot.getXAxis(), bounds.x), (self._plot.getYAxis(), bounds.y)):
            low, high = axis.getLimits()
            slack = 0.0 if data is None else 1e-3 * (data[1] - data[0])
            yield data is None or (low <= data[0] + slack and high >= data[1] - slack)

    def _fit(self) -> None:
        # to keep pixels square the plot changed one axis; who zoomed meanwhile changed both
        if self._whole and any(self._covered()) and self._plot.isKeepDataAspectRatio():
            self._plot.resetZoom()
