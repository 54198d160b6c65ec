"""Decide how a scan is reconstructed."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWReconstruction(TaskWidget, task="beamcanvas.tomography.choose_reconstruction"):
    name = "Reconstruction settings"
    description = "Decide how a scan is reconstructed."
    icon = "icons/reconstruction.svg"
    priority = 64
    keywords = ("FBP", "filter", "backend", "half acquisition", "nabu settings")
