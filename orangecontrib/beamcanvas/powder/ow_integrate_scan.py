"""Integrate every frame of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.previews.stack import StackPreview
from beamcanvas.canvas.widget import TaskWidget

from .pattern_preview import PatternPreview
from .patterns_preview import PatternsPreview


class OWIntegrateScan(TaskWidget, task="beamcanvas.powder.integrate_scan"):
    name = "Integrate scan"
    description = "Integrate every frame of a bliss scan, finished or still being measured."
    icon = "icons/integrate_scan.svg"
    priority = 85
    keywords = ("bliss", "series", "frames", "heat map", "pyFAI", "online", "LIMA")

    def show_growing(self, area: Any, outputs: Mapping[str, Any]) -> None:
        area.show_outputs({"Frames": outputs["scan"]}, {"Frames": ImagePreview})

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        scan, average = outputs["scan"], outputs["average"]
        frames = ImagePreview if scan.azimuthal is None else StackPreview
        area.show_outputs(
            {"Frames": scan, "Average": average}
            | ({"Averages": outputs["averages"]} if scan.variants else {})
            | dict(scan.variants)
            | ({"Failed": scan.failed} if scan.failed else {}),
            {"Frames": frames, "Average": PatternPreview, "Averages": PatternsPreview}
            | dict.fromkeys(scan.variants, frames),
        )
        page = area.page("Average")
        if page.on_range is None:
            page.on_range = self._take_range
        settings = self.noderun.values()
        page.set_range(settings.get("radial_min"), settings.get("radial_max"))

    def _take_range(self, low: float, high: float) -> None:
        self.set_settings({"radial_min": low, "radial_max": high}, "Pick the radial range")
