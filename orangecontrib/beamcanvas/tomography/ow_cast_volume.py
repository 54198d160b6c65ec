"""Write a volume as whole numbers, or in another format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .histogram_preview import HistogramPreview

TITLE = "Histogram"


class OWCastVolume(TaskWidget, task="beamcanvas.tomography.cast_volume"):
    name = "Cast volume"
    description = "Write a volume as whole numbers, or in another format."
    icon = "icons/cast_volume.svg"
    priority = 82
    keywords = ("uint16", "uint8", "tiff", "jpeg 2000", "convert", "histogram")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        histogram = outputs["histogram"]
        return {"low": float(f"{histogram.low:.5g}"), "high": float(f"{histogram.high:.5g}")}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        shown = {TITLE: outputs["histogram"], "Volume": outputs["volume"]}
        area.show_outputs(shown, {TITLE: HistogramPreview})
        area.page(TITLE).on_range = self._keep_range

    def _keep_range(self, low: float, high: float) -> None:
        self.set_settings({"low": low, "high": high}, "Drag the range of values")
