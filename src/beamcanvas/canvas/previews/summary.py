"""What has no preview of its own: what it is and what it says of itself."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QWidget

from ...nexus.nxdata import NXData
from .base import Preview
from .words import summary_of


class SummaryPreview(Preview):
    """Any value, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.box.addWidget(self.words)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 1

    def show_value(self, value: Any) -> None:
        self.words.setText(summary_of(value))
