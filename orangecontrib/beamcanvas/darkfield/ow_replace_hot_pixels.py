"""Replace single pixels that shine by themselves."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWReplaceHotPixels(TaskWidget, task="beamcanvas.darkfield.replace_hot_pixels"):
    name = "Hot pixels"
    description = "Replace single pixels that shine by themselves."
    icon = "icons/replace_hot_pixels.svg"
    priority = 26
    keywords = ("noise", "median", "filter")
