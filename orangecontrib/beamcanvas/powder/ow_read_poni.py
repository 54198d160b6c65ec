"""Open a geometry."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWReadPoni(TaskWidget, task="beamcanvas.powder.poni.read_poni"):
    name = "Open geometry"
    description = "Read a geometry from a PONI file."
    icon = "icons/read_poni.svg"
    priority = 30
    keywords = ("poni", "geometry", "Dioptas", "pyFAI")
