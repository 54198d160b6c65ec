"""Divide projections by how bright the beam was."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWNormaliseProjections(TaskWidget, task="beamcanvas.tomography.normalise_projections"):
    name = "Normalise projections"
    description = "Divide projections by how bright the beam was."
    icon = "icons/normalise_projections.svg"
    priority = 33
    keywords = ("intensity", "region", "counter", "I0", "monitor")
