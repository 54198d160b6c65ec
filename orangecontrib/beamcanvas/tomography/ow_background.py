"""Take a smooth background off each line of the sinograms."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWBackground(TaskWidget, task="beamcanvas.tomography.remove_background"):
    name = "Remove background"
    description = "Take a smooth background off each line of the sinograms."
    icon = "icons/background.svg"
    priority = 42
    keywords = ("Chebyshev", "sinogram", "normalise")
