"""Take away the tilt that comes from the lens."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWCorrectGradient(TaskWidget, task="beamcanvas.darkfield.correct_gradient"):
    name = "Gradient correction"
    description = "Take away the tilt that comes from the lens."
    icon = "icons/correct_gradient.svg"
    priority = 64
    keywords = ("chi", "obpitch", "optics")
