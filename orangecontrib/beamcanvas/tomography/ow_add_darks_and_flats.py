"""Add the raw darks and flats of another scan."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWAddDarksAndFlats(TaskWidget, task="beamcanvas.tomography.add_darks_and_flats"):
    name = "Add darks and flats"
    description = "Add the raw darks and flats of another scan."
    icon = "icons/add_darks_and_flats.svg"
    priority = 27
    keywords = ("patch", "append", "raw", "NXtomo")
