"""Text: a log, a file's contents, a message."""

from __future__ import annotations

from typing import Any

from AnyQt.QtGui import QFontDatabase
from AnyQt.QtWidgets import QPlainTextEdit, QWidget

from ...nexus.nxdata import NXData
from .base import Preview

#: more text than this isn't read in a preview
LONGEST = 1_000_000


class TextPreview(Preview):
    """Text as it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = QPlainTextEdit()
        self.editor.setReadOnly(True)
        self.editor.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.editor.setFrameShape(self.editor.Shape.NoFrame)
        self.box.addWidget(self.editor)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 4 if isinstance(value, str) else 0

    def show_value(self, value: Any) -> None:
        text = value[:LONGEST]
        if len(value) > LONGEST:
            text += f"\n… and {len(value) - LONGEST} characters more"
        self.editor.setPlainText(text)
