"""Write a scan, with what was corrected, to an NXtomo file."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveScan(TaskWidget, task="beamcanvas.tomography.save_scan"):
    name = "Save scan"
    description = "Write a scan, with what was corrected, to an NXtomo file."
    icon = "icons/save_scan.svg"
    priority = 29
    keywords = ("write", "NXtomo", "export")
