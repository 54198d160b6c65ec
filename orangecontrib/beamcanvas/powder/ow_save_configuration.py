"""Save how something was integrated."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveConfiguration(TaskWidget, task="beamcanvas.powder.save_configuration"):
    name = "Save configuration"
    description = "Save how something was integrated as JSON that pyFAI opens."
    icon = "icons/save_configuration.svg"
    priority = 112
    keywords = ("pyFAI", "json", "settings", "worker", "export")
