"""Average the frames of integrated scans, or add them up."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .patterns_preview import PatternsPreview


class OWAverageFrames(TaskWidget, task="beamcanvas.powder.average_frames"):
    name = "Average frames"
    description = "Average the frames of one integrated scan or several, or add them up."
    icon = "icons/average_frames.svg"
    priority = 88
    keywords = ("sum", "mean", "scans", "rebin", "bin", "merge", "total")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        patterns = outputs["patterns"]
        shown = {"All": outputs["pattern"], "Cake": outputs["cake"]}
        if len(patterns.patterns) > 1:
            shown |= {"Series": patterns, "Heat map": patterns}
        area.show_outputs(shown, {"Series": PatternsPreview})
