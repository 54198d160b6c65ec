"""Separate grains that overlap."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWSeparateSources(TaskWidget, task="beamcanvas.darkfield.separate_sources"):
    name = "Separate sources"
    description = "Separate grains that overlap by the frames in which they shine."
    icon = "icons/separate_sources.svg"
    priority = 66
    keywords = ("blind source separation", "PCA", "NMF", "NICA", "components")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["components"]
        area.show_outputs(
            {"Images": found, "Curves": found.curve_nxdata(), "Shares": found.scree_nxdata()}
        )
