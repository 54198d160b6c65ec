"""Open several NXtomo files."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenScans(TaskWidget, task="beamcanvas.tomography.open_scans"):
    name = "Open scans"
    description = "Open several NXtomo files."
    icon = "icons/open_scans.svg"
    priority = 11
    keywords = ("NXtomo", "load", "series", "list")
