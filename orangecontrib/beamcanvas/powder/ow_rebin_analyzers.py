"""Sort counts behind analyser crystals by angle."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWRebinAnalyzers(TaskWidget, task="beamcanvas.powder.rebin_analyzers"):
    name = "Rebin analysers"
    description = "Sort what each analyser counted by the angle that each detector row saw."
    icon = "icons/rebin_analyzers.svg"
    priority = 93
    keywords = ("ID22", "multi-analyser", "ROI", "scan", "eiger", "sum")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({titles["patterns"]: outputs["patterns"].each()}, {})
