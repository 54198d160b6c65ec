"""Use the reduced darks and flats of another scan."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWCopyDarksAndFlats(TaskWidget, task="beamcanvas.tomography.copy_darks_and_flats"):
    name = "Copy darks and flats"
    description = "Use the reduced darks and flats of another scan."
    icon = "icons/copy_darks_and_flats.svg"
    priority = 31
    keywords = ("reduced", "missing", "reference")
