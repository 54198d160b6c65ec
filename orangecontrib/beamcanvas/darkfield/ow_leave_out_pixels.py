"""Leave pixels out of all frames."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import DarkfieldStack
from beamcanvas.task import MISSING

from .frames_preview import FramesPreview
from .mask_preview import MaskPreview

DRAW, FRAMES = "Draw", "Frames"


class OWLeaveOutPixels(TaskWidget, task="beamcanvas.darkfield.leave_out_pixels"):
    name = "Mask pixels"
    description = "Leave pixels out of all frames: drawn by hand, or from a file."
    icon = "icons/leave_out_pixels.svg"
    priority = 32
    keywords = ("mask", "gaps", "draw")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self._show(area, {FRAMES: outputs["stack"]}):
            super().show_previews(area, outputs, titles)

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, {})

    def _show(self, area: Any, shown: dict[str, Any]) -> bool:
        linked = self.noderun.linked.get("stack")
        stack = linked.value if linked is not None else MISSING
        if not isinstance(stack, DarkfieldStack):
            return False
        area.show_outputs({DRAW: stack, **shown}, {DRAW: MaskPreview, FRAMES: FramesPreview})
        page = area.page(DRAW)
        page.set_runs(self.noderun.values().get("runs", []))
        page.on_drawn = lambda runs: self.set_settings({"runs": runs or MISSING}, "Draw the mask")
        return True
