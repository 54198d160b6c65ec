"""Take the mean, the sum or the median of many frames."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWCombineImages(TaskWidget, task="beamcanvas.powder.combine_images"):
    name = "Combine images"
    description = "Take the mean, the sum or the median of many frames."
    icon = "icons/combine_images.svg"
    priority = 12
    keywords = ("average", "mean", "sum", "median", "dark", "frames")
