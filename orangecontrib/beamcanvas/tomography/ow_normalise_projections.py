"""Divide projections by how bright the beam was."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.task import MISSING
from beamcanvas.tomography import TomoScan

from .region_preview import Box, RegionOnScan, RegionPreview

TITLE = "Region without sample"


class OWNormaliseProjections(TaskWidget, task="beamcanvas.tomography.normalise_projections"):
    name = "Normalise projections"
    description = "Divide projections by how bright the beam was."
    icon = "icons/normalise_projections.svg"
    priority = 33
    keywords = ("intensity", "region", "counter", "I0", "monitor")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self._show(area, {titles[name]: value for name, value in outputs.items()}):
            super().show_previews(area, outputs, titles)

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, {})

    def _show(self, area: Any, outputs: dict[str, Any]) -> bool:
        linked = self.noderun.linked.get("scan")
        scan = linked.value if linked is not None else MISSING
        said = self.noderun.settings
        if not isinstance(scan, TomoScan) or said.get("by", "region") != "region":
            return False
        top, bottom, left, right = said.get("region", (0, 10, 0, 10))
        shown = {TITLE: RegionOnScan(scan, (top, bottom, left, right)), **outputs}
        area.show_outputs(shown, {TITLE: RegionPreview})
        area.page(TITLE).on_moved = self._take_moved
        return True

    def _take_moved(self, box: Box) -> None:
        self.set_settings({"region": list(box)}, "Move the region")
