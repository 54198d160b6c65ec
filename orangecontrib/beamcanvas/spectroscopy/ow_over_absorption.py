"""Undo the damping of fluorescence by the sample itself."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.spectroscopy import Normalised

from .spectra_preview import CorrectedPreview

TITLE = "Spectra"


class OWOverAbsorption(TaskWidget, task="beamcanvas.spectroscopy.correct_over_absorption"):
    name = "Correct over-absorption"
    description = "Undo the damping of fluorescence by the sample itself."
    icon = "icons/over_absorption.svg"
    priority = 32
    keywords = ("self-absorption", "fluorescence", "thick")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["spectra"]}, {TITLE: CorrectedPreview})
        linked = self.noderun.linked.get("normalised")
        if linked is not None and isinstance(linked.value, Normalised):
            area.page(TITLE).show_before(linked.value.spectra)
