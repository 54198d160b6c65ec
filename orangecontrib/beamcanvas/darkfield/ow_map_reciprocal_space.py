"""Map reciprocal space from a rocking scan."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.nexus import NXData


class OWMapReciprocalSpace(TaskWidget, task="beamcanvas.darkfield.map_reciprocal_space"):
    name = "Reciprocal space"
    description = "Map reciprocal space from a rocking scan without the lens."
    icon = "icons/map_reciprocal_space.svg"
    priority = 70
    keywords = ("RSM", "q", "histogram", "hkl", "diffry")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["reciprocal_map"]
        shown: dict[str, Any] = {}
        for n, (name, mean) in enumerate(found.projections().items()):
            left = tuple(a for k, a in enumerate(found.axes) if k != n)
            shown[f"Along {name}"] = NXData(
                name=f"mean along {name}", label="Intensity", unit="counts", signal=mean, axes=left
            )
        area.show_outputs({**shown, "Slices": found})
