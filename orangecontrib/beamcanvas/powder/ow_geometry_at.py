"""Say where a moving detector stands at a position of its motor."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWGeometryAt(TaskWidget, task="beamcanvas.powder.geometry_at"):
    name = "Geometry at position"
    description = "Say where a moving detector stands at a position of its motor."
    icon = "icons/geometry_at.svg"
    priority = 66
    keywords = ("goniometer", "arm", "distance", "motor")
