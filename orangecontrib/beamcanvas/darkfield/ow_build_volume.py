"""Put the layers of a grain together into a volume."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWBuildVolume(TaskWidget, task="beamcanvas.darkfield.build_volume"):
    name = "Layers to volume"
    description = "Put the layers of a grain together into a volume."
    icon = "icons/build_volume.svg"
    priority = 68
    keywords = ("3D", "z", "paraview")
