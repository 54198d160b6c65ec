"""Say what some frames of a scan are."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.task import MISSING
from beamcanvas.tomography import TomoScan

from .keys_preview import KeysPreview

TITLE = "Frames"


class OWEditImageKeys(TaskWidget, task="beamcanvas.tomography.edit_image_keys"):
    name = "Edit image keys"
    description = "Say what some frames of a scan are."
    icon = "icons/edit_image_keys.svg"
    priority = 25
    keywords = ("dark", "flat", "projection", "invalid", "frames")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        self._show(area, outputs["scan"])

    def show_before_run(self, area: Any) -> bool:
        linked = self.noderun.linked.get("scan")
        scan = linked.value if linked is not None else MISSING
        return isinstance(scan, TomoScan) and self._show(area, scan)

    def _show(self, area: Any, scan: TomoScan) -> bool:
        area.show_outputs({TITLE: scan}, {TITLE: KeysPreview})
        area.page(TITLE).on_picked = self._pick
        return True

    def _pick(self, name: str, frame: int) -> None:
        wanted: dict[str, int | None] = {name: frame}
        last = self.noderun.settings.get("last")
        if name == "first" and isinstance(last, int) and last < frame:
            wanted["last"] = None
        if name == "last" and self.noderun.settings.get("first") is None:
            wanted["first"] = frame
        self.set_settings(wanted, f"Pick the {name} frame")
