"""Open a scan in an NXtomo file."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenScan(TaskWidget, task="beamcanvas.tomography.open_scan"):
    name = "Open scan"
    description = "Open a scan in an NXtomo file."
    icon = "icons/open_scan.svg"
    priority = 10
    keywords = ("NXtomo", "load", "nexus", "projections")
