"""The layers of a grain, one at a time: any of their maps, and their orientation in colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QStackedWidget, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview, grid_of
from beamcanvas.darkfield import GrainVolume
from beamcanvas.darkfield.analyse.mosaicity import colour_key

COLOURS = "mosaicity"


class LayersPreview(Preview):
    """A map that is chosen by name, with a slider through the layers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from beamcanvas.canvas.previews.plots import new_plot
        from beamcanvas.canvas.previews.stays_whole import StaysWhole

        self.choice = QComboBox()
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.currentTextChanged.connect(lambda _: self._show_layer())
        above = QHBoxLayout()
        above.setContentsMargins(8, 4, 8, 2)
        above.addWidget(self.choice)
        above.addStretch(1)
        self.image = ImagePreview(self)
        self.colours = new_plot(self)
        StaysWhole(self.colours)
        self.colours.setKeepDataAspectRatio(True)
        self.colours.getYAxis().setInverted(True)
        self.key = new_plot(self)
        coloured = QWidget()
        sides = QHBoxLayout(coloured)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(self.colours, 3)
        sides.addWidget(self.key, 2)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.image)
        self.pages.addWidget(coloured)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.valueChanged.connect(lambda _: self._show_layer())
        self.where = QLabel()
        below = QHBoxLayout()
        below.setContentsMargins(8, 2, 8, 4)
        below.addWidget(self.slider, 1)
        below.addWidget(self.where)
        self.box.addLayout(above)
        self.box.addWidget(self.pages, 1)
        self.box.addLayout(below)
        self.volume: GrainVolume | None = None

    def show_value(self, value: GrainVolume) -> None:
        self.volume = value
        names = list(value.maps)
        wanted = self.choice.currentText() or COLOURS
        layers = len(value.maps[names[0]])
        for widget in (self.choice, self.slider):
            widget.blockSignals(True)
        self.choice.clear()
        self.choice.addItems(names)
        self.choice.setCurrentText(wanted if wanted in names else names[0])
        if self.slider.maximum() != layers - 1:
            self.slider.setRange(0, layers - 1)
            self.slider.setValue(layers // 2)
        for widget in (self.choice, self.slider):
            widget.blockSignals(False)
        self._show_layer()

    def _show_layer(self) -> None:
        volume, name = self.volume, self.choice.currentText()
        if volume is None or not name:
            return
        layer = self.slider.value()
        axis = volume.axes[0]
        place = f"{layer + 1} of {self.slider.maximum() + 1}"
        if axis.values is not None:
            place += f", {axis.name} {axis.values[layer]:.6g} {axis.unit}"
        self.where.setText(place)
        values = volume.maps[name][layer]
        if name == COLOURS:
            self._show_colours(volume, values)
            return
        data = volume.plot(name)
        self.image.show_image(
            replace(data, signal=np.asarray(values, dtype=float), axes=data.axes[1:])
        )
        self.pages.setCurrentWidget(self.image)

    def _show_colours(self, volume: GrainVolume, colours: Any) -> None:
        y_axis, x_axis = volume.axes[1:]
        (x0, dx), (y0, dy) = (
            grid_of(axis, n) for axis, n in ((x_axis, colours.shape[1]), (y_axis, colours.shape[0]))
        )
        first = self.colours.getImage("layer") is None
        self.colours.addImage(
            colours, origin=(x0, y0), scale=(dx, dy), legend="layer", resetzoom=first
        )
        self.colours.setGraphXLabel(x_axis.title)
        self.colours.setGraphYLabel(y_axis.title)
        self._show_key(volume)
        self.pages.setCurrentIndex(1)

    def _show_key(self, volume: GrainVolume) -> None:
        """What the colours mean."""
        if volume.key is None:
            return
        image = colour_key()
        up, across = volume.key
        (x0, dx), (y0, dy) = grid_of(across, image.shape[1]), grid_of(up, image.shape[0])
        self.key.addImage(image, origin=(x0, y0), scale=(dx, dy), legend="key", resetzoom=False)
        self.key.setGraphXLabel(across.title)
        self.key.setGraphYLabel(up.title)
        self.key.resetZoom()
