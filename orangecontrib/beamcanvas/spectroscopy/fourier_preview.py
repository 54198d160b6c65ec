"""chi(k) in its window, and chi(R); a range of R, and what it gives back."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAction, QSplitter, QWidget

from beamcanvas.spectroscopy import BackTransform, FourierTransform

from .each_spectrum import EachSpectrum
from .exafs_preview import chi_curve
from .range_plot import Handle, K, R, RangePlot, curve, power


class _TwoPlots(EachSpectrum):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.above, self.below = RangePlot(self), RangePlot(self).without_toolbar()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.above)
        split.addWidget(self.below)
        self.box.addWidget(split, 1)
        self.finish()


def unit_of(fourier: FourierTransform) -> str:
    """The unit of chi(R)."""
    return power("Å", -fourier.kweight - 1)


class FourierPreview(_TwoPlots):
    """Above, chi(k) with the window whose ends can be dragged; below, |chi(R)| and its parts."""

    shows = FourierTransform
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts = QAction("parts", self, checkable=True)
        self.parts.setToolTip("Show the real and the imaginary part as well")
        self.parts.toggled.connect(lambda _: self._draw())
        self.above.toolbar.addSeparator()
        self.above.toolbar.addAction(self.parts)

    def draw(self, number: int) -> None:
        value: FourierTransform = self.value
        exafs, spectra = value.exafs, value.spectra
        numbers = [i for i in self.numbers() if i not in exafs.problems]
        above = [
            (spectra.name(i) if len(spectra) > 1 else "χ", chi_curve(exafs, i, value.kweight))
            for i in numbers
        ]
        self.above.setVisible(bool(above))
        if above:
            height = max(float(np.abs(c.signal).max()) for _, c in above)
            window = curve(exafs.k, value.window * height, "window", K)
            handles = [
                Handle("kmin", float(value.settings.get("kmin", 0)), "from"),
                Handle("kmax", float(min(value.settings.get("kmax", 0), exafs.k[-1])), "to"),
            ]
            self.above.show_plot([*above, ("window", window)], handles)
        below = [
            (
                spectra.name(i) if len(spectra) > 1 else "|χ(R)|",
                self._r(np.abs(value.chi[i]), "|χ(R)|"),
            )
            for i in numbers
            if i not in value.problems
        ]
        if self.parts.isChecked() and number not in value.problems:
            below += [
                ("real", self._r(value.chi[number].real, "χ(R)")),
                ("imaginary", self._r(value.chi[number].imag, "χ(R)")),
            ]
        self.below.setVisible(bool(below))
        if below:
            self.below.show_plot(below)

    def _r(self, values: Any, label: str) -> Any:
        return curve(self.value.r, values, label, R, unit=unit_of(self.value))


class BackPreview(_TwoPlots):
    """Above, |chi(R)| with the range that can be dragged; below, chi(q) over chi(k)."""

    shows = BackTransform

    def draw(self, number: int) -> None:
        value: BackTransform = self.value
        fourier = value.fourier
        good = number not in value.problems
        self.above.setVisible(good)
        self.below.setVisible(good)
        if not good:
            return
        magnitude = np.abs(fourier.chi[number])
        low, high = value.settings["rmin"], value.settings["rmax"]
        self.above.show_plot(
            [
                ("|χ(R)|", curve(fourier.r, magnitude, "|χ(R)|", R, unit=unit_of(fourier))),
                ("window", curve(fourier.r, value.window * magnitude.max(), "window", R)),
            ],
            [Handle("rmin", low, "from"), Handle("rmax", high, "to")],
        )
        weight = fourier.kweight
        k = fourier.exafs.k
        weighted = np.nan_to_num(fourier.exafs.chi[number] * k**weight) * fourier.window
        label, unit = f"{power('k', weight)} χ".strip(), power("Å", -weight)
        self.below.show_plot(
            [
                ("χ(q)", curve(value.q, value.chi[number].real, label, K, unit=unit)),
                ("χ(k) in the window", curve(k, weighted, label, K, unit=unit)),
            ]
        )
