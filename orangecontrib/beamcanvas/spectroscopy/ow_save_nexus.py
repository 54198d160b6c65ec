"""Write every step with its parameters and curves as NeXus."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveNexus(TaskWidget, task="beamcanvas.spectroscopy.save_nexus"):
    name = "Save XAS as NeXus"
    description = "Write every step with its parameters and curves as NeXus."
    icon = "icons/save_nexus.svg"
    priority = 80
    keywords = ("nexus", "hdf5", "h5", "export", "NXxasproc")
