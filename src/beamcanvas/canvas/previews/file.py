"""A file that a task wrote: where it is, and the way to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from AnyQt.QtCore import Qt, QUrl
from AnyQt.QtGui import QDesktopServices
from AnyQt.QtWidgets import QLabel, QPushButton, QWidget

from ...nexus.nxdata import NXData
from .base import Preview


class FilePreview(Preview):
    """Name, folder, size and time of a file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton("Open folder")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._open)
        self.box.addStretch(1)
        self.box.addWidget(self.words)
        self.box.addSpacing(12)
        self.box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        self.box.addStretch(1)
        self.path = Path()

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 5 if isinstance(value, PurePath) else 0

    def show_value(self, value: PurePath) -> None:
        self.path = Path(value)
        lines = [f"<b>{_html(self.path.name)}</b>", _html(str(self.path.parent))]
        if self.path.is_file():
            said = self.path.stat()
            when = datetime.fromtimestamp(said.st_mtime).strftime("%Y-%m-%d %H:%M:%S")
            lines.append(f"{size_words(said.st_size)}, {when}")
        elif not self.path.exists():
            lines.append("It is not there any more.")
        self.words.setText("<br>".join(lines))
        self.button.setEnabled(self.path.parent.is_dir())

    def _open(self) -> None:
        folder = self.path if self.path.is_dir() else self.path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def size_words(count: int) -> str:
    """A size in bytes as one reads it.

    >>> size_words(1_234_567)
    '1.2 MB'
    """
    size, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{count} bytes" if units[0] == "bytes" else f"{size:.1f} {units[0]}"


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
