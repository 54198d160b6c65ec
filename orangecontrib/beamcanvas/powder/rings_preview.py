"""A calibrant's image with the rings of a geometry over it, on which the beam is picked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from AnyQt.QtWidgets import QAction, QWidget

from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.powder import Calibration, DiffractionImage


@dataclass(frozen=True, eq=False)
class RingImage:
    """What the preview shows: an image, its calibration once there is one, the beam."""

    image: DiffractionImage
    calibration: Calibration | None
    beam: tuple[float, float] | None  #: x, y in pixels


class RingsPreview(ImagePreview):
    """The image; the lines where the rings should be; the points where they were found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_beam: Callable[[float, float], None] | None = None
        self.shown: RingImage | None = None
        self.rings_action = self._switch("rings", "Show where the geometry puts the rings")
        self.points_action = self._switch("points", "Show where the rings were found")
        self.points_action.setChecked(False)
        self.beam_action = self._switch("pick beam", "Click where the direct beam would hit")
        self.beam_action.setChecked(False)

    def _switch(self, words: str, tip: str) -> QAction:
        action = QAction(words, self, checkable=True, checked=True)
        action.setToolTip(tip)
        action.toggled.connect(lambda _: self._show_rings())
        self.toolbar.addAction(action)
        return action

    def show_value(self, value: RingImage) -> None:
        self.shown = value
        self.show_image(value.image.nxdata())
        self._show_rings()

    def _show_rings(self) -> None:
        for curve in self.plot.getAllCurves():
            self.plot.removeCurve(curve)
        self.plot.removeMarker("beam")
        shown = self.shown
        if shown is None:
            return
        rings = shown.calibration.rings if shown.calibration is not None else ()
        for action in (self.rings_action, self.points_action):
            action.setEnabled(bool(rings))
        for ring in rings:
            name = f"ring {ring.number}"
            if self.rings_action.isChecked() and len(ring.line):
                self._curve(f"{name} line", ring.line, color="#ff4d4d", linestyle="-")
            if self.points_action.isChecked() and len(ring.found):
                self._curve(
                    f"{name} points", ring.found, color="#ffffff", linestyle=" ", symbol="."
                )
        if shown.beam is not None:
            x, y = shown.beam
            self.plot.addMarker(
                x, y, legend="beam", text=" beam", color="#ff4d4d", symbol="+", draggable=True
            )

    def _curve(self, legend: str, xy: Any, **look: Any) -> Any:
        return self.plot.addCurve(xy[:, 0], xy[:, 1], legend=legend, resetzoom=False, **look)

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        kind = event["event"]
        picked = (
            kind == "mouseClicked" and event["button"] == "left" and self.beam_action.isChecked()
        )
        if picked or (kind == "markerMoved" and event["label"] == "beam"):
            self.beam_action.setChecked(False)
            if self.on_beam is not None:
                self.on_beam(round(event["x"], 2), round(event["y"], 2))
