"""Reconstruct a volume, chunk by chunk."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWVolume(TaskWidget, task="beamcanvas.tomography.reconstruct_volume"):
    name = "Reconstruct volume"
    description = "Reconstruct a volume, chunk by chunk."
    icon = "icons/volume.svg"
    priority = 66
    keywords = ("FBP", "nabu volume", "chunks")
