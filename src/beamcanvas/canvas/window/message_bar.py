"""A line above the canvas that says something and may offer a choice, and stops nobody."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

_COLORS = {"error": "#d0312d", "warning": "#c77700", "info": "#3f7fbf"}


class MessageBar(QFrame):
    """Shows one message at a time, until it is closed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message-bar")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Close this message")
        close.setAutoRaise(True)
        close.clicked.connect(self.hide)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(10, 6, 6, 6)
        self._layout.addWidget(self._text, 1)
        self._layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        return str(self._text.text()) if not self.isHidden() else ""

    def tell(
        self, text: str, kind: str = "error", choices: dict[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a message; each choice is a button that closes it and calls what goes with it."""
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setText(text)
        self.setStyleSheet(
            f"#message-bar {{ border: none; border-left: 4px solid {_COLORS[kind]};"
            " background: palette(alternate-base); }"
        )
        for words, act in (choices or {}).items():
            button = QPushButton(words)
            button.clicked.connect(lambda _=False, act=act: (self.hide(), act()))
            self._layout.insertWidget(self._layout.count() - 1, button)
            self._buttons.append(button)
        self.show()

    def choose(self, words: str) -> None:
        """Press one of the buttons."""
        next(b for b in self._buttons if b.text() == words).click()
