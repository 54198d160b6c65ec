"""Maps of a result, one at a time, and the curve behind a pixel that is clicked."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.darkfield import PixelMaps
from beamcanvas.darkfield.analyse.maps import CENTRE, WIDTH
from beamcanvas.nexus import NXData

from .frames_preview import mark
from .pixel_pane import PixelPane


class MapsPreview(Preview):
    """A map that is chosen by name; a click on it shows the pixel's curve and fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.currentTextChanged.connect(lambda _: self._show_map())
        self.spread = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 2)
        row.setSpacing(8)
        row.addWidget(self.choice)
        row.addWidget(self.spread)
        row.addStretch(1)
        self.image = ImagePreview(self)
        top = QWidget()
        box = QVBoxLayout(top)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self.image, 1)
        self.pane = PixelPane()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(top)
        split.addWidget(self.pane)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self.box.addWidget(split, 1)
        self.setMinimumWidth(820)  # a map and a curve side by side
        self.maps: PixelMaps | None = None
        self.image.plot.sigPlotSignal.connect(self._plot_event)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, PixelMaps) else 0

    def show_value(self, value: PixelMaps) -> None:
        self.maps = value
        names = list(value.maps)
        if names != [self.choice.itemText(i) for i in range(self.choice.count())]:
            wanted = self.choice.currentText()
            self.choice.blockSignals(True)
            self.choice.clear()
            self.choice.addItems(names)
            # the sum says little; where intensity is centred is what one came for
            first = next((n for n in names if CENTRE in n), names[0])
            self.choice.setCurrentText(wanted if wanted in names else first)
            self.choice.blockSignals(False)
        self.choice.setVisible(len(names) > 1)
        self.pane.setVisible(value.stack is not None)
        self._show_map()
        if self.pane.pixel is None:
            self.pane.pixel = _clearest(value)
        self._show_pixel(*self.pane.pixel)

    def _show_map(self) -> None:
        if self.maps is None or not self.choice.currentText():
            return
        data = self.maps.plot(self.choice.currentText())
        self.image.show_image(data)
        seen = data.signal[np.isfinite(data.signal)]
        unit = f" {data.unit}" if data.unit else ""
        if seen.size:
            self.spread.setText(
                f"median {np.median(seen):.5g}{unit}, spread {seen.std():.3g}{unit}"
            )
        else:
            self.spread.setText("no values")

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseClicked" and event["button"] == "left":
            at = self.image.pixel_at(event["x"], event["y"])
            if at is not None:
                self._show_pixel(*at)

    def _show_pixel(self, row: int, column: int) -> None:
        maps = self.maps
        if maps is None or maps.stack is None:
            return
        rows, columns = maps.shape
        if row < rows and column < columns:
            mark(self.image, row, column)
            self.pane.show_pixel(maps.stack, row, column, maps)


def _clearest(maps: PixelMaps) -> tuple[int, int]:
    """The pixel whose centre is known best; else the brightest of those with narrow curves."""
    known = (maps.uncertainty(name) for name in maps.maps if CENTRE in name)
    uncertainty = next((u for u in known if u is not None), None)
    values = next(iter(maps.maps.values())) if uncertainty is None else -uncertainty
    width = next((w for name, w in maps.maps.items() if WIDTH in name), None)
    if uncertainty is None and width is not None and np.isfinite(width).any():
        values = np.where(width <= np.nanmedian(width), values, np.nan)
    clearest = int(np.nan_to_num(values, nan=-np.inf).argmax())
    row, column = np.unravel_index(clearest, values.shape)
    return int(row), int(column)
