"""How often each intensity occurs, with the limits to be dragged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from AnyQt.QtWidgets import QWidget

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.darkfield import DarkfieldStack
from beamcanvas.nexus import Axis, NXData

from .latest import Latest

_FRAMES = 48  #: that are looked at
_BINS = 400


class LevelsPreview(CurvePreview):
    """A histogram of intensities with two lines at the limits that are kept."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_levels: Callable[[float, float | None], None] | None = None
        self.stack: DarkfieldStack | None = None
        self._limits: tuple[float, float | None] = (0.0, None)
        self._latest = Latest(self)

    def show_value(self, value: DarkfieldStack) -> None:
        if value is self.stack:
            return
        self.stack = value
        self.position.setText("Counting …")
        self._latest.ask(lambda progress: _histogram(value, progress), self._show)

    def _show(self, data: NXData) -> None:
        self.show_curves([("", data)])
        self.position.setText(" ")

    def set_limits(self, low: float, high: float | None) -> None:
        """Tell which limits the settings have."""
        self._limits = low, high
        self._show_limits()

    def show_curves(self, curves: list[Any]) -> None:
        super().show_curves(curves)
        self._show_limits()

    def _show_limits(self) -> None:
        if not self.curves:
            return
        low, high = self._limits
        axis = self.curves[0][1].axes[0].values
        assert axis is not None  # noqa: S101 - made with it
        top = float(axis[-1])
        for legend, at in (("at least", low), ("at most", top if high is None else high)):
            self.plot.addXMarker(at, legend=legend, text=legend, color="#d81b60", draggable=True)

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] != "markerMoved" or event["label"] not in ("at least", "at most"):
            return
        low, high = sorted(
            float(f"{self.plot._getMarker(n).getXPosition():.4g}") for n in ("at least", "at most")
        )
        axis = self.curves[0][1].axes[0].values
        if self.on_levels is not None and axis is not None:
            self.on_levels(low, None if high >= float(axis[-1]) * 0.995 else high)


def _histogram(stack: DarkfieldStack, progress: Any) -> NXData:
    frames = np.unique(np.linspace(0, stack.shape[0] - 1, _FRAMES).astype(int))
    values = stack.treated().frames(frames.tolist(), progress).ravel()
    low, top = float(values.min()), float(np.percentile(values, 99.99)) or 1.0
    width = (top - low) / _BINS
    if values.dtype.kind == "u":  # as many whole counts in each
        width = np.ceil(width)
    edges = low - 0.5 * (values.dtype.kind == "u") + (width or 1.0) * np.arange(_BINS + 1)
    counts, edges = np.histogram(values, bins=edges[: np.searchsorted(edges, top) + 1])
    return NXData(
        signal=counts + 0.5,  # so that a logarithm shows bins without any
        name="pixels",
        label="Pixels",
        axes=(Axis(name="intensity", values=edges, unit="counts", label="Intensity"),),
        log=True,
    )
