"""Write maps as TIFF images."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveImages(TaskWidget, task="beamcanvas.darkfield.save_images"):
    name = "Save images"
    description = "Write maps as TIFF images."
    icon = "icons/save_images.svg"
    priority = 82
    keywords = ("tiff", "export", "picture")
