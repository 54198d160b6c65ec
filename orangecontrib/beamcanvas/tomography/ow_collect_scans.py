"""Make one list of scans that come along several links."""

from __future__ import annotations

from AnyQt.QtCore import QSize

from beamcanvas.canvas.widget import TaskWidget


class OWCollectScans(TaskWidget, task="beamcanvas.tomography.collect_scans"):
    name = "Collect scans"
    description = "Make one list of scans that come along several links."
    icon = "icons/collect_scans.svg"
    priority = 15
    keywords = ("list", "series", "merge", "join")

    def sizeHint(self) -> QSize:
        """Room for all columns of the table beside a narrow panel."""
        return QSize(super().sizeHint()).expandedTo(QSize(1060, 600))
