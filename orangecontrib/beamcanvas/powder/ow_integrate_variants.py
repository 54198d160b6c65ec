"""Integrate an image in several ways at once."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .patterns_preview import PatternsPreview


class OWIntegrateVariants(TaskWidget, task="beamcanvas.powder.integrate_variants"):
    name = "Integrate variants"
    description = "Integrate an image in several ways at once: sectors, units."
    icon = "icons/integrate_variants.svg"
    priority = 72
    keywords = ("azimuth", "sector", "configurations", "multi", "pyFAI", "texture", "strain")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        patterns = outputs["patterns"]
        shown = {"Together": patterns} | patterns.patterns
        area.show_outputs(shown, {"Together": PatternsPreview})
