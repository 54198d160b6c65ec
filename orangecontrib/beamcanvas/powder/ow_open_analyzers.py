"""Open the geometry of analyser crystals."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWOpenAnalyzers(TaskWidget, task="beamcanvas.powder.open_analyzers"):
    name = "Open analysers"
    description = "Read where the crystals of a multi-analyser stage stand."
    icon = "icons/open_analyzers.svg"
    priority = 92
    keywords = ("ID22", "multi-analyser", "TOPAS", "pars", "crystals")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        title = titles["stage"]
        area.show_outputs({title: outputs["stage"].report}, {title: TablePreview})
