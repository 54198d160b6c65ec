"""Open a geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWReadPoni(TaskWidget, task="beamcanvas.powder.read_poni"):
    name = "Open geometry"
    description = "Read a geometry from a PONI file."
    icon = "icons/read_poni.svg"
    priority = 30
    keywords = ("poni", "geometry", "Dioptas", "pyFAI")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        geometry = outputs["geometry"]
        rows, columns = geometry.detector.shape
        return {
            "energy": geometry.energy,
            "detector": geometry.detector.words,
            "rows": rows,
            "columns": columns,
        }
