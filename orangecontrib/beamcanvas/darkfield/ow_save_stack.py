"""Write treated frames as a scan that can be opened again."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveStack(TaskWidget, task="beamcanvas.darkfield.save_stack"):
    name = "Save stack"
    description = "Write treated frames as a scan that can be opened again."
    icon = "icons/save_stack.svg"
    priority = 84
    keywords = ("nexus", "hdf5", "export", "dataset")
