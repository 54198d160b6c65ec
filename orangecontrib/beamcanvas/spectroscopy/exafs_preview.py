"""mu with its background, and chi(k)."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAction, QComboBox, QSplitter, QWidget

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
        self.errors = QAction("± σ", self, checkable=True)
        self.errors.setToolTip("Show how far the choice of the background leaves χ(k) open")
        self.errors.toggled.connect(lambda _: self._draw())
        self.above.toolbar.addAction(self.errors)
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
        e0 = float(value.normalised.e0[number])
        self.above.show_plot(above, [Handle("e0", e0, "\nE0")] if good else [])
        weight = self.weight.currentData()
        below = [
            (spectra.name(i) if len(spectra) > 1 else "χ", chi_curve(value, i, weight))
            for i in self.numbers()
            if i not in value.problems
        ]
        if good and self.errors.isChecked():
            chi, one = value.chi[number], value.uncertainty(number)[0]
            below += [
                ("+ σ of the background", chi_curve(value, number, weight, chi + one)),
                ("− σ", chi_curve(value, number, weight, chi - one)),
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


def chi_curve(value: Exafs, number: int, weight: float, chi: Any = None) -> Any:
    """chi(k) of a spectrum, or something like it, weighted."""
    chi = value.chi[number] if chi is None else chi
    seen = np.isfinite(chi)
    k = value.k[seen]
    label = f"{power('k', weight)} χ".strip()
    return curve(k, chi[seen] * k**weight, label, K, unit=power("Å", -weight))
