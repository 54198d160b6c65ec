"""A planned volume: its chunks, and which of them are made."""

from __future__ import annotations

from AnyQt.QtWidgets import QLabel, QWidget

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.tomography import VolumePlan


class PlanPreview(TablePreview):
    """A line a chunk: its rows, whether it is made, and its file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setContentsMargins(8, 8, 8, 4)
        self.box.insertWidget(0, self.words)

    def show_value(self, value: VolumePlan) -> None:
        made = [value.is_done(chunk) for chunk in value.chunks]
        self.words.setText(f"{value.summary}; {sum(made)} of {len(made)} made.")
        super().show_value(
            [
                {
                    "Rows": f"{start} to {stop - 1}",
                    "State": "made" if is_made else "to be made",
                    "File": str(value.file((start, stop))),
                }
                for (start, stop), is_made in zip(value.chunks, made, strict=True)
            ]
        )
