"""mu with its background, and chi(k)."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QComboBox, QSplitter, QWidget

from beamcanvas.spectroscopy import Exafs

from .each_spectrum import EachSpectrum
from .range_plot import ENERGY, Handle, K, RangePlot, curve, power


class ExafsPreview(EachSpectrum):
    """Above, mu and its background; below, chi(k) with the range that can be dragged."""

    shows = Exafs
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.above, self.below = RangePlot(self), RangePlot(self).without_toolbar()
        self.weight = QComboBox()
        for n in range(4):
            self.weight.addItem(f"k{'⁰¹²³'[n]} χ", float(n))
        self.weight.setCurrentIndex(2)
        self.weight.currentIndexChanged.connect(lambda _: self._draw())
        self.above.toolbar.addSeparator()
        self.above.toolbar.addWidget(self.weight)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.above)
        split.addWidget(self.below)
        self.box.addWidget(split, 1)
        self.finish()

    def draw(self, number: int) -> None:
        value: Exafs = self.value
        spectra, good = value.spectra, number not in value.problems
        above = [("µ", curve(spectra.energy, spectra.mu[number], "µ", ENERGY))]
        if good:
            background = value.background(number)
            background[spectra.energy < value.normalised.e0[number]] = np.nan
            above.append(("background", curve(spectra.energy, background, "µ", ENERGY)))
        self.above.show_plot(above)
        weight = self.weight.currentData()
        below = [
            (spectra.name(i) if len(spectra) > 1 else "χ", chi_curve(value, i, weight))
            for i in self.numbers()
            if i not in value.problems
        ]
        self.below.setVisible(bool(below))
        if below:
            handles = []
            if good:
                ends = value.settings.get("kmin", 0.0), value.settings.get("kmax")
                last = float(value.kmax[number])
                handles = [
                    Handle("kmin", float(ends[0]), "from"),
                    Handle("kmax", last if ends[1] is None else min(float(ends[1]), last), "to"),
                ]
            self.below.show_plot(below, handles)


def chi_curve(value: Exafs, number: int, weight: float) -> Any:
    """chi(k) of a spectrum, weighted."""
    seen = np.isfinite(value.chi[number])
    k = value.k[seen]
    label = f"{power('k', weight)} χ".strip()
    return curve(k, value.chi[number, seen] * k**weight, label, K, unit=power("Å", -weight))
