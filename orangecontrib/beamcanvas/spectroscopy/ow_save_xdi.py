"""Write a spectrum in the XAS Data Interchange format."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveXDI(TaskWidget, task="beamcanvas.spectroscopy.save_xdi"):
    name = "Save as XDI"
    description = "Write a spectrum in the XAS Data Interchange format."
    icon = "icons/save_xdi.svg"
    priority = 84
    keywords = ("xdi", "export")
