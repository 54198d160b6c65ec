"""Open a reconstructed volume."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenVolume(TaskWidget, task="beamcanvas.tomography.open_volume"):
    name = "Open volume"
    description = "Open a reconstructed volume."
    icon = "icons/open_volume.svg"
    priority = 80
    keywords = ("hdf5", "tiff", "jp2", "edf", "vol", "tomoscan")
