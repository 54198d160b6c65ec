"""Subtract one frame from another."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWCompareFrames(TaskWidget, task="beamcanvas.tomography.compare_frames"):
    name = "Compare frames"
    description = "Subtract one projection from another."
    icon = "icons/compare_frames.svg"
    priority = 50
    keywords = ("difference", "radios", "opposite", "0 and 180", "darks", "flats")
