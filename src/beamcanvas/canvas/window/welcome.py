"""The welcome page: on the empty canvas, gone as soon as there is something on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from AnyQt.QtCore import QEvent, QObject, Qt
from AnyQt.QtWidgets import (
    QCommandLinkButton,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...tutorials import Tutorial
from ..pictures import icon


class WelcomePage(QFrame):
    """Tutorials, recent files, and how to begin; lies over the view without blocking it."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setObjectName("welcome-page")
        self.setStyleSheet(
            "#welcome-page { background: palette(base); border: 1px solid palette(mid);"
            " border-radius: 8px; }"
        )
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(28, 22, 28, 22)
        self._grid.setHorizontalSpacing(32)
        view.installEventFilter(self)
        self.hide()

    def offer(
        self,
        tutorials: Sequence[Tutorial],
        recent: Sequence[tuple[str, str]],
        open_tutorial: Callable[[Tutorial], object],
        open_file: Callable[[str], object],
        browse: Callable[[], object],
    ) -> None:
        """Fill the page and show it."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        title = QLabel("<span style='font-size: 20pt'>beamcanvas</span>")
        words = QLabel("X-ray data reduction as a scheme: what you see here runs headless too.")
        words.setWordWrap(True)
        self._grid.addWidget(title, 0, 0, 1, 2)
        self._grid.addWidget(words, 1, 0, 1, 2)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(_heading("Learn"))
        for tutorial in tutorials[:6]:
            teaser = tutorial.teaser
            short = teaser if len(teaser) < 90 else teaser[:87].rsplit(" ", 1)[0] + " ..."
            button = _link(tutorial.title, short)
            button.setIcon(icon("tutorial"))
            button.clicked.connect(lambda _=False, t=tutorial: open_tutorial(t))
            left.addWidget(button)
        if not tutorials:
            left.addWidget(QLabel("No tutorials are installed."))
        left.addStretch()
        right.addWidget(_heading("Go on"))
        for name, path in recent[:6]:
            button = _link(name or Path(path).name, path)
            button.clicked.connect(lambda _=False, p=path: open_file(p))
            right.addWidget(button)
        browse_button = QPushButton("Open a file...")
        browse_button.clicked.connect(lambda: browse())
        right.addWidget(browse_button, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(_hint("or begin: pick a step on the left, or double-click the canvas."))
        right.addStretch()
        for column, layout in enumerate((left, right)):
            holder = QWidget()
            layout.setContentsMargins(0, 0, 0, 0)
            holder.setLayout(layout)
            self._grid.addWidget(holder, 2, column)
            self._grid.setColumnStretch(column, 1)
        self.show()
        self.raise_()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        view = self.parentWidget()
        room = view.size()
        size = self.sizeHint()
        width = min(max(size.width(), 640), room.width() - 20)
        height = min(max(size.height(), self.heightForWidth(width)), room.height() - 20)
        self.setGeometry((room.width() - width) // 2, (room.height() - height) // 2, width, height)


def _heading(text: str) -> QLabel:
    return QLabel(f"<b>{text}</b>")


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setEnabled(False)
    return label


def _link(text: str, more: str) -> QCommandLinkButton:
    button = QCommandLinkButton(text.replace("&", "&&"), more)
    button.setToolTip(more)
    return button
