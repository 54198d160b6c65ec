"""Save a geometry."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSavePoni(TaskWidget, task="beamcanvas.powder.save_poni"):
    name = "Save geometry"
    description = "Write a geometry as a PONI file."
    icon = "icons/save_poni.svg"
    priority = 110
    keywords = ("poni", "geometry", "write", "export")
