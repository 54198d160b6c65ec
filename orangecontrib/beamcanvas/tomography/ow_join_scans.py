"""Join scans, one after the other, to one."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWJoinScans(TaskWidget, task="beamcanvas.tomography.concatenate_scans"):
    name = "Join scans"
    description = "Join scans, one after the other, to one."
    icon = "icons/join_scans.svg"
    priority = 28
    keywords = ("concatenate", "NXtomo", "merge")
