"""Save the patterns of all analysers."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveAnalyzers(TaskWidget, task="beamcanvas.powder.save_analyzers"):
    name = "Save analysers"
    description = "Write the rebinned patterns of all analysers, before they are merged."
    icon = "icons/save_analyzers.svg"
    priority = 97
    keywords = ("ID22", "multi-analyser", "rebinned", "nexus", "spec", "id22sum", "export")
