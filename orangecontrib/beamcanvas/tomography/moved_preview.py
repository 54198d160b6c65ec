"""Whether the sample moved: the answer, the shifts it comes from, and what differs most."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.nexus import NXData
from beamcanvas.tomography import SampleMoved


class MovedPreview(Preview):
    """The answer in words, a line for each pair of frames, and the worst pair's difference."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = QLabel()
        font = self.verdict.font()
        font.setBold(True)
        self.verdict.setFont(font)
        self.verdict.setContentsMargins(8, 8, 8, 4)
        self.verdict.setWordWrap(True)
        self.table = TablePreview(self)
        self.worst = QLabel()
        self.worst.setContentsMargins(8, 4, 8, 0)
        self.worst.setWordWrap(True)
        self.image = ImagePreview(self)
        self.image.box.insertWidget(0, self.worst)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.image)
        split.setStretchFactor(1, 1)
        split.setSizes([130, 420])
        self.box.addWidget(self.verdict)
        self.box.addWidget(split, 1)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, SampleMoved) else 0

    def show_value(self, value: SampleMoved) -> None:
        self.verdict.setText(value.verdict)
        self.table.show_value(value.shifts)
        self.worst.setText(f"What differs most: {value.worst.summary}")
        self.image.show_value(value.worst)
