"""Keep a rectangle of the frames."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import DarkfieldStack
from beamcanvas.task import MISSING

from .frames_preview import FramesPreview
from .region_preview import RegionPreview

DRAW, CUT = "Region", "Cut frames"


class OWKeepRegion(TaskWidget, task="beamcanvas.darkfield.keep_region"):
    name = "Region of interest"
    description = "Keep a rectangle of each frame, drawn on it or typed."
    icon = "icons/keep_region.svg"
    priority = 20
    keywords = ("roi", "crop", "cut")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self._show(area, {CUT: outputs["stack"]}):
            super().show_previews(area, outputs, titles)

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, {})

    def _show(self, area: Any, shown: dict[str, Any]) -> bool:
        linked = self.noderun.linked.get("stack")
        stack = linked.value if linked is not None else MISSING
        if not isinstance(stack, DarkfieldStack):
            return False
        area.show_outputs({DRAW: stack, **shown}, {DRAW: RegionPreview, CUT: FramesPreview})
        page = area.page(DRAW)
        page.stack = page.stack or stack
        page.set_region(self.noderun.values(), stack)
        page.on_region = self._take_region
        return True

    def _take_region(self, left: int, right: int, top: int, bottom: int) -> None:
        region = {"left": left, "right": right, "top": top, "bottom": bottom}
        self.set_settings(region, "Draw the region")
