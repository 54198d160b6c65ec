"""Keep the scans whose name is like a pattern."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFilterScans(TaskWidget, task="beamcanvas.tomography.filter_scans"):
    name = "Filter scans"
    description = "Keep the scans whose name is like a pattern."
    icon = "icons/filter_scans.svg"
    priority = 13
    keywords = ("select", "name", "pattern", "regular expression")
