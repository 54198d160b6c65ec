"""A reduction on one page: four plots of the same spectra, and a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QGridLayout, QHeaderView, QSizePolicy, QSplitter, QWidget

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.spectroscopy import Overview

from .each_spectrum import EachSpectrum
from .edge_preview import edge_handles
from .exafs_preview import chi_curve
from .fourier_preview import unit_of
from .range_plot import ENERGY, K, R, RangePlot, curve


class OverviewPreview(EachSpectrum):
    """Normalised absorption, its background, chi(k) and |chi(R)| of the chosen spectra."""

    shows = Overview
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots = [RangePlot(self).without_words() for _ in range(4)]
        for plot in self.plots:
            plot.setMinimumHeight(170)
        grid = QWidget()
        layout = QGridLayout(grid)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for i, plot in enumerate(self.plots):
            layout.addWidget(plot, i // 2, i % 2)
            layout.setRowStretch(i // 2, 1)
            layout.setColumnStretch(i % 2, 1)
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.table = TablePreview()
        self.table.view.clicked.connect(lambda index: self.show_number(index.row()))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(grid)
        split.addWidget(self.table)
        split.setStretchFactor(0, 5)
        split.setStretchFactor(1, 1)
        split.setSizes([480, 110])
        self.box.addWidget(split, 1)
        self.finish()

    def show_value(self, value: Overview) -> None:
        super().show_value(value)
        self.table.show_value(value.table)
        header = self.table.view.horizontalHeader()
        header.setStretchLastSection(True)
        for column in range(len(self.table.model.headings) - 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def draw(self, number: int) -> None:
        value: Overview = self.value
        fourier = value.fourier
        exafs, normalised, spectra = fourier.exafs, fourier.normalised, value.spectra
        numbers = self.numbers()

        def name(i: int) -> str:
            return spectra.name(i) if len(spectra) > 1 else ""

        energy = spectra.energy
        raw = [(name(i) or "µ", curve(energy, spectra.mu[i], "µ", ENERGY)) for i in numbers]
        if len(numbers) == 1 and number not in exafs.problems:
            background = exafs.background(number)
            background[energy < normalised.e0[number]] = np.nan
            raw.append(("background", curve(energy, background, "µ", ENERGY)))
        flat: list[Any] = [
            (name(i) or "flattened", curve(energy, normalised.flat(i)[0], "Normalised µ", ENERGY))
            for i in numbers
            if i not in normalised.problems
        ]
        chi = [
            (name(i) or "χ(k)", chi_curve(exafs, i, fourier.kweight))
            for i in numbers
            if i not in exafs.problems
        ]
        radial = [
            (
                name(i) or "|χ(R)|",
                curve(fourier.r, np.abs(fourier.chi[i]), "|χ(R)|", R, unit=unit_of(fourier)),
            )
            for i in numbers
            if i not in fourier.problems
        ]
        # what is not there yet is shown as the empty plot that it will be
        flat = flat or [("normalised: waiting", curve([], [], "Normalised µ", ENERGY))]
        chi = chi or [("χ(k): waiting", curve([], [], "χ", K))]
        radial = radial or [("|χ(R)|: waiting", curve([], [], "|χ(R)|", R))]
        marks = [h for h in edge_handles(normalised, number) if h.name == "e0"]
        for plot, curves, handles in zip(
            self.plots, (flat, raw, chi, radial), (marks, marks, [], []), strict=True
        ):
            plot.show_plot(curves, handles)
