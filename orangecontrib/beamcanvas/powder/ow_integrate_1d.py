"""Integrate an image into a powder pattern."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .pattern_preview import PatternPreview


class OWIntegrate1D(TaskWidget, task="beamcanvas.powder.integrate_1d"):
    name = "Integrate 1D"
    description = "Integrate an image around the beam into a powder pattern."
    icon = "icons/integrate_1d.svg"
    priority = 70
    keywords = ("azimuthal", "pattern", "diffractogram", "pyFAI", "reduction")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        title = titles["pattern"]
        area.show_outputs({title: outputs["pattern"]}, {title: PatternPreview})
        page = area.page(title)
        if page.on_range is None:
            page.on_range = self._take_range
        settings = self.noderun.values()
        page.set_range(settings.get("radial_min"), settings.get("radial_max"))

    def _take_range(self, low: float, high: float) -> None:
        self.set_settings({"radial_min": low, "radial_max": high}, "Pick the radial range")
