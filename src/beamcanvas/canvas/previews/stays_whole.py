"""A plot that showed all of its image goes on to do so when its size changes."""

from __future__ import annotations

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
                self._whole = self._shows_all()
            self._soon.start()
        return False

    def _shows_all(self) -> bool:
        bounds = self._plot.getDataRange()
        for axis, data in ((self._plot.getXAxis(), bounds.x), (self._plot.getYAxis(), bounds.y)):
            low, high = axis.getLimits()
            if data is not None:
                slack = 1e-3 * (data[1] - data[0])
                if low > data[0] + slack or high < data[1] - slack:
                    return False
        return True

    def _fit(self) -> None:
        if self._whole and self._plot.isKeepDataAspectRatio():
            self._plot.resetZoom()
