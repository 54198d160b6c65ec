"""Use only a part of each projection."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.task import MISSING
from beamcanvas.tomography import TomoScan

from .region_preview import Box, RegionOnScan, RegionPreview

TITLE = "Region"


class OWRegion(TaskWidget, task="beamcanvas.tomography.select_region"):
    name = "Region of interest"
    description = "Use only a part of each projection."
    icon = "icons/region.svg"
    priority = 45
    keywords = ("ROI", "crop", "rows", "slices")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self._show(area):
            super().show_previews(area, outputs, titles)

    def show_before_run(self, area: Any) -> bool:
        return self._show(area)

    def _show(self, area: Any) -> bool:
        linked = self.noderun.linked.get("scan")
        scan = linked.value if linked is not None else MISSING
        if not isinstance(scan, TomoScan):
            return False
        said = self.noderun.settings
        _, rows, columns = scan.shape
        box = (
            said.get("first_row") or 0,
            _or(said.get("last_row"), rows - 1),
            said.get("first_column") or 0,
            _or(said.get("last_column"), columns - 1),
        )
        area.show_outputs({TITLE: RegionOnScan(scan, box)}, {TITLE: RegionPreview})
        area.page(TITLE).on_moved = self._take_moved
        return True

    def _take_moved(self, box: Box) -> None:
        names = ("first_row", "last_row", "first_column", "last_column")
        self.set_settings(dict(zip(names, box, strict=True)), "Move the region")


def _or(value: Any, otherwise: int) -> int:
    return otherwise if value is None else int(value)
