"""Say how large a pixel is on the sample."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSetPixelSize(TaskWidget, task="beamcanvas.darkfield.set_pixel_size"):
    name = "Pixel size"
    description = "Say how large a pixel is on the sample."
    icon = "icons/set_pixel_size.svg"
    priority = 42
    keywords = ("magnification", "transformation", "micrometre")
