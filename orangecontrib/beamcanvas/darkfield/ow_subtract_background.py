"""Take the background of the camera from each frame."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSubtractBackground(TaskWidget, task="beamcanvas.darkfield.subtract_background"):
    name = "Background"
    description = "Take the background of the camera from each frame."
    icon = "icons/subtract_background.svg"
    priority = 24
    keywords = ("noise", "median", "dark", "pedestal")
