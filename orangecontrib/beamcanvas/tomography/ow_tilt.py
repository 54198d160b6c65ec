"""Turn the projections so that the axis stands upright."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWTilt(TaskWidget, task="beamcanvas.tomography.correct_tilt"):
    name = "Tilt"
    description = "Turn the projections so that the axis stands upright."
    icon = "icons/tilt.svg"
    priority = 36
    keywords = ("rotate", "camera", "roll", "axis")
