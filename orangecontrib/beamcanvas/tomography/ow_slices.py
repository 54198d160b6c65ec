"""Reconstruct some slices of a scan, in any plane."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSlices(TaskWidget, task="beamcanvas.tomography.reconstruct_slices"):
    name = "Reconstruct slices"
    description = "Reconstruct some slices of a scan, in any plane."
    icon = "icons/slices.svg"
    priority = 65
    keywords = ("FBP", "preview", "nabu slice")
