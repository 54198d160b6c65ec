"""Strain from the angle or energy at which each pixel shines."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWComputeStrain(TaskWidget, task="beamcanvas.darkfield.compute_strain"):
    name = "Strain"
    description = "Strain from the angle or energy at which each pixel shines."
    icon = "icons/compute_strain.svg"
    priority = 58
    keywords = ("ccmth", "obpitch", "two theta", "energy")
