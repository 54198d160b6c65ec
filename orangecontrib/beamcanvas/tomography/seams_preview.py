"""A cut through stitched volumes, as upright as they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from beamcanvas.canvas.previews.image import ImagePreview


class SeamsPreview(ImagePreview):
    """The axis along which they are stitched goes down; the ends of overlaps are lines across."""

    def show_value(self, value: Any) -> None:
        data = value.nxdata()
        self.show_image(replace(data, signal=data.signal.T, axes=data.axes[::-1]))

    def _show_lines(self) -> None:
        for marker in self._lines:
            self.plot.removeMarker(marker)
        ends = self.data.lines["overlap"] if self.data is not None else []
        self._lines = [
            self.plot.addYMarker(y, legend=f"end {n}", color="#e6399b") for n, y in enumerate(ends)
        ]
        for marker in self._lines:
            marker.setLineStyle("--")
