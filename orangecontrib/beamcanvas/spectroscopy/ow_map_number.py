"""One number of each spectrum, as a map or along a series."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.widget import TaskWidget

from .map_preview import MapPreview


class OWMapNumber(TaskWidget, task="beamcanvas.spectroscopy.map_number"):
    name = "Map of a number"
    description = "One number of each spectrum, as a map or along a series."
    icon = "icons/map_number.svg"
    priority = 68
    keywords = ("E0", "edge step", "white line", "weight", "image")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["map"]
        kind = MapPreview if len(found.shape) == 2 else CurvePreview
        area.show_outputs({"Map": found}, {"Map": kind})
