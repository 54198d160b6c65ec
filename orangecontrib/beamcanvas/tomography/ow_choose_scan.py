"""Take one scan of several."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWChooseScan(TaskWidget, task="beamcanvas.tomography.choose_scan"):
    name = "Choose scan"
    description = "Take one scan of several."
    icon = "icons/choose_scan.svg"
    priority = 14
    keywords = ("select", "pick", "series")
