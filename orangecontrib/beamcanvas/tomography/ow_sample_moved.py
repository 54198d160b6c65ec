"""Compare frames taken at the same angle at different times."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.tomography import SampleMoved

from .moved_preview import MovedPreview

TITLE = "Sample"


class OWSampleMoved(TaskWidget, task="beamcanvas.tomography.check_sample_moved"):
    name = "Sample moved?"
    description = "Compare frames taken at the same angle at different times."
    icon = "icons/sample_moved.svg"
    priority = 51
    keywords = ("drift", "motion", "return", "alignment")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: SampleMoved(**outputs)}, {TITLE: MovedPreview})
