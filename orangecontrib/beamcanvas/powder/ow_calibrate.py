"""Find the geometry from a calibrant's rings."""

from __future__ import annotations

from .calibrating import CalibratingWidget


class OWCalibrate(CalibratingWidget, task="beamcanvas.powder.calibrate"):
    name = "Calibrate"
    description = "Find the geometry from the rings of a calibrant."
    icon = "icons/calibrate.svg"
    priority = 50
    keywords = ("geometry", "poni", "rings", "beam centre", "distance", "pyFAI")

    def _beam(self) -> tuple[float, float] | None:
        said = self.noderun.values()
        x, y = said.get("centre_x"), said.get("centre_y")
        return None if x is None or y is None else (float(x), float(y))

    def _take_beam(self, x: float, y: float) -> None:
        self.set_settings({"centre_x": x, "centre_y": y}, "Pick the beam centre")
