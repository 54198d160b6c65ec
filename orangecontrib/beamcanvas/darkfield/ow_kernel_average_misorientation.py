"""How much the orientation changes from pixel to pixel."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWMisorientation(TaskWidget, task="beamcanvas.darkfield.kernel_average_misorientation"):
    name = "Misorientation"
    description = "How much the orientation changes from pixel to pixel."
    icon = "icons/kernel_average_misorientation.svg"
    priority = 54
    keywords = ("KAM", "kernel average", "neighbours")
