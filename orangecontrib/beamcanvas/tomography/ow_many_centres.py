"""Choose the rotation axis among slices reconstructed with many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from AnyQt.QtCore import QSize

from beamcanvas.canvas.widget import TaskWidget

from .candidates_preview import CandidatesPreview, Region

TITLE = "Slices"


class OWManyCentres(TaskWidget, task="beamcanvas.tomography.try_centres"):
    name = "Many centres"
    description = "Reconstruct a slice with the rotation axis at many places, and choose."
    icon = "icons/many_centres.svg"
    priority = 61
    keywords = ("multi-cor", "rotation axis", "COR", "vignettes", "autofocus")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        candidates = outputs["candidates"]
        values = candidates.values
        return {
            "centre": round(outputs["scan"].centre, 3),
            "around": round(float(values[0] + values[-1]) / 2, 3),
            "row": candidates.row,
        }

    def sizeHint(self) -> QSize:
        """Room for vignettes, a slice and the scores beside the panel."""
        return QSize(1300, 680)

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["candidates"]}, {TITLE: CandidatesPreview})
        area.page(TITLE).on_taken = self._choose
        area.page(TITLE).on_region = self._score_part

    def _choose(self, value: float | None) -> None:
        self.set_settings({"centre": value}, "Choose the rotation axis")

    def _score_part(self, region: Region | None) -> None:
        value = None if region is None else list(region)
        self.set_settings({"region": value}, "Score a part of the slice")
