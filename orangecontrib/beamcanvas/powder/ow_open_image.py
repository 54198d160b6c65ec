"""Open a diffraction image."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenImage(TaskWidget, task="beamcanvas.powder.open_image"):
    name = "Open image"
    description = "Read a frame of an area detector, with what its header says."
    icon = "icons/open_image.svg"
    priority = 10
    keywords = ("detector", "fabio", "edf", "cbf", "tif", "hdf5", "nexus")
