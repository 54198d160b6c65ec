"""The same slice of several scans, each with its name."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.stack import StackPreview


class SliceStackPreview(StackPreview):
    """One scan's slice; the slider goes from scan to scan."""

    names: tuple[str, ...] = ()

    def show_value(self, value: Any) -> None:
        self.names = value.names
        super().show_value(value.nxdata())

    def _show_frame(self, index: int) -> None:
        super()._show_frame(index)
        self.where.setText(self.names[index])
