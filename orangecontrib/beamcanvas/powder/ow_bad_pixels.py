"""Find pixels that do not follow the beam, by comparing two images."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWBadPixels(TaskWidget, task="beamcanvas.powder.find_bad_pixels"):
    name = "Find bad pixels"
    description = "Find pixels that do not follow the beam, by comparing two images."
    icon = "icons/bad_pixels.svg"
    priority = 42
    keywords = ("mask", "hot pixels", "dead pixels", "detect", "ratio")
