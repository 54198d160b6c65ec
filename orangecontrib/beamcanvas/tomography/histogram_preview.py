"""A volume's histogram, on which the range of values that is kept is dragged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from AnyQt.QtWidgets import QWidget

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.nexus import NXData
from beamcanvas.tomography import Histogram

_COLOUR = "#e6399b"


class HistogramPreview(CurvePreview):
    """The counts; two lines that are dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_range: Callable[[float, float], None] | None = None
        self.histogram: Histogram | None = None

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Histogram) else 0

    def show_value(self, value: Histogram) -> None:
        self.histogram = value
        self.show_curves([("", replace(value.nxdata(), lines={}, title=""))])
        for name, at in (("lowest", value.low), ("highest", value.high)):
            self.plot.addXMarker(
                at, legend=name, text=f" {name}", color=_COLOUR, draggable=True
            ).setLineWidth(2)
        self.plot.setDataMargins(0.05, 0.12, 0.03, 0.08)  # room for the words at the lines
        self.plot.resetZoom()

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] == "markerMoved" and self.histogram is not None:
            ends = {
                "lowest": self.histogram.low,
                "highest": self.histogram.high,
                event["label"]: float(event["x"]),
            }
            low, high = ends["lowest"], ends["highest"]
            if low < high and self.on_range is not None:
                self.on_range(float(f"{low:.5g}"), float(f"{high:.5g}"))
