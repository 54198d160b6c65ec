"""Fit peaks to the rocking curve of each pixel."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFitRockingCurves(TaskWidget, task="beamcanvas.darkfield.fit_rocking_curves"):
    name = "Fit rocking curves"
    description = "Fit peaks to the rocking curve of each pixel."
    icon = "icons/fit_rocking_curves.svg"
    priority = 56
    keywords = ("gaussian", "peaks", "amplitude")
