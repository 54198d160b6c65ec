"""Say which pixels are not to be used."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.powder import DiffractionImage
from beamcanvas.task import MISSING

from .mask_preview import MaskedImage, MaskPreview

TITLE = "Mask"


class OWMask(TaskWidget, task="beamcanvas.powder.mask_pixels"):
    name = "Mask"
    description = "Say which pixels are not to be used: by value, from a file, drawn by hand."
    icon = "icons/mask.svg"
    priority = 40
    keywords = ("beam stop", "hot pixels", "gaps", "draw")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self._show(area, outputs["mask"]):
            super().show_previews(area, outputs, titles)

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, None)

    def _show(self, area: Any, mask: Any) -> bool:
        linked = self.noderun.linked.get("image")
        image = linked.value if linked is not None else MISSING
        if not isinstance(image, DiffractionImage):
            return False
        runs = self.noderun.settings.get("runs", [])
        area.show_outputs({TITLE: MaskedImage(image, mask, runs)}, {TITLE: MaskPreview})
        area.page(TITLE).on_drawn = self._take_drawn
        return True

    def _take_drawn(self, runs: list[list[int]]) -> None:
        self.set_settings({"runs": runs or MISSING}, "Draw on the mask")
