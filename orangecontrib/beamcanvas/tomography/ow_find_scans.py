"""Find the NXtomo scans in a folder."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFindScans(TaskWidget, task="beamcanvas.tomography.find_scans"):
    name = "Find scans"
    description = "Find the NXtomo scans in a folder."
    icon = "icons/find_scans.svg"
    priority = 12
    keywords = ("discover", "search", "folder", "series")
