"""Undo the distortion of the detector's optics, with maps."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWDistortion(TaskWidget, task="beamcanvas.tomography.correct_distortion"):
    name = "Distortion"
    description = "Undo the distortion of the detector's optics, with maps."
    icon = "icons/distortion.svg"
    priority = 37
    keywords = ("lens", "optics", "map", "undistort")
