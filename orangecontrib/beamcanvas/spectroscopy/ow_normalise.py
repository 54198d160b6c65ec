"""Normalise spectra: E0, pre-edge, post-edge, edge step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .edge_preview import EdgePreview, EdgeTable

TITLE = "Spectrum"


class OWNormalise(TaskWidget, task="beamcanvas.spectroscopy.normalise"):
    name = "Normalise"
    description = "Find the edge, take off the pre-edge, scale the step to one."
    icon = "icons/normalise.svg"
    priority = 30
    keywords = ("E0", "edge step", "pre-edge", "flatten", "MBACK", "XANES")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        value = outputs["normalised"]
        number = next((i for i in range(len(value)) if i not in value.problems), 0)
        ranges = value.ranges_of(number)
        if ranges is None:
            return {}
        return {
            "e0": round(float(value.e0[number]), 3),
            "step": round(float(value.edge_step[number]), 6),
            "pre1": round(ranges.pre1, 2),
            "pre2": round(ranges.pre2, 2),
            "norm1": round(ranges.norm1, 2),
            "norm2": round(ranges.norm2, 2),
            "nnorm": ranges.nnorm,
            "element": (
                value.settings.get("element") or value.settings.get("looks_like") or ""
            ).split(" ")[0],
            "edge": value.settings.get("edge")
            or str(value.settings.get("looks_like") or "").partition(" ")[2],
        }

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        value = outputs["normalised"]
        many = {"Table": value} if len(value) > 1 else {}
        area.show_outputs({TITLE: value, **many}, {TITLE: EdgePreview, "Table": EdgeTable})
        page = area.page(TITLE)
        page.plot.on_moved = self._moved

    def _moved(self, name: str, x: float) -> None:
        page = self.area.page(TITLE)
        e0 = float(page.value.e0[page.number])
        self.set_setting(name, round(x, 2) if name == "e0" else round(x - e0, 1))
