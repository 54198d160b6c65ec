"""Save a pattern or a cake as NeXus."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveNexus(TaskWidget, task="beamcanvas.powder.save_nexus"):
    name = "Save as NeXus"
    description = "Write a pattern or a cake as NeXus, with all that made it."
    icon = "icons/save_nexus.svg"
    priority = 100
    keywords = ("nexus", "hdf5", "h5", "export")
