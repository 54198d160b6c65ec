"""Write maps as NeXus, with units, axes and what made them."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveMaps(TaskWidget, task="beamcanvas.darkfield.save_maps"):
    name = "Save maps"
    description = "Write maps as NeXus, with units, axes and what made them."
    icon = "icons/save_maps.svg"
    priority = 80
    keywords = ("nexus", "hdf5", "export")
