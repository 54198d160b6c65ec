"""A map of a number with the spectrum under the cursor; fits of standards."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.previews.stack import StackPreview
from beamcanvas.spectroscopy import Combination, ScalarMap

from .each_spectrum import EachSpectrum
from .range_plot import ENERGY, RangePlot, curve


class MapPreview(Preview):
    """The map; below, the spectrum of the pixel under the cursor. A click holds it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image, self.spectrum = ImagePreview(self), RangePlot(self).without_toolbar()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.image)
        split.addWidget(self.spectrum)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 1)
        self.box.addWidget(split, 1)
        self.value: ScalarMap | None = None
        self.held: int | None = None
        self.image.plot.sigPlotSignal.connect(self._cursor)

    def show_value(self, value: ScalarMap) -> None:
        self.value = value
        self.image.show_image(value.nxdata())
        good = np.flatnonzero(np.isfinite(value.values))
        last = self.held if self.held is not None else int(good[0]) if len(good) else 0
        self._show(min(last, len(value.values) - 1))

    def _cursor(self, event: dict[str, Any]) -> None:
        if self.value is None or event["event"] not in ("mouseMoved", "mouseClicked"):
            return
        rows, columns = self.value.shape
        row, column = int(np.floor(event["y"])), int(np.floor(event["x"]))
        inside = 0 <= row < rows and 0 <= column < columns
        number = row * columns + column
        if event["event"] == "mouseClicked":
            self.held = number if inside and number != self.held else None
        if inside and (self.held is None or event["event"] == "mouseClicked"):
            self._show(number)

    def _show(self, number: int) -> None:
        assert self.value is not None  # noqa: S101 - shown before
        normalised = self.value.normalised
        name = normalised.spectra.name(number)
        if number in normalised.problems:
            raw = curve(normalised.energy, normalised.spectra.mu[number], "µ", ENERGY)
            self.spectrum.show_plot([(f"{name}: {normalised.problems[number]}", raw)])
            return
        unit = f" {self.value.unit}" if self.value.unit else ""
        words = f"{name}: {self.value.label} {self.value.values[number]:.5g}{unit}"
        flat = curve(normalised.energy, normalised.flat(number)[0], "Normalised µ", ENERGY)
        self.spectrum.show_plot([(words, flat)])


class WeightMaps(StackPreview):
    """The weights of one standard after the other as maps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.standards: tuple[str, ...] = ()

    def show_value(self, value: Combination) -> None:
        self.standards = value.standards
        super().show_value(value)

    def _show_frame(self, index: int) -> None:
        super()._show_frame(index)
        self.where.setText(self.standards[index])


class CombinationPreview(EachSpectrum):
    """A spectrum, its fit, what each standard contributes, and what is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = RangePlot(self)
        self.box.addWidget(self.plot, 1)
        self.finish()

    def draw(self, number: int) -> None:
        value: Combination = self.value
        if number in value.problems:
            return
        fit = value.fit(number)
        words = "fit" if value.shifts is None else f"fit, shifted by {value.shifts[number]:.2f} eV"
        curves = [(words, fit)]
        for name, weight, shape in zip(
            value.standards, value.weights[number], value.curves_of(number), strict=True
        ):
            if abs(weight) > 1e-4:
                curves.append((f"{name} {100 * weight:.1f} %", weight * shape))
        left = value.data(number) - fit
        curves.append((f"left over, R {value.r_factor[number]:.2g}", left))
        data = curve(*value.around(number), "Normalised µ", ENERGY)
        drawn = [(name, curve(value.energy, y, "Normalised µ", ENERGY)) for name, y in curves]
        self.plot.show_plot([("data", data), *drawn])
