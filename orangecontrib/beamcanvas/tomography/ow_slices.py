"""Reconstruct some slices of a scan, in any plane."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWSlices(TaskWidget, task="beamcanvas.tomography.reconstruct_slices"):
    name = "Reconstruct slices"
    description = "Reconstruct some slices of a scan, in any plane."
    icon = "icons/slices.svg"
    priority = 65
    keywords = ("FBP", "preview", "nabu slice")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({"Slices": replace(outputs["slices"].nxdata(), colours="grey")})
