"""Integrate many samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .gallery_preview import GalleryPreview
from .samples_map_preview import SamplesMapPreview

PREVIEWS = {
    "Gallery": GalleryPreview,
    "Heat map": SamplesMapPreview,
    "Failures": TablePreview,
}


class OWIntegrateSamples(TaskWidget, task="beamcanvas.powder.integrate_samples"):
    name = "Integrate samples"
    description = "Integrate every sample of a table; one that fails does not stop the others."
    icon = "icons/integrate_samples.svg"
    priority = 75
    keywords = ("high throughput", "batch", "many", "series", "mapped", "robot")

    def show_growing(self, area: Any, outputs: Mapping[str, Any]) -> None:
        self.show_previews(area, dict(outputs), {})

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        results = outputs["results"]
        shown: dict[str, Any] = {"Gallery": results, "Heat map": results}
        if results.failures:
            shown["Failures"] = results.failures
        area.show_outputs(shown, PREVIEWS)
