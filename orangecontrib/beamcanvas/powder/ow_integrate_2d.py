"""Integrate an image over radius and azimuth."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWIntegrate2D(TaskWidget, task="beamcanvas.powder.integrate_2d"):
    name = "Integrate 2D"
    description = "Unroll an image over radius and azimuth."
    icon = "icons/integrate_2d.svg"
    priority = 80
    keywords = ("cake", "azimuthal", "caking", "pyFAI")
