"""Images: a detector's, a map, an integration in two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QWidget

from ...nexus.nxdata import Axis, NXData
from .base import Preview, nxdata_of
from .part import part_in_view, shows, whole

#: over pixels that are not used, and where a map has no value
MASKED = (230, 60, 150, 170)
NOT_MEASURED = (128, 128, 128, 255)


class ImagePreview(Preview):
    """An image with its mask over it, colours to be chosen, profiles, and values in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from AnyQt.QtGui import QAction
        from silx.gui.plot import actions
        from silx.gui.plot.ColorBar import ColorBarWidget
        from silx.gui.plot.tools.profile.toolbar import ProfileToolBar

        from .plots import make_readable, new_plot, new_toolbar
        from .stays_whole import StaysWhole

        self.plot = new_plot(self)
        StaysWhole(self.plot)
        self.log_action = QAction("log", self, checkable=True)
        self.log_action.setToolTip("Logarithmic colours")
        self.log_action.toggled.connect(self._set_log)
        self.mask_action = QAction("mask", self, checkable=True, checked=True)
        self.mask_action.setToolTip("Show the masked pixels")
        self.mask_action.toggled.connect(lambda on: self._show_mask())
        self.toolbar = new_toolbar(
            self.plot,
            self.log_action,
            actions.control.ColormapAction(parent=self, plot=self.plot),
            self.mask_action,
            None,
            actions.control.KeepAspectRatioAction(parent=self, plot=self.plot),
            actions.control.YAxisInvertedAction(parent=self, plot=self.plot),
        )
        self.profile = ProfileToolBar(parent=self, plot=self.plot)
        self.profile.setScheme("image")
        self.profile.setMovable(False)
        make_readable(self.profile)
        self.colourbar = ColorBarWidget(parent=self, plot=self.plot)
        self.position = QLabel(" ")
        self.position.setContentsMargins(8, 2, 8, 2)
        tools = QHBoxLayout()
        tools.addWidget(self.toolbar)
        tools.addWidget(self.profile)
        tools.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.colourbar)
        self.box.addLayout(tools)
        self.box.addLayout(middle, 1)
        self.box.addWidget(self.position)
        self.data: NXData | None = None
        self._kind: tuple[Any, ...] = ()
        self._colourmap: Any = None
        self._colours = ""
        self._lines: list[Any] = []
        self._wants_whole = False
        self._part = whole((1, 1))
        self._follow = QTimer(self, singleShot=True, interval=40)
        self._follow.timeout.connect(self._follow_view)
        self.plot.sigPlotSignal.connect(self._plot_event)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 5 if data is not None and data.signal.ndim == 2 else 0

    def show_value(self, value: Any) -> None:
        data = nxdata_of(value)
        if data is not None:
            self.show_image(data)

    def show_image(self, data: NXData) -> None:
        """Show an image. Zoom and colours stay when it is of the same kind as the last one."""
        kind = (data.signal.shape, data.name, tuple(a.name for a in data.axes))
        new = kind != self._kind
        self.data = data
        self._kind = kind
        y_axis, x_axis = axes_of(data)
        (x0, dx), (y0, dy) = (
            grid_of(axis, n)
            for axis, n in zip((x_axis, y_axis), reversed(data.signal.shape), strict=True)
        )
        self._grid = (x0, dx, y0, dy)
        if new:
            self.log_action.blockSignals(True)
            self.log_action.setChecked(data.log)
            self.log_action.blockSignals(False)
            self.plot.setKeepDataAspectRatio(data.pixels)
            self.plot.look.show_as(data.colours)
            self.plot.getYAxis().setInverted(data.pixels)
        if new or self._colourmap is None:
            self._colourmap = self._new_colourmap(data, self.log_action.isChecked())
        if new:
            rows, columns = data.signal.shape
            self._part = part_in_view((rows, columns), (0, rows), (0, columns))
            self._claim_extent()
        self._show_part()
        self.plot.setGraphXLabel(x_axis.title)
        self.plot.setGraphYLabel(y_axis.title)
        self.colourbar.setLegend(data.signal_title)
        self._show_lines()
        if new:
            self.plot.resetZoom()

    def set_whole(self, on: bool) -> None:
        """Draw every pixel, as tools that work on the drawn image need it."""
        self._wants_whole = on
        if self.data is not None:
            self._follow_view()

    def _follow_view(self) -> None:
        """Draw what is in view now, if that is not drawn."""
        data = self.data
        if data is None:
            return
        x0, dx, y0, dy = self._grid
        shape = (data.signal.shape[0], data.signal.shape[1])
        columns, rows = (
            tuple((limit - start) / step for limit in axis.getLimits())
            for axis, start, step in (
                (self.plot.getXAxis(), x0, dx),
                (self.plot.getYAxis(), y0, dy),
            )
        )
        wanted = whole(shape) if self._wants_whole else part_in_view(shape, rows, columns)
        if not shows(self._part, wanted, rows, columns):
            self._part = wanted
            self._show_part()

    def _claim_extent(self) -> None:
        """Have *reset zoom* show all of the image, also while a part of it is drawn."""
        x0, dx, y0, dy = self._grid
        rows, columns = self.data.signal.shape if self.data is not None else (1, 1)
        self.plot.addImage(
            np.zeros((1, 1, 4), dtype=np.uint8),
            legend="extent",
            origin=(x0, y0),
            scale=(dx * columns, dy * rows),
            z=-1,
            resetzoom=False,
        )

    def _show_part(self) -> None:
        if self.data is None:
            return
        self._draw(self.data.signal, "image", self._colourmap, 0)
        self.plot.setActiveImage("image")
        self._show_mask()

    def _draw(self, image: Any, legend: str, colourmap: Any, z: int) -> None:
        x0, dx, y0, dy = self._grid
        part = self._part
        self.plot.addImage(
            np.ascontiguousarray(part.of(image)),
            legend=legend,
            origin=(x0 + dx * part.left, y0 + dy * part.top),
            scale=(dx * part.across, dy * part.down),
            colormap=colourmap,
            z=z,
            resetzoom=False,
            copy=False,
        )

    def _set_log(self, on: bool) -> None:
        if self.data is None:
            return
        self._colourmap = self._new_colourmap(self.data, on)
        self.plot.getImage("image").setColormap(self._colourmap)

    def _new_colourmap(self, data: NXData, log: bool) -> Any:
        """Levels for an image, in the colours that were chosen before."""
        from .plots import new_colourmap

        made = new_colourmap(data.signal, log=log, colours=data.colours)
        if self._colourmap is not None and self._colours == data.colours:
            made.setName(self._colourmap.getName())
        self._colours = data.colours
        return made

    def _show_mask(self) -> None:
        data = self.data
        mask = None if data is None else data.mask
        self.mask_action.setEnabled(mask is not None)
        self.plot.removeImage("mask")
        if data is None or mask is None or not self.mask_action.isChecked():
            return
        from silx.gui.colors import Colormap

        colour = MASKED if data.pixels else NOT_MEASURED
        colours = np.array([(0, 0, 0, 0), colour], dtype=np.uint8)
        colourmap = Colormap(name=None, colors=colours, vmin=0, vmax=1)
        self._draw(np.asarray(mask).view(np.uint8), "mask", colourmap, 1)
        self.plot.setActiveImage("image")

    def _show_lines(self) -> None:
        """Known lines across a map, at their place on its fast axis."""
        for marker in self._lines:
            self.plot.removeMarker(marker)
        lines = self.data.lines if self.data is not None else {}
        colour = "#e6399b" if self.data is not None and self.data.colours else "#ffffff80"
        self._lines = [
            self.plot.addXMarker(x, legend=f"line {name} {i}", color=colour)
            for name, positions in lines.items()
            for i, x in enumerate(positions)
        ]
        for marker in self._lines:
            marker.setLineStyle("--")
            marker.setLineWidth(0.8)

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column under a position of the plot, None outside the image."""
        if self.data is None:
            return None
        x0, dx, y0, dy = self._grid
        row, column = int((y - y0) // dy), int((x - x0) // dx)
        rows, columns = self.data.signal.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseMoved":
            self.position.setText(self.words_at(event["x"], event["y"]))
        elif event["event"] == "limitsChanged":
            self._follow.start()

    def words_at(self, x: float, y: float) -> str:
        """What the image has at a position."""
        from .plots import number_words

        at = self.pixel_at(x, y)
        data = self.data
        if at is None or data is None:
            return " "
        row, column = at
        y_axis, x_axis = axes_of(data)
        if data.pixels and x_axis.values is None:
            where = f"pixel x {column}, y {row}"
        else:
            where = "   ".join(
                f"{a.label or a.name} {number_words(v)}{f' {a.unit}' if a.unit else ''}"
                for a, v in ((x_axis, x), (y_axis, y))
            )
        unit = f" {data.unit}" if data.unit else ""
        words = (
            f"{where}   {data.label or data.name} {number_words(data.signal[row, column])}{unit}"
        )
        if data.mask is not None and data.mask[row, column]:
            words += "   (masked)"
        return words


def axes_of(data: NXData) -> tuple[Axis, Axis]:
    """The axes of an image: along its rows, along its columns."""
    if data.axes:
        return data.axes[0], data.axes[1]
    return Axis(name="y", unit="pixel"), Axis(name="x", unit="pixel")


def grid_of(axis: Axis, count: int) -> tuple[float, float]:
    """Where the first pixel starts along an axis, and how long a pixel is."""
    if axis.values is None or len(axis.values) < 2:
        return 0.0, 1.0
    first, last = float(axis.values[0]), float(axis.values[-1])
    if len(axis.values) == count + 1:
        return first, (last - first) / count or 1.0
    step = (last - first) / (count - 1) or 1.0
    return first - step / 2, step
