"""Correct what a scan's file says of the experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWEditScan(TaskWidget, task="beamcanvas.tomography.edit_scan"):
    name = "Edit scan"
    description = "Correct what a scan's file says of the experiment."
    icon = "icons/edit_scan.svg"
    priority = 24
    keywords = ("metadata", "energy", "distance", "pixel size", "flip", "half acquisition")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the file says, in the units of the fields."""
        scan = outputs["scan"]
        height, width = scan.pixel_size or (None, None)
        said = {
            "energy": scan.energy,
            "distance": scan.distance and 1e3 * scan.distance,
            "propagation_distance": scan.propagation_distance and 1e3 * scan.propagation_distance,
            "source_distance": scan.source_distance,
            "pixel_width": width and 1e6 * width,
            "pixel_height": height and 1e6 * height,
        }
        return {name: round(value, 6) for name, value in said.items() if value}
