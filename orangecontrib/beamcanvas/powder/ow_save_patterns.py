"""Save many patterns at once."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSavePatterns(TaskWidget, task="beamcanvas.powder.save_patterns"):
    name = "Save patterns"
    description = "Write every pattern of a scan, of samples or of analysers as text, or in a zip."
    icon = "icons/save_patterns.svg"
    priority = 102
    keywords = ("zip", "archive", "many", "series", "scan", "xye", "TOPAS", "extract", "export")
