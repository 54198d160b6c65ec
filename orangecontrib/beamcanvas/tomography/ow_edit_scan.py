"""Correct what a scan's file says of the experiment."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWEditScan(TaskWidget, task="beamcanvas.tomography.edit_scan"):
    name = "Edit scan"
    description = "Correct what a scan's file says of the experiment."
    icon = "icons/edit_scan.svg"
    priority = 24
    keywords = ("metadata", "energy", "distance", "pixel size", "flip", "half acquisition")
