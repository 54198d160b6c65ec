"""Estimate the noise of mu and of chi(k)."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWEstimateNoise(TaskWidget, task="beamcanvas.spectroscopy.estimate_noise"):
    name = "Estimate noise"
    description = "Estimate the noise of mu and of chi(k)."
    icon = "icons/estimate_noise.svg"
    priority = 56
    keywords = ("epsilon", "quality", "statistics")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({"Noise": outputs["noise"].table}, {"Noise": TablePreview})
