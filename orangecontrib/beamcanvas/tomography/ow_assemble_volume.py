"""Join the parts of a volume when all of them are made."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWAssembleVolume(TaskWidget, task="beamcanvas.tomography.assemble_volume"):
    name = "Assemble volume"
    description = "Join the parts of a volume when all of them are made."
    icon = "icons/assemble_volume.svg"
    priority = 72
    keywords = ("chunks", "cluster", "merge")
