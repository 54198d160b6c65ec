"""Put the layers of a grain together into a volume."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .layers_preview import LayersPreview


class OWBuildVolume(TaskWidget, task="beamcanvas.darkfield.build_volume"):
    name = "Layers to volume"
    description = "Put the layers of a grain together into a volume."
    icon = "icons/build_volume.svg"
    priority = 68
    keywords = ("3D", "z", "paraview")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({"Layers": outputs["volume"]}, {"Layers": LayersPreview})
