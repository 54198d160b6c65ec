"""Orientation in colours beside their key; what is pointed at in one is marked in the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtWidgets import QAction, QHBoxLayout, QLabel, QToolBar, QVBoxLayout, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import grid_of
from beamcanvas.darkfield import Mosaicity
from beamcanvas.nexus import NXData

_MARK = "#000000"
_LEVELS = 6  #: lines of the orientation distribution


class MosaicityPreview(Preview):
    """The map on the left, the key with the orientation distribution on the right.

    A rectangle that is dragged over the key keeps the colours of the pixels with those
    orientations; one that is dragged over the map shows its pixels' orientations in the key.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from beamcanvas.canvas.previews.plots import new_plot, new_toolbar
        from beamcanvas.canvas.previews.stays_whole import StaysWhole

        self.map_plot, self.key_plot = new_plot(self), new_plot(self)
        self.map_plot.setKeepDataAspectRatio(True)
        StaysWhole(self.map_plot)
        self.map_plot.getYAxis().setInverted(True)
        self.select_action = self._switch(
            "select orientations", "Drag a rectangle over the key: only its pixels keep colours"
        )
        self.area_action = self._switch(
            "select an area", "Drag a rectangle over the map: its orientations show in the key"
        )
        self.lines_action = self._switch(
            "distribution", "Lines of equal intensity of the scan over the key", checked=True
        )
        switches = QToolBar()
        switches.addActions([self.area_action, self.select_action, self.lines_action])
        left = QVBoxLayout()
        left.addWidget(new_toolbar(self.map_plot))
        left.addWidget(self.map_plot, 1)
        right = QVBoxLayout()
        right.addWidget(new_toolbar(self.key_plot))
        right.addWidget(self.key_plot, 1)
        sides = QHBoxLayout()
        sides.addLayout(left, 3)
        sides.addLayout(right, 2)
        self.position = QLabel(" ")
        self.position.setContentsMargins(8, 2, 8, 2)
        self.box.addWidget(switches)
        self.box.addLayout(sides, 1)
        self.box.addWidget(self.position)
        self.shown: Mosaicity | None = None
        self._rois: dict[str, Any] = {}
        self.map_plot.sigPlotSignal.connect(self._on_map)
        self.key_plot.sigPlotSignal.connect(self._on_key)

    def _switch(self, words: str, tip: str, *, checked: bool = False) -> QAction:
        action = QAction(words, self, checkable=True, checked=checked)
        action.setToolTip(tip)
        action.toggled.connect(lambda _: self._show_selections())
        return action

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Mosaicity) else 0

    def show_value(self, value: Mosaicity) -> None:
        new = self.shown is None or self.shown.colours.shape != value.colours.shape
        self.shown = value
        rows, columns = value.colours.shape[:2]
        y_axis, x_axis = value.axes
        (x0, dx), (y0, dy) = grid_of(x_axis, columns), grid_of(y_axis, rows)
        self._map_grid = x0, dx, y0, dy
        self.map_plot.setGraphXLabel(x_axis.title)
        self.map_plot.setGraphYLabel(y_axis.title)
        across, up = value.motors
        (a, b), (c, d) = value.ranges
        key = value.key
        self._key_grid = a, (b - a) / key.shape[1], c, (d - c) / key.shape[0]
        self.key_plot.addImage(
            key, origin=(a, c), scale=self._key_grid[1::2], legend="key", resetzoom=False
        )
        self.key_plot.setGraphXLabel(f"{across.motor} ({across.unit})")
        self.key_plot.setGraphYLabel(f"{up.motor} ({up.unit})")
        self._rois = self._new_rois() if new else self._rois
        self._show_selections()
        self.key_plot.resetZoom()
        if new:
            self.map_plot.resetZoom()

    def _new_rois(self) -> dict[str, Any]:
        """A rectangle over the middle of each plot, hidden until it is asked for."""
        from silx.gui.plot.items.roi import RectangleROI
        from silx.gui.plot.tools.roi import RegionOfInterestManager

        found = {}
        for name, plot, (x0, dx, y0, dy), shape in (
            ("map", self.map_plot, self._map_grid, self.shown.colours.shape),  # type: ignore[union-attr]
            ("key", self.key_plot, self._key_grid, self.shown.key.shape),  # type: ignore[union-attr]
        ):
            if name in self._rois:
                self._rois[name][0].clear()
            manager = RegionOfInterestManager(plot)
            roi = RectangleROI()
            width, height = dx * shape[1], dy * shape[0]
            x, y = sorted((x0 + 0.4 * width, x0 + 0.6 * width)), (y0 + 0.4 * height, 0)
            roi.setGeometry(
                origin=(x[0], min(y[0], y[0] + 0.2 * height)),
                size=(abs(0.2 * width), abs(0.2 * height)),
            )
            roi.setColor(_MARK)
            roi.setLineWidth(2)
            roi.setEditable(True)
            roi.setSelectable(True)
            roi.setVisible(False)
            manager.addRoi(roi)
            roi.sigRegionChanged.connect(self._show_selections)
            found[name] = manager, roi
        return found

    def _show_selections(self) -> None:
        value = self.shown
        if value is None or not self._rois:
            return
        for name, action in (("map", self.area_action), ("key", self.select_action)):
            self._rois[name][1].setVisible(action.isChecked())
        colours = value.colours
        if self.select_action.isChecked():
            colours = colours.copy()
            colours[~self._chosen()] *= 0.15
        x0, dx, y0, dy = self._map_grid
        self.map_plot.addImage(
            colours, origin=(x0, y0), scale=(dx, dy), legend="map", resetzoom=False
        )
        for curve in self.key_plot.getAllCurves():
            self.key_plot.removeCurve(curve)
        if self.area_action.isChecked():
            x, y = (c[self._inside_area()] for c in value.orientation)
            self.key_plot.addCurve(
                x, y, legend="area", symbol=".", linestyle=" ", color=_MARK, resetzoom=False
            )
        if self.lines_action.isChecked():
            self._show_lines(value)

    def _chosen(self) -> Any:
        """The pixels whose orientations are within the rectangle on the key."""
        roi = self._rois["key"][1]
        low, size = roi.getOrigin(), roi.getSize()
        x, y = self.shown.orientation  # type: ignore[union-attr]
        return (x >= low[0]) & (x <= low[0] + size[0]) & (y >= low[1]) & (y <= low[1] + size[1])

    def _inside_area(self) -> Any:
        """The pixels within the rectangle on the map."""
        roi = self._rois["map"][1]
        origin, size = roi.getOrigin(), roi.getSize()
        x0, dx, y0, dy = self._map_grid
        rows, columns = self.shown.colours.shape[:2]  # type: ignore[union-attr]
        x = x0 + dx * (np.arange(columns) + 0.5)
        y = y0 + dy * (np.arange(rows) + 0.5)
        inside_x = (x >= origin[0]) & (x <= origin[0] + size[0])
        inside_y = (y >= origin[1]) & (y <= origin[1] + size[1])
        return inside_y[:, None] & inside_x[None, :]

    def _show_lines(self, value: Mosaicity) -> None:
        from silx.image.marchingsquares import MarchingSquaresMergeImpl

        image = value.distribution - value.distribution.min()
        if min(image.shape) < 2 or not image.max() > 0:
            return
        finder = MarchingSquaresMergeImpl(np.ascontiguousarray(image, dtype=np.float32))
        x, y = value.positions
        for n in range(_LEVELS):
            for k, line in enumerate(finder.find_contours(image.max() * (n + 1) / (_LEVELS + 1))):
                self.key_plot.addCurve(
                    np.interp(line[:, 1], np.arange(len(x)), x),
                    np.interp(line[:, 0], np.arange(len(y)), y),
                    legend=f"line {n} {k}",
                    color="#00000090",
                    resetzoom=False,
                )

    def _on_map(self, event: dict[str, Any]) -> None:
        value = self.shown
        if event["event"] != "mouseMoved" or value is None:
            return
        x0, dx, y0, dy = self._map_grid
        row, column = int((event["y"] - y0) // dy), int((event["x"] - x0) // dx)
        rows, columns = value.colours.shape[:2]
        self.key_plot.removeMarker("here")
        if not (0 <= row < rows and 0 <= column < columns):
            return
        x, y = (float(c[row, column]) for c in value.orientation)
        across, up = value.motors
        words = f"pixel x {column}, y {row}   "
        if np.isfinite(x + y):
            words += f"{across.motor} {x:.5f} {across.unit}   {up.motor} {y:.5f} {up.unit}"
            self.key_plot.addMarker(x, y, legend="here", symbol="o", color=_MARK)
        else:
            words += "no signal"
        self.position.setText(words)

    def _on_key(self, event: dict[str, Any]) -> None:
        value = self.shown
        if event["event"] != "mouseMoved" or value is None:
            return
        x, y = event["x"], event["y"]
        across, up = value.motors
        (a, b), (c, d) = value.ranges
        near = (np.abs(value.orientation[0] - x) < 0.02 * (b - a)) & (
            np.abs(value.orientation[1] - y) < 0.02 * (d - c)
        )
        self.position.setText(
            f"{across.motor} {x:.5f} {across.unit}   {up.motor} {y:.5f} {up.unit}   "
            f"{int(near.sum())} pixels nearby"
        )
        shade = np.zeros((*near.shape, 4), dtype=np.uint8)
        shade[near] = (0, 0, 0, 220)
        x0, dx, y0, dy = self._map_grid
        self.map_plot.addImage(
            shade, origin=(x0, y0), scale=(dx, dy), legend="near", z=2, resetzoom=False
        )
