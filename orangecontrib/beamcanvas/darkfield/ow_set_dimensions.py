"""Say what moved in a scan."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import DarkfieldStack
from beamcanvas.task import MISSING

from .dimensions_preview import DimensionsPreview
from .frames_preview import FramesPreview

TABLE, FRAMES = "Dimensions", "Frames"


class OWSetDimensions(TaskWidget, task="beamcanvas.darkfield.set_dimensions"):
    name = "Dimensions"
    description = "Say what moved in a scan, where the file doesn't or says it wrong."
    icon = "icons/set_dimensions.svg"
    priority = 14
    keywords = ("motor", "metadata", "zigzag", "grid", "positioners")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        self._show(area, {TABLE: outputs["stack"], FRAMES: outputs["stack"]})

    def show_before_run(self, area: Any) -> bool:
        linked = self.noderun.linked.get("stack")
        stack = linked.value if linked is not None else MISSING
        if not isinstance(stack, DarkfieldStack):
            return False
        self._show(area, {TABLE: stack})
        return True

    def _show(self, area: Any, shown: dict[str, Any]) -> None:
        area.show_outputs(shown, {TABLE: DimensionsPreview, FRAMES: FramesPreview})
        area.page(TABLE).on_edited = lambda given: self.set_settings(given, "Edit the dimensions")
