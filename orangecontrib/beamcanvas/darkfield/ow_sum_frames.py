"""Add up all frames, or those at each position of a motor."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSumFrames(TaskWidget, task="beamcanvas.darkfield.sum_frames"):
    name = "Sum frames"
    description = "Add up all frames, or those at each position of a motor."
    icon = "icons/sum_frames.svg"
    priority = 60
    keywords = ("z sum", "total")
