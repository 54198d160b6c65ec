"""Remove the background of EXAFS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from beamcanvas.canvas.widget import TaskWidget

from .exafs_preview import ExafsPreview

TITLE = "χ(k)"


class OWRemoveBackground(TaskWidget, task="beamcanvas.spectroscopy.remove_background"):
    name = "Remove background"
    description = "Take off the smooth background (AUTOBK) and give chi(k)."
    icon = "icons/remove_background.svg"
    priority = 50
    keywords = ("autobk", "Rbkg", "spline", "clamp", "EXAFS", "chi(k)")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        value = outputs["exafs"]
        last = value.kmax[np.isfinite(value.kmax)]
        return {**value.settings, "kmax": round(float(last[0]), 2) if len(last) else None}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["exafs"]}, {TITLE: ExafsPreview})
        page = area.page(TITLE)
        page.below.on_moved = lambda name, x: self.set_setting(name, round(max(x, 0.0), 2))
