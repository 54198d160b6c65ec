"""Curves with lines that can be dragged: E0, ranges, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from AnyQt.QtWidgets import QSizePolicy, QWidget

from beamcanvas.canvas.previews.curve import FEW, CurvePreview, heights, points
from beamcanvas.nexus import Axis, NXData

COLOURS = ("#d81b60", "#7b4fc9", "#c77700")


class Handle(NamedTuple):
    """A line on the plot that stands for a setting."""

    name: str  #: of the setting
    x: float  #: where it stands
    words: str
    group: int = 0  #: those of one group have one colour


class RangePlot(CurvePreview):
    """Curves over one axis; handles are dragged and told.

    Curves, handles and limits stay as long as they fit, so that a spectrum that grows is
    drawn for a fraction of the cost of a plot.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.handles: list[Handle] = []
        self.growing = False  #: more will come: there is room for it
        self._on_moved: Callable[[str, float], None] | None = None
        self._drawn: list[tuple[str, str, Any]] = []  #: name, colour, and the curve of silx
        self._markers: dict[str, Any] = {}
        self._whole: tuple[float, ...] = ()  #: limits that show all
        self._zoomed = False

    @property
    def on_moved(self) -> Callable[[str, float], None] | None:
        """Who is told that a handle was dragged, and to where."""
        return self._on_moved

    @on_moved.setter
    def on_moved(self, call: Callable[[str, float], None] | None) -> None:
        before, self._on_moved = self._on_moved, call
        if (before is None) != (call is None):
            handles, self.handles = self.handles, []
            self.show_handles(handles)

    def show_plot(
        self, curves: list[tuple[str, NXData]], handles: list[Handle] | None = None
    ) -> None:
        """Show curves and handles. What a person zoomed into stays in view."""
        before, kind = self._limits(), self._shape
        self._zoomed = self._is_zoomed(before)
        self.show_curves(curves)
        if self._zoomed:
            wanted = before if kind == self._shape else self._whole
            if not np.allclose(self._limits(), wanted, rtol=1e-9):
                self.plot.setLimits(*wanted)
        self.show_handles(handles or [])

    def _is_zoomed(self, limits: tuple[float, ...]) -> bool:
        """Whether a person looks at a part of the curves."""
        if not self._whole or np.allclose(limits, self._whole, rtol=1e-6):
            return False
        data = self.plot.getDataRange()
        seen = all(
            found is None or (low <= found[0] and found[1] <= high)
            for found, (low, high) in zip((data.x, data.y), _pairs(limits), strict=True)
        )
        return not seen

    def draw_curves(self) -> None:
        from beamcanvas.canvas.previews.plots import curve_colour

        from .light_curve import LightCurve

        wanted = [(f"{i} {name}", curve_colour(self, i)) for i, (name, _) in enumerate(self.curves)]
        for i, (name, colour, item) in enumerate(self._drawn):
            if i >= len(wanted) or wanted[i] != (name, colour):
                self.plot.removeItem(item)
        kept, self._drawn = self._drawn, []
        for i, (name, colour) in enumerate(wanted):
            if i < len(kept) and kept[i][:2] == (name, colour):
                item = kept[i][2]
            else:
                item = LightCurve()
                item.setName(name)
                item.setColor(colour)
                self.plot.addItem(item)
            data = self.curves[i][1]
            item.setSymbol("o" if len(data.signal) <= FEW else "")
            item.setData(points(data), heights(data), copy=False)
            self._drawn.append((name, colour, item))

    def fit_limits(self) -> None:
        """Show the curves whole; those that grow with room to do so."""
        if not self.growing:
            super().fit_limits()
            self._whole = self._limits()
            return
        found = self.plot.getDataRange()
        if found.x is None or found.y is None:  # nothing yet
            return
        x, y = _pairs(self._whole) if self._whole else (None, None)
        self._whole = _grown(found.x, x) + _grown(found.y, y)
        if not self._zoomed and not np.allclose(self._limits(), self._whole, rtol=1e-9):
            self.plot.setLimits(*self._whole)

    def _limits(self) -> tuple[float, ...]:
        return (*self.plot.getXAxis().getLimits(), *self.plot.getYAxis().getLimits())

    def show_handles(self, handles: list[Handle]) -> None:
        """Put the lines where the settings are."""
        handles = [h for h in handles if np.isfinite(h.x)]
        if [h._replace(x=0) for h in handles] == [h._replace(x=0) for h in self.handles]:
            for handle in handles:
                self._markers[handle.name].setPosition(handle.x, None)
            self.handles = handles
            return
        for marker in self._markers.values():
            self.plot.removeItem(marker)
        self.handles, self._markers = handles, {}
        for handle in handles:
            marker = self.plot.addXMarker(
                handle.x,
                legend=handle.name,
                text=handle.words,
                color=COLOURS[handle.group % len(COLOURS)],
                draggable=self._on_moved is not None,
            )
            marker.setLineStyle("-" if handle.group == 0 else "--")
            self._markers[handle.name] = marker

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] == "markerMoved" and self._on_moved is not None:
            marker = self._markers.get(event["label"])
            if marker is not None:
                self._on_moved(event["label"], float(marker.getXPosition()))

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


def _pairs(limits: tuple[float, ...]) -> tuple[tuple[float, float], tuple[float, float]]:
    left, right, low, high = limits
    return (left, right), (low, high)


def _grown(data: tuple[float, float], limits: tuple[float, float] | None) -> tuple[float, float]:
    """Limits as they were where data keep to them, with room where data outgrew them."""
    low, high = data
    size = high - low or 1.0
    if limits is None or size < 0.5 * (limits[1] - limits[0]):
        return low - 0.05 * size, high + 0.05 * size
    return (
        limits[0] if limits[0] <= low else low - 0.35 * size,
        limits[1] if high <= limits[1] else high + 0.35 * size,
    )


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
