"""Write one step as columns: .nor, .chik, .chir, .chiq."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveColumns(TaskWidget, task="beamcanvas.spectroscopy.save_columns"):
    name = "Save XAS as text"
    description = "Write one step as columns: .nor, .chik, .chir, .chiq."
    icon = "icons/save_columns.svg"
    priority = 82
    keywords = ("ascii", "nor", "chik", "chir", "export")
