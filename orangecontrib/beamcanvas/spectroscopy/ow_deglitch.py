"""Take out glitches, by hand and by themselves."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.spectroscopy import Spectra
from beamcanvas.task import MISSING

from .spectra_preview import GlitchPreview

TITLE = "Spectra"


class OWDeglitch(TaskWidget, task="beamcanvas.spectroscopy.deglitch"):
    name = "Deglitch"
    description = "Take out points that stick out: click them, or let them be found."
    icon = "icons/deglitch.svg"
    priority = 24
    keywords = ("spike", "outlier", "glitch", "Bragg")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        self._show(area, outputs["spectra"])

    def show_before_run(self, area: Any) -> bool:
        before = self._before()
        if before is not None:
            self._show(area, before)
        return before is not None

    def _before(self) -> Spectra | None:
        linked = self.noderun.linked.get("spectra")
        value = linked.value if linked is not None else MISSING
        return value if isinstance(value, Spectra) else None

    def _show(self, area: Any, spectra: Spectra) -> None:
        area.show_outputs({TITLE: spectra}, {TITLE: GlitchPreview})
        page = area.page(TITLE)
        page.before, page.on_point = self._before(), self._take_point
        page.draw(page.number)

    def _take_point(self, energy: float) -> None:
        said = list(self.noderun.values().get("points") or [])
        kept = [point for point in said if abs(point - energy) > 1e-3]
        if len(kept) == len(said):
            kept = sorted([*said, round(energy, 4)])
        self.set_setting("points", kept)
