"""Transform chi(k) into chi(R)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .fourier_preview import FourierPreview

TITLE = "χ(R)"


class OWFourierTransform(TaskWidget, task="beamcanvas.spectroscopy.fourier_transform"):
    name = "Fourier transform"
    description = "Transform chi(k) into chi(R)."
    icon = "icons/fourier_transform.svg"
    priority = 52
    keywords = ("FT", "xftf", "radial", "R", "window", "EXAFS")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return dict(outputs["fourier"].settings)

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        area.show_outputs({TITLE: outputs["fourier"]}, {TITLE: FourierPreview})
        page = area.page(TITLE)
        page.above.on_moved = lambda name, x: self.set_setting(name, round(max(x, 0.0), 2))
