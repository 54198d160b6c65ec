"""Find the rotation axis, or move it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .overlay_preview import OverlayPreview

TITLE = "Opposite projections"


class OWCentre(TaskWidget, task="beamcanvas.tomography.find_centre"):
    name = "Centre of rotation"
    description = "Find the rotation axis, or move two opposite projections by hand."
    icon = "icons/centre.svg"
    priority = 60
    keywords = ("rotation axis", "COR", "center", "align")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"centre": round(outputs["scan"].centre, 3)}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if outputs["overlay"] is None:
            area.show_outputs({"Scan": outputs["scan"]})
            return
        shown = {TITLE: outputs["overlay"], "Scan": outputs["scan"]}
        area.show_outputs(shown, {TITLE: OverlayPreview})
        page = area.page(TITLE)
        page.on_centre = self._move_axis
        page.auto.setVisible(self.noderun.settings.get("centre") is not None)

    def _move_axis(self, centre: float | None) -> None:
        if centre is None:
            self.set_settings({"centre": None}, "Find the rotation axis again")
            return
        wanted = {"centre": centre, "counted": "from the first pixel"}
        self.set_settings(wanted, "Move the rotation axis")
