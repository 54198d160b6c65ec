"""Calibrate a detector that moves."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.powder import Goniometer

from .moving_preview import MovingPreview

PREVIEWS = {"Rings": MovingPreview, "Residuals": CurvePreview, "Report": TablePreview}


class OWGoniometer(TaskWidget, task="beamcanvas.powder.calibrate_goniometer"):
    name = "Calibrate goniometer"
    description = "Calibrate a detector on an arm or on a stage from several images."
    icon = "icons/goniometer.svg"
    priority = 64
    keywords = ("goniometer", "arm", "distances", "multi", "motor", "moving detector")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found: Goniometer = outputs["goniometer"]
        area.show_outputs(
            {"Rings": found, "Residuals": found.nxdata(), "Report": found.report}, PREVIEWS
        )
