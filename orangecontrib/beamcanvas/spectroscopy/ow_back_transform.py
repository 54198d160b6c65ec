"""Transform a range of chi(R) back into chi(q)."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .fourier_preview import BackPreview

TITLE = "χ(q)"


class OWBackTransform(TaskWidget, task="beamcanvas.spectroscopy.back_transform"):
    name = "Back transform"
    description = "Transform a range of chi(R) back: what these distances contribute."
    icon = "icons/back_transform.svg"
    priority = 53
    keywords = ("chi(q)", "xftr", "filter", "shell")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["back"]}, {TITLE: BackPreview})
        page = area.page(TITLE)
        page.above.on_moved = lambda name, x: self.set_setting(name, round(max(x, 0.0), 3))
