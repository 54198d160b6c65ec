"""Write a goniometer as JSON that pyFAI reads."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveGoniometer(TaskWidget, task="beamcanvas.powder.save_goniometer"):
    name = "Save goniometer"
    description = "Write a goniometer as JSON that pyFAI reads."
    icon = "icons/save_goniometer.svg"
    priority = 114
    keywords = ("goniometer", "json", "export", "pyFAI")
