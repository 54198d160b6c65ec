"""Open a scan that is an image file for each frame."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenImages(TaskWidget, task="beamcanvas.darkfield.open_images"):
    name = "Open images"
    description = "Open a scan that is an image file for each frame."
    icon = "icons/open_images.svg"
    priority = 12
    keywords = ("edf", "spec", "tif", "ID06")
