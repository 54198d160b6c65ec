"""Replace pixels that stand out of their neighbours."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWHotPixels(TaskWidget, task="beamcanvas.tomography.correct_hot_pixels"):
    name = "Hot pixels"
    description = "Replace pixels that stand out of their neighbours."
    icon = "icons/hot_pixels.svg"
    priority = 34
    keywords = ("zingers", "CCD", "median", "outliers")
