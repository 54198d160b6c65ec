"""Write spectra and parameters as an Athena project."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveAthena(TaskWidget, task="beamcanvas.spectroscopy.save_athena"):
    name = "Save Athena project"
    description = "Write spectra and parameters as an Athena project."
    icon = "icons/save_athena.svg"
    priority = 86
    keywords = ("prj", "Demeter", "Larix", "export")
