"""Sharpen the projections after their phase was retrieved."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWUnsharpMask(TaskWidget, task="beamcanvas.tomography.unsharp_mask"):
    name = "Unsharp mask"
    description = "Sharpen the projections after their phase was retrieved."
    icon = "icons/unsharp_mask.svg"
    priority = 40
    keywords = ("sharpen", "edges", "blur")
