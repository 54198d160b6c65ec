"""Keep what is between two levels."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import DarkfieldStack
from beamcanvas.task import MISSING

from .frames_preview import FramesPreview
from .levels_preview import LevelsPreview

FRAMES, LEVELS = "Frames", "Histogram"


class OWKeepLevels(TaskWidget, task="beamcanvas.darkfield.keep_levels"):
    name = "Threshold"
    description = "Set to zero what is too low, or too high; the limits can be dragged."
    icon = "icons/keep_levels.svg"
    priority = 28
    keywords = ("noise", "level", "histogram", "cut")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        self._show(area, {FRAMES: outputs["stack"]})

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, {})

    def _show(self, area: Any, shown: dict[str, Any]) -> bool:
        linked = self.noderun.linked.get("stack")
        stack = linked.value if linked is not None else MISSING
        if not isinstance(stack, DarkfieldStack):
            return False
        area.show_outputs({**shown, LEVELS: stack}, {FRAMES: FramesPreview, LEVELS: LevelsPreview})
        page = area.page(LEVELS)
        values = self.noderun.values()
        page.set_limits(values.get("low", 0.0), values.get("high"))
        page.on_levels = self._take_limits
        return True

    def _take_limits(self, low: float, high: float | None) -> None:
        self.set_settings({"low": low, "high": high}, "Drag the levels")
