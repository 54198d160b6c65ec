"""Say which images were taken with the detector where."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .moving_preview import MovingPreview

PREVIEWS = {"Images": MovingPreview, "Positions": TablePreview}


class OWImagesAtPositions(TaskWidget, task="beamcanvas.powder.images_at_positions"):
    name = "Images at positions"
    description = "Images of a detector that moves, with the position of its motor for each."
    icon = "icons/images_at_positions.svg"
    priority = 62
    keywords = ("goniometer", "arm", "motor", "header", "scan", "moving detector")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        images = outputs["images"]
        area.show_outputs({"Images": images, "Positions": images.report}, PREVIEWS)
