"""Curves: a pattern, a spectrum, several of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QWidget

from ...nexus.nxdata import Axis, NXData
from ..look import is_dark
from .base import Preview, nxdata_of

#: up to so many points are marked one by one
FEW = 60


def curves_of(value: Any, data: NXData | None) -> list[tuple[str, NXData]]:
    """The curves in a value, with their names: one, or those of a list or a mapping."""
    if data is not None:
        return [(data.title or data.label or data.name, data)] if data.signal.ndim == 1 else []
    if isinstance(value, Mapping):
        named = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        named = [("", item) for item in value]
    else:
        return []
    curves = []
    for i, (name, item) in enumerate(named):
        found = nxdata_of(item)
        if found is None or found.signal.ndim != 1:
            return []
        curves.append((name or found.title or f"{found.name} {i + 1}", found))
    return curves


class CurvePreview(Preview):
    """Curves over their axis, with lines to compare with, on linear or logarithmic scales."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from silx.gui.plot import actions

        from .plots import new_plot, new_toolbar

        self.plot = new_plot(self)
        self.plot.setGraphGrid("major")
        self.plot.setDataMargins(0.01, 0.01, 0.03, 0.05)
        self.toolbar = new_toolbar(
            self.plot,
            actions.control.XAxisLogarithmicAction(parent=self, plot=self.plot),
            actions.control.YAxisLogarithmicAction(parent=self, plot=self.plot),
            actions.control.GridAction(parent=self, plot=self.plot),
            actions.control.CurveStyleAction(parent=self, plot=self.plot),
        )
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setContentsMargins(8, 2, 8, 2)
        self.position = QLabel(" ")
        self.position.setContentsMargins(8, 2, 8, 2)
        self.box.addWidget(self.toolbar)
        self.box.addWidget(self.legend)
        self.box.addWidget(self.plot, 1)
        self.box.addWidget(self.position)
        self.curves: list[tuple[str, NXData]] = []
        self._shape: tuple[Any, ...] = ()
        self.plot.sigPlotSignal.connect(self._plot_event)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        if data is not None:
            return 5 if data.signal.ndim == 1 else 0
        return 6 if curves_of(value, None) else 0

    def show_value(self, value: Any) -> None:
        self.show_curves(curves_of(value, nxdata_of(value)))

    def show_curves(self, curves: list[tuple[str, NXData]]) -> None:
        """Show curves by name. The zoom stays when they are of the same kind as before."""
        self.curves = curves
        first = curves[0][1]
        axis = axis_of(first)
        shape = (axis.title, first.signal_title)
        self.draw_curves()
        self._show_legend()
        if shape != self._shape:
            self._shape = shape
            self.plot.setGraphXLabel(axis.title)
            self.plot.setGraphYLabel(first.signal_title)
            self.plot.getYAxis().setScale("log" if first.log else "linear")
        self.fit_limits()

    def draw_curves(self) -> None:
        """Draw the curves in place of those before."""
        from .plots import curve_colour

        self.plot.clear()
        for i, (name, data) in enumerate(self.curves):
            self.plot.addCurve(
                points(data),
                heights(data),
                legend=f"{i} {name}",
                color=curve_colour(self, i),
                yerror=data.errors if len(self.curves) == 1 else None,
                symbol="o" if len(data.signal) <= FEW else "",
                resetzoom=False,
            )
        self._show_lines(self.curves[0][1])

    def fit_limits(self) -> None:
        """Show the curves whole."""
        self.plot.resetZoom()

    def _show_lines(self, data: NXData) -> None:
        inside = points(data)
        if not inside.size:
            return
        low, high = float(np.nanmin(inside)), float(np.nanmax(inside))
        colour = "#8a6d3b" if is_dark(self) else "#c9a46a"
        for name, positions in data.lines.items():
            for i, x in enumerate(p for p in positions if low <= p <= high):
                marker = self.plot.addXMarker(x, legend=f"line {name} {i}", color=colour)
                marker.setLineStyle("--")
                marker.setLineWidth(0.8)

    def _show_legend(self) -> None:
        from .plots import curve_colour

        parts = []
        if len(self.curves) > 1 or self.curves[0][1].title:
            parts = [
                f"<span style='color:{curve_colour(self, i)}'>━</span> {name}"
                for i, (name, _) in enumerate(self.curves[:12])
            ]
            if len(self.curves) > 12:
                parts.append(f"and\u00a0{len(self.curves) - 12}\u00a0more")
        parts += [f"┆ {name} lines" for name in self.curves[0][1].lines]
        self.legend.setText("&nbsp;&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseMoved" and self.curves:
            self.position.setText(self.words_at(event["x"]))

    def words_at(self, x: float) -> str:
        """What the curves have at a position, with units."""
        from .plots import number_words

        axis = axis_of(self.curves[0][1])
        unit = f" {axis.unit}" if axis.unit else ""
        parts = [f"{axis.label or axis.name} {number_words(x)}{unit}"]
        for name, data in self.curves[:4]:
            xs = points(data)
            if not xs.size:
                continue
            nearest = int(np.nanargmin(np.abs(xs - x)))
            label = name if len(self.curves) > 1 else (data.label or data.name)
            unit = f" {data.unit}" if data.unit else ""
            parts.append(f"{label} {number_words(data.signal[nearest])}{unit}")
        return "   ".join(parts)


def axis_of(data: NXData) -> Axis:
    """The axis of a curve."""
    return data.axes[0] if data.axes else Axis(name="index")


def heights(data: NXData) -> Any:
    """Values of a curve's points; NaN for those that are masked."""
    signal = np.asarray(data.signal, dtype=float)
    return signal if data.mask is None else np.where(data.mask, np.nan, signal)


def points(data: NXData) -> Any:
    """Positions of a curve's points; the middle where the axis has edges."""
    values = axis_of(data).values
    count = len(data.signal)
    if values is None:
        return np.arange(count, dtype=float)
    values = np.asarray(values, dtype=float)
    return values if len(values) == count else (values[1:] + values[:-1]) / 2
