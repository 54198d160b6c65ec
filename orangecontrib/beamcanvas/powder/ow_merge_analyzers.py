"""Merge the patterns of analysers."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWMergeAnalyzers(TaskWidget, task="beamcanvas.powder.merge_analyzers"):
    name = "Merge analysers"
    description = "Merge the patterns of all analysers into one, with standard deviations."
    icon = "icons/merge_analyzers.svg"
    priority = 94
    keywords = ("ID22", "multi-analyser", "sum", "efficiency", "temp.res", "id31sum")
