"""mu(E) as measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from AnyQt.QtWidgets import QAction, QWidget

from beamcanvas.spectroscopy import Spectra

from .each_spectrum import EachSpectrum
from .range_plot import ENERGY, Handle, RangePlot, curve


class SpectraPreview(EachSpectrum):
    """Absorption over energy, with the foil behind the sample where there is one."""

    shows = Spectra
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = RangePlot(self)
        self.box.addWidget(self.plot, 1)
        self.finish()
        self.handles: list[Handle] = []
        self.foil = QAction("foil", self, checkable=True)
        self.foil.setToolTip("Show the reference foil as well")
        self.foil.toggled.connect(lambda _: self._draw())
        self.plot.toolbar.addSeparator()
        self.plot.toolbar.addAction(self.foil)

    def show_handles(self, handles: list[Handle]) -> None:
        """Lines for settings that are energies."""
        self.handles = handles
        self.plot.show_handles(handles)

    def draw(self, number: int) -> None:
        self.foil.setVisible(self.value.reference is not None)
        self.plot.show_plot(self.curves(number), self.handles)

    def curves(self, number: int) -> list[tuple[str, Any]]:
        """What is drawn."""
        spectra = self.value
        curves = [
            (
                spectra.name(i),
                curve(spectra.energy, spectra.mu[i], "µ", ENERGY, title=spectra.name(i)),
            )
            for i in self.numbers()
        ]
        if self.foil.isChecked() and spectra.reference is not None:
            foil = spectra.reference[number if len(spectra.reference) > 1 else 0]
            curves.append(("foil", curve(spectra.energy, foil, "µ", ENERGY)))
        return curves


class CorrectedPreview(SpectraPreview):
    """Spectra corrected for over-absorption over what they were before, on one scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.before: Spectra | None = None

    def show_before(self, before: Spectra) -> None:
        """Show what was corrected as well."""
        self.before = before
        self._draw()

    def curves(self, number: int) -> list[tuple[str, Any]]:
        curves = super().curves(number)
        if self.before is not None and len(self.before) == len(self.value):
            alpha = self.value.notes["alpha"]  # the correction also scales what is below the edge
            mu = self.before.mu[number] * alpha / (alpha + 1)
            curves.append(("before", curve(self.before.energy, mu, "µ", ENERGY)))
        return curves


class GlitchPreview(SpectraPreview):
    """Spectra on which points are picked to be taken out; those taken out are marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_point: Callable[[float], None] | None = None
        self.before: Any = None
        self.pick = QAction("pick", self, checkable=True)
        self.pick.setToolTip("Click points to take them out; click one again to put it back")
        self.plot.toolbar.addAction(self.pick)
        self.plot.plot.sigPlotSignal.connect(self._clicked)
        self.pick.toggled.connect(
            lambda on: self.plot.plot.setInteractiveMode("select" if on else "zoom")
        )

    def draw(self, number: int) -> None:
        super().draw(number)
        self.plot.plot.remove("taken out", kind="curve")
        taken = np.asarray(self.value.notes.get("deglitched") or [])
        if not taken.size:
            return
        source = self.before if self.before is not None else self.value
        at = np.abs(source.energy - taken[:, np.newaxis]).argmin(axis=1)
        self.plot.plot.addCurve(
            source.energy[at],
            source.mu[min(number, len(source) - 1), at],
            legend="taken out",
            color="#d81b60",
            symbol="x",
            linestyle="",
            resetzoom=False,
        )

    def _clicked(self, event: dict[str, Any]) -> None:
        if event["event"] != "mouseClicked" or event["button"] != "left":
            return
        if not self.pick.isChecked() or self.on_point is None or self.value is None:
            return
        plot, source = self.plot.plot, self.before if self.before is not None else self.value
        values = source.mu[min(self.number, len(source) - 1)]
        pixels = [
            plot.dataToPixel(x, y, check=False) for x, y in zip(source.energy, values, strict=True)
        ]
        away = [
            np.inf if p is None else np.hypot(p[0] - event["xpixel"], p[1] - event["ypixel"])
            for p in pixels
        ]
        nearest = int(np.argmin(away))
        if away[nearest] < 30:
            self.on_point(float(source.energy[nearest]))
