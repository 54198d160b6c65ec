"""Read how to integrate from pyFAI's files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWReadConfiguration(TaskWidget, task="beamcanvas.powder.read_configuration"):
    name = "Configuration"
    description = "Read how to integrate from pyFAI's JSON and PONI files."
    icon = "icons/read_configuration.svg"
    priority = 32
    keywords = ("pyFAI", "json", "poni", "settings", "worker", "Dioptas", "upside down")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        geometry = outputs["geometry"]
        rows, columns = geometry.detector.shape
        return {
            "energy": geometry.energy,
            "detector": geometry.detector.words,
            "rows": rows,
            "columns": columns,
        }

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        title = titles["configuration"]
        area.show_outputs({title: outputs["configuration"].report}, {title: TablePreview})
