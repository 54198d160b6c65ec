"""A frame on which the region of interest is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QWidget

from beamcanvas.darkfield import DarkfieldStack

from .frames_preview import FramesPreview

PAUSE = 500  #: milliseconds after the last move until the task gets the region


class RegionPreview(FramesPreview):
    """Frames before they are cut, with a rectangle to be dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from silx.gui.plot.items.roi import RectangleROI
        from silx.gui.plot.tools.roi import RegionOfInterestManager

        self.pane.hide()
        self.on_region: Callable[[int, int, int, int], None] | None = None
        self.manager = RegionOfInterestManager(self.image.plot)
        self.roi = RectangleROI()
        self.roi.setColor("#ff4d4d")
        self.roi.setLineWidth(2)
        self.roi.setEditable(True)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._give)
        self._setting = False
        self.roi.sigRegionChanged.connect(self._moved)

    def set_region(self, region: dict[str, Any], stack: DarkfieldStack) -> None:
        """Tell which region the settings have."""
        _, rows, columns = stack.shape
        left, top = region.get("left") or 0, region.get("top") or 0
        right, bottom = region.get("right") or columns, region.get("bottom") or rows
        x, y = self._at(left, top), self._at(right, bottom)
        self._setting = True
        self.roi.setGeometry(
            origin=(min(x[0], y[0]), min(x[1], y[1])),
            size=(abs(y[0] - x[0]), abs(y[1] - x[1])),
        )
        self._setting = False
        if self.roi not in self.manager.getRois():
            self.manager.addRoi(self.roi)

    def _at(self, column: float, row: float) -> tuple[float, float]:
        """A corner of a pixel, in the plot's units."""
        x0, dx, y0, dy = self._step
        return x0 + dx * column, y0 + dy * row

    @property
    def _step(self) -> tuple[float, float, float, float]:
        from beamcanvas.canvas.previews.image import grid_of

        if self.stack is None:
            return 0.0, 1.0, 0.0, 1.0
        y_axis, x_axis = self.stack.pixel_axes
        _, rows, columns = self.stack.shape
        return *grid_of(x_axis, columns), *grid_of(y_axis, rows)

    def _moved(self) -> None:
        if not self._setting:
            self._pause.start()

    def _give(self) -> None:
        if self.stack is None or self.on_region is None:
            return
        x0, dx, y0, dy = self._step
        _, rows, columns = self.stack.shape
        (x, y), (width, height) = self.roi.getOrigin(), self.roi.getSize()
        xs = sorted(round((v - x0) / dx) for v in (x, x + width))
        ys = sorted(round((v - y0) / dy) for v in (y, y + height))
        left, right = (min(max(v, 0), columns) for v in xs)
        top, bottom = (min(max(v, 0), rows) for v in ys)
        if left < right and top < bottom:
            self.on_region(left, right, top, bottom)
