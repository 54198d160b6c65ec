"""Say which samples there are."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWReadSamples(TaskWidget, task="beamcanvas.powder.read_samples"):
    name = "Samples"
    description = "Say which samples there are: a table, image files, or both."
    icon = "icons/read_samples.svg"
    priority = 12
    keywords = ("table", "csv", "list", "high throughput", "batch", "robot")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        title = titles["samples"]
        area.show_outputs({title: outputs["samples"].report}, {title: TablePreview})
