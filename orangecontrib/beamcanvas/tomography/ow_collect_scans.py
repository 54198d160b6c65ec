"""Make one list of scans that come along several links."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWCollectScans(TaskWidget, task="beamcanvas.tomography.collect_scans"):
    name = "Collect scans"
    description = "Make one list of scans that come along several links."
    icon = "icons/collect_scans.svg"
    priority = 15
    keywords = ("list", "series", "merge", "join")
