"""Leave pixels out of all frames."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWLeaveOutPixels(TaskWidget, task="beamcanvas.darkfield.leave_out_pixels"):
    name = "Mask pixels"
    description = "Leave pixels out of all frames."
    icon = "icons/leave_out_pixels.svg"
    priority = 32
    keywords = ("mask", "gaps")
