"""Write a grain's layers for ParaView."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveVolume(TaskWidget, task="beamcanvas.darkfield.save_volume"):
    name = "Save volume"
    description = "Write a grain's layers for ParaView."
    icon = "icons/save_volume.svg"
    priority = 86
    keywords = ("xdmf", "vtk", "paraview", "3D")
