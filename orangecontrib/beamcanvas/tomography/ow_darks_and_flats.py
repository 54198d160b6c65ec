"""Make one image of each series of darks and of flats."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWDarksAndFlats(TaskWidget, task="beamcanvas.tomography.reduce_darks_and_flats"):
    name = "Darks and flats"
    description = "Make one image of each series of darks and of flats."
    icon = "icons/darks_and_flats.svg"
    priority = 30
    keywords = ("reduce", "mean", "median", "flat field", "reference")
