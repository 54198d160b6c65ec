"""Curves with lines that can be dragged: E0, ranges, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from AnyQt.QtWidgets import QSizePolicy, QWidget

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.nexus import Axis, NXData

COLOURS = ("#d81b60", "#7b4fc9", "#c77700")


class Handle(NamedTuple):
    """A line on the plot that stands for a setting."""

    name: str  #: of the setting
    x: float  #: where it stands
    words: str
    group: int = 0  #: those of one group have one colour


class RangePlot(CurvePreview):
    """Curves over one axis; handles are dragged and told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_moved: Callable[[str, float], None] | None = None
        self.handles: list[Handle] = []
        self._whole: tuple[float, ...] = ()

    def show_plot(
        self, curves: list[tuple[str, NXData]], handles: list[Handle] | None = None
    ) -> None:
        """Show curves and handles. What a person zoomed into stays in view."""
        before, kind = self._limits(), self._shape
        zoomed = bool(self._whole) and not np.allclose(before, self._whole, rtol=1e-6)
        self.show_curves(curves)
        self._whole = self._limits()
        if zoomed and kind == self._shape:
            self.plot.setLimits(*before)
        self.show_handles(handles or [])

    def _limits(self) -> tuple[float, ...]:
        return (*self.plot.getXAxis().getLimits(), *self.plot.getYAxis().getLimits())

    def show_handles(self, handles: list[Handle]) -> None:
        """Put the lines where the settings are."""
        for handle in self.handles:
            self.plot.removeMarker(handle.name)
        self.handles = [h for h in handles if np.isfinite(h.x)]
        for handle in self.handles:
            marker = self.plot.addXMarker(
                handle.x,
                legend=handle.name,
                text=handle.words,
                color=COLOURS[handle.group % len(COLOURS)],
                draggable=self.on_moved is not None,
            )
            marker.setLineStyle("-" if handle.group == 0 else "--")

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] == "markerMoved" and self.on_moved is not None:
            name = event["label"]
            if any(handle.name == name for handle in self.handles):
                self.on_moved(name, float(self.plot._getMarker(name).getXPosition()))

    def without_toolbar(self) -> RangePlot:
        """The same, as one of several plots in a window."""
        self.toolbar.hide()
        return self

    def without_words(self) -> RangePlot:
        """The same, without the line for the cursor, as one of many plots."""
        self.position.hide()
        # a label that wraps asks for a height by its width: plots of a grid would differ
        self.legend.setWordWrap(False)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return self.without_toolbar()


def curve(
    x: Any, y: Any, label: str, axis: tuple[str, str], *, unit: str = "", title: str = ""
) -> NXData:
    """A curve over an axis of a label and a unit."""
    name, x_unit = axis
    return NXData(
        signal=np.asarray(y, dtype=float),
        name=label,
        label=label,
        unit=unit,
        axes=(Axis(name=name, values=np.asarray(x, dtype=float), unit=x_unit),),
        title=title,
    )


ENERGY = ("Energy", "eV")
K = ("k", "Å⁻¹")
R = ("R", "Å")


_RAISED = str.maketrans("-.0123456789", "⁻·⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(base: str, exponent: float) -> str:
    """A power as it is printed: k², Å⁻³; nothing for the power 0."""
    if exponent == 0:
        return ""
    return base if exponent == 1 else base + f"{exponent:g}".translate(_RAISED)
