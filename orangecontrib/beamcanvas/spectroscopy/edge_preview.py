"""Normalised spectra: mu with its curves, the normalised absorption, its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtWidgets import QAction, QActionGroup, QWidget

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.spectroscopy import Normalised

from .each_spectrum import EachSpectrum
from .range_plot import ENERGY, Handle, RangePlot, curve

_VIEWS = {"mu": "µ", "norm": "normalised", "derivative": "derivative"}


class EdgePreview(EachSpectrum):
    """Drag E0 and the ends of the ranges; choose what is shown."""

    shows = Normalised
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = RangePlot(self)
        self.box.addWidget(self.plot, 1)
        self.finish()
        self.view = "mu"
        choice = QActionGroup(self)
        self.plot.toolbar.addSeparator()
        for name, words in _VIEWS.items():
            action = QAction(words, choice, checkable=True)
            action.setChecked(name == self.view)
            action.triggered.connect(lambda _, n=name: self._show_view(n))
            self.plot.toolbar.addAction(action)

    def _show_view(self, name: str) -> None:
        self.view = name
        self._draw()

    def draw(self, number: int) -> None:
        value: Normalised = self.value
        spectra = value.spectra
        good = number not in value.problems
        if self.view == "mu" or not good:
            curves = [(f"µ {spectra.name(number)}", self._curve(spectra.mu[number], "µ"))]
            if good:
                curves += [
                    ("pre-edge", self._curve(value.pre_edge(number)[0], "µ")),
                    ("post-edge", self._curve(self._above(value.post_edge(number)[0]), "µ")),
                ]
        elif self.view == "norm":
            curves = [
                (spectra.name(i), self._curve(value.flat(i)[0], "Normalised µ"))
                for i in self.numbers()
                if i not in value.problems
            ]
            if len(curves) == 1:
                norm = self._curve(value.norm(number)[0], "Normalised µ")
                curves = [("flattened", curves[0][1]), ("not flattened", norm)]
        else:
            curves = [
                (spectra.name(i), self._curve(value.derivative(i)[0], "dµ/dE", "1/eV"))
                for i in self.numbers()
                if i not in value.problems
            ]
        self.plot.show_plot(curves, edge_handles(value, number))

    def _above(self, values: Any) -> Any:
        """Values from E0 on; below, a polynomial goes anywhere."""
        return np.where(self.value.energy >= self.value.e0[self.number], values, np.nan)

    def _curve(self, values: Any, label: str, unit: str = "") -> Any:
        return curve(self.value.energy, values, label, ENERGY, unit=unit)


def edge_handles(value: Normalised, number: int) -> list[Handle]:
    """E0 and the ends of the ranges of a spectrum."""
    ranges = value.ranges_of(number)
    if ranges is None:
        return []
    e0 = float(value.e0[number])
    return [
        Handle("e0", e0, "\nE0"),  # below the words of a range beside it
        Handle("pre1", e0 + ranges.pre1, "pre-edge", 1),
        Handle("pre2", e0 + ranges.pre2, "", 1),
        Handle("norm1", e0 + ranges.norm1, "post-edge", 2),
        Handle("norm2", e0 + ranges.norm2, "", 2),
    ]


class EdgeTable(TablePreview):
    """E0, edge step and ranges of each spectrum."""

    def show_value(self, value: Any) -> None:
        rows = []
        for i in range(min(len(value), 1000)):
            ranges = value.ranges_of(i)
            row = {"spectrum": value.spectra.name(i)}
            row["E0 (eV)"] = f"{value.e0[i]:.3f}"
            row["edge step"] = f"{value.edge_step[i]:.5g}"
            row["pre-edge (eV)"] = (
                "" if ranges is None else f"{ranges.pre1:.0f} to {ranges.pre2:.0f}"
            )
            row["post-edge (eV)"] = (
                "" if ranges is None else f"{ranges.norm1:.0f} to {ranges.norm2:.0f}"
            )
            row["degree"] = "" if ranges is None else str(ranges.nnorm)
            row["status"] = value.problems.get(i, "good")
            rows.append(row)
        super().show_value(rows)
