"""Say in which ways to integrate at once."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWVariants(TaskWidget, task="beamcanvas.powder.describe_variants"):
    name = "Sectors and units"
    description = "Say in which ways to integrate at once: sectors of the azimuth, other axes."
    icon = "icons/variants.svg"
    priority = 68
    keywords = ("azimuth", "sector", "configurations", "multi", "variants", "texture", "strain")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        title = titles["variants"]
        area.show_outputs({title: outputs["variants"].report}, {title: TablePreview})
