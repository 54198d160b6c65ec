"""Choose the strength of phase retrieval among slices reconstructed with many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from AnyQt.QtCore import QSize

from beamcanvas.canvas.widget import TaskWidget

from .candidates_preview import CandidatesPreview, Region

TITLE = "Slices"


class OWManyDeltaBeta(TaskWidget, task="beamcanvas.tomography.try_delta_beta"):
    name = "Many delta/beta"
    description = "Reconstruct a slice with phase retrieval of many strengths, and choose."
    icon = "icons/many_delta_beta.svg"
    priority = 62
    keywords = ("multi-pag", "Paganin", "phase", "vignettes")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        candidates = outputs["candidates"]
        return {"delta_beta": round(candidates.value, 3), "row": candidates.row}

    def sizeHint(self) -> QSize:
        """Room for vignettes, a slice and the scores beside the panel."""
        return QSize(1300, 680)

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["candidates"]}, {TITLE: CandidatesPreview})
        area.page(TITLE).on_taken = self._choose
        area.page(TITLE).on_region = self._score_part

    def _choose(self, value: float | None) -> None:
        self.set_settings({"delta_beta": value}, "Choose delta/beta")

    def _score_part(self, region: Region | None) -> None:
        value = None if region is None else list(region)
        self.set_settings({"region": value}, "Score a part of the slice")
