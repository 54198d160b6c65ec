"""Small things of one look: muted words, and colours that read on a light and a dark ground."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtGui import QPainter, QPalette
from AnyQt.QtWidgets import QLabel, QSizePolicy, QWidget

#: of the one primary button of a window
RUN_STYLE = (
    "QPushButton { background: palette(highlight); color: palette(highlighted-text);"
    " border: none; border-radius: 4px; padding: 6px 18px; font-weight: 600; }"
    "QPushButton:disabled { background: palette(mid); color: palette(window); }"
    "QPushButton:focus { border: 2px solid palette(window-text); padding: 4px 16px; }"
)


def is_dark(widget: QWidget) -> bool:
    """Whether the palette has light text on a dark ground."""
    palette = widget.palette()
    window = palette.color(QPalette.ColorRole.Window)
    return window.lightness() < palette.color(QPalette.ColorRole.WindowText).lightness()


def problem_colour(widget: QWidget) -> str:
    """The colour of words that say what is wrong."""
    return "#ff7b72" if is_dark(widget) else "#b3261e"


class Words(QLabel):
    """A line of words, cut where there is no room; its tooltip says all then."""

    def __init__(self, text: str = "", *, muted: bool = False, keep_width: bool = False) -> None:
        super().__init__(text)
        self.muted = muted
        if not keep_width:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        ignored = self.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
        return QSize(0, hint.height()) if ignored else hint

    def paintEvent(self, event: Any) -> None:
        room = self.contentsRect()
        mode = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self.text(), mode, room.width())
        painter = QPainter(self)
        painter.setOpacity(0.62 if self.muted else 1.0)
        role = QPalette.ColorRole.WindowText
        self.style().drawItemText(
            painter, room, int(self.alignment()), self.palette(), True, shown, role
        )
        painter.end()
