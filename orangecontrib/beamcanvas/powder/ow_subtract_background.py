"""Subtract an image without the sample, scaled by the monitors."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSubtractBackground(TaskWidget, task="beamcanvas.powder.subtract_background"):
    name = "Image background"
    description = "Subtract an image without the sample, scaled by the monitors."
    icon = "icons/subtract_background.svg"
    priority = 46
    keywords = ("background", "empty", "container", "air")
