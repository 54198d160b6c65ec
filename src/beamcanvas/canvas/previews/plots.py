"""What all plots share: colours of the palette, levels of a big image, words for a position.

Imports silx, so it is imported when the first plot is shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import QEvent, QObject
from AnyQt.QtGui import QColor, QIcon, QImage, QPalette, QPixmap
from AnyQt.QtWidgets import QToolBar, QWidget
from silx.gui.colors import Colormap
from silx.gui.plot import PlotWidget
from silx.gui.plot import actions as silx_actions
from silx.gui.utils.matplotlib import DefaultTickFormatter

from ..look import is_dark

#: reads on a projector, in grey print, and for the colour-blind
COLOURMAP = "viridis"

#: beside images in shades of grey
NOT_GREY = QColor("#6d7f99")

#: lines that can be told apart, on a light and on a dark ground (after Okabe and Ito)
LIGHT_CURVES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#333333")
DARK_CURVES = ("#56b4e9", "#ff9f43", "#2ecc9b", "#f29fcb", "#f0e442", "#8fb8ff", "#dddddd")

#: so many values are looked at for the levels of an image
SAMPLE = 250_000


def curve_colour(widget: QWidget, index: int) -> str:
    """Colour of a curve on this widget's ground."""
    colours = DARK_CURVES if is_dark(widget) else LIGHT_CURVES
    return colours[index % len(colours)]


class _Look(QObject):
    """Keeps a plot in the colours of the palette, with room for the words at its axes."""

    def __init__(self, plot: PlotWidget) -> None:
        super().__init__(plot)
        self.plot = plot
        self.colours = ""
        plot.installEventFilter(self)
        self.colour()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self.colour()
        elif event.type() == QEvent.Type.Resize:
            self.make_room()
        return False

    def colour(self) -> None:
        palette = self.plot.palette()
        text = QColor(palette.color(QPalette.ColorRole.WindowText))
        base = palette.color(QPalette.ColorRole.Base)
        self.plot.setBackgroundColor(palette.color(QPalette.ColorRole.Window))
        # one sees where a grey image ends
        self.plot.setDataBackgroundColor(_mixed(NOT_GREY, base, 0.3) if self.colours else base)
        self.plot.setForegroundColor(text)
        self.plot.setGridColor(_mixed(text, base, 0.15))

    def show_as(self, colours: str) -> None:
        """Let the ground go with an image of such colours, as its :class:`NXData` has them."""
        if colours != self.colours:
            self.colours = colours
            self.colour()

    def make_room(self) -> None:
        letter = self.plot.fontMetrics().height()
        width, height = max(self.plot.width(), 200), max(self.plot.height(), 200)
        left, below, rest = 5.2 * letter / width, 3.4 * letter / height, letter / height
        self.plot.setAxesMargins(left, rest, letter / width, below)


def _mixed(a: QColor, b: QColor, share: float) -> QColor:
    return QColor(
        *(
            round(share * x + (1 - share) * y)
            for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
        )
    )


class _PlainTicks(DefaultTickFormatter):
    """Labels without mathtext, whose layout takes a fifth of the time of a plot."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        label: str = super().__call__(x, pos)
        return label.removeprefix("$\\mathdefault{").removesuffix("}$")


class _Plot(PlotWidget):
    """A plot of which the overlay is drawn alone, also when two things of it changed."""

    look: _Look

    def _setDirtyPlot(self, overlayOnly: bool = False) -> None:  # noqa: N803 - silx calls it so
        if not (overlayOnly and self._getDirtyPlot() == "overlay"):  # silx draws all anew then
            super()._setDirtyPlot(overlayOnly)


def new_plot(parent: QWidget) -> _Plot:
    """An empty plot in the colours of the palette."""
    plot = _Plot(parent=parent)
    plot.look = _Look(plot)
    axes = plot.getBackend().ax
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_PlainTicks())
    plot.setInteractiveMode("zoom")
    return plot


def new_toolbar(plot: PlotWidget, *actions: Any) -> QToolBar:
    """A tool bar with the actions every plot has around those given."""
    bar = QToolBar()
    bar.setMovable(False)
    bar.addAction(silx_actions.mode.ZoomModeAction(parent=bar, plot=plot))
    bar.addAction(silx_actions.mode.PanModeAction(parent=bar, plot=plot))
    bar.addAction(silx_actions.control.ResetZoomAction(parent=bar, plot=plot))
    bar.addSeparator()
    for action in actions:
        if action is None:
            bar.addSeparator()
        elif isinstance(action, QWidget):
            bar.addWidget(action)
        else:
            bar.addAction(action)
    bar.addSeparator()
    bar.addAction(silx_actions.io.CopyAction(parent=bar, plot=plot))
    bar.addAction(silx_actions.io.SaveAction(parent=bar, plot=plot))
    make_readable(bar)
    return bar


def make_readable(bar: QToolBar) -> None:
    """Lighten the dark strokes of silx's icons where the ground is dark."""
    if is_dark(bar):
        for action in bar.actions():
            if not action.icon().isNull():
                action.setIcon(_lightened(action.icon()))


def _lightened(icon: QIcon) -> QIcon:
    image = icon.pixmap(64, 64).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    bits = image.bits()
    bits.setsize(image.byteCount() if hasattr(image, "byteCount") else image.sizeInBytes())
    pixels = np.frombuffer(bits, dtype=np.uint8).reshape(image.height(), image.width(), 4)
    colours = pixels[..., :3]
    grey = colours.max(axis=-1).astype(int) - colours.min(axis=-1) < 40
    colours[grey] = 255 - colours[grey] // 4
    return QIcon(QPixmap.fromImage(image))


def levels(image: Any, *, log: bool) -> tuple[float, float] | None:
    """Lowest and highest level that show an image well, from a sample of its pixels."""
    step = max(1, int((image.shape[0] * image.shape[1] / SAMPLE) ** 0.5))
    sample = np.asarray(image[::step, ::step], dtype=float)
    sample = sample[np.isfinite(sample)]
    if log:
        sample = sample[sample > 0]
    if not sample.size:
        return None
    low, high = np.percentile(sample, (1, 99.8))
    if low == high:
        low, high = sample.min(), sample.max()
    return (float(low), float(high)) if low < high else None


def new_colourmap(image: Any, *, log: bool, colours: str = "") -> Colormap:
    """The colour map of an image, its levels set from what the image holds.

    `colours` is what its :class:`NXData` says: grey, a difference around 0, or nothing.
    """
    found = levels(image, log=log)
    if found is not None and colours == "difference" and not log:
        reach = max(abs(level) for level in found)
        found = -reach, reach
    log = log and found is not None
    low, high = found if found is not None else (None, None)
    norm = Colormap.LOGARITHM if log else Colormap.LINEAR
    name = "gray" if colours else COLOURMAP
    colourmap = Colormap(name=name, normalization=norm, vmin=low, vmax=high)
    colourmap.setNaNColor(NOT_GREY.name() if colours else "#808080")
    return colourmap


def number_words(value: Any) -> str:
    """A number at a cursor."""
    return f"{float(value):.6g}"
