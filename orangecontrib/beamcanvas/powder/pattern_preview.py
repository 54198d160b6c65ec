"""A powder pattern on which the radial range is picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from AnyQt.QtWidgets import QAction, QWidget

from beamcanvas.canvas.previews.curve import CurvePreview, points


class PatternPreview(CurvePreview):
    """A pattern; *range* puts two lines on it that can be dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_range: Callable[[float, float], None] | None = None
        self._range: tuple[float | None, float | None] = (None, None)
        self.range_action = QAction("range", self, checkable=True)
        self.range_action.setToolTip("Drag two lines to choose the radial range")
        self.range_action.toggled.connect(lambda _: self._show_range())
        self.toolbar.addSeparator()
        self.toolbar.addAction(self.range_action)

    def set_range(self, low: float | None, high: float | None) -> None:
        """Tell which range the settings have."""
        self._range = (low, high)
        self._show_range()

    def show_curves(self, curves: list[Any]) -> None:
        super().show_curves(curves)
        self._show_range()

    def _show_range(self) -> None:
        for legend in ("from", "to"):
            self.plot.removeMarker(legend)
        if not self.range_action.isChecked() or not self.curves:
            return
        radial = points(self.curves[0][1])
        ends = (float(radial.min()), float(radial.max()))
        for legend, value, end in zip(("from", "to"), self._range, ends, strict=True):
            self.plot.addXMarker(
                end if value is None else value,
                legend=legend,
                text=legend,
                color="#d81b60",
                draggable=True,
            )

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] == "markerMoved" and event["label"] in ("from", "to"):
            ends = sorted(self.plot._getMarker(name).getXPosition() for name in ("from", "to"))
            if self.on_range is not None:
                self.on_range(*(float(f"{end:.6g}") for end in ends))
