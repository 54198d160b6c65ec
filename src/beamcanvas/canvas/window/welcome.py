"""The welcome page: on the empty canvas, gone as soon as there is something on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

from AnyQt.QtCore import QEvent, QObject, Qt
from AnyQt.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...tutorials import Tutorial
from ..pictures import icon

_LONGEST = 32  #: characters of a recent file's title


class WelcomePage(QScrollArea):
    """Tutorials, recent files, and how to begin; lies over the view without blocking it."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setObjectName("welcome-page")
        self.setStyleSheet(
            "#welcome-page { background: palette(base); border: 1px solid palette(mid);"
            " border-radius: 8px; } #welcome-content { background: transparent; }"
        )
        content = QWidget(objectName="welcome-content")
        self.setWidget(content)
        self.setWidgetResizable(True)
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(28, 22, 28, 22)
        self._grid.setHorizontalSpacing(32)
        view.installEventFilter(self)
        self.hide()

    def offer(
        self,
        tutorials: Mapping[str, Sequence[Tutorial]],
        recent: Sequence[tuple[str, str]],
        open_tutorial: Callable[[Tutorial], object],
        open_file: Callable[[str], object],
        browse: Callable[[], object],
    ) -> None:
        """Fill the page with tutorials by technique and files by title, and show it."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        title = QLabel("<span style='font-size: 20pt'>beamcanvas</span>")
        words = QLabel("X-ray data reduction as a scheme: what you see here runs headless too.")
        self._grid.addWidget(title, 0, 0, 1, 3)
        self._grid.addWidget(words, 1, 0, 1, 3)
        columns = _in_columns(tutorials)
        for column, techniques in enumerate(columns):
            learn = QVBoxLayout()
            for technique, some in techniques:
                learn.addWidget(_heading(technique))
                for tutorial in some:
                    button = _link(tutorial.title, tutorial.teaser)
                    button.setIcon(icon("tutorial"))
                    button.clicked.connect(lambda _=False, t=tutorial: open_tutorial(t))
                    learn.addWidget(button)
                learn.addSpacing(8)
            if not techniques:
                learn.addWidget(QLabel("No tutorials are installed."))
            self._add_column(column, learn)
        right = QVBoxLayout()
        right.addWidget(_heading("Go on"))
        for name, path in recent[:8]:
            button = _link(_shortened(name or Path(path).name), path)
            button.clicked.connect(lambda _=False, p=path: open_file(p))
            right.addWidget(button)
        right.addSpacing(8)
        browse_button = QPushButton("Open a file...")
        browse_button.clicked.connect(lambda: browse())
        right.addWidget(browse_button, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(
            _hint("or begin: drop data here, pick a step on the left, or double-click the canvas.")
        )
        self._add_column(len(columns), right)
        self.show()
        self.raise_()
        self._place()

    def _add_column(self, column: int, layout: QVBoxLayout) -> None:
        holder = QWidget()
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(1)
        layout.addStretch()
        holder.setLayout(layout)
        self._grid.addWidget(holder, 2, column)
        self._grid.setColumnStretch(column, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        view = self.parentWidget()
        room = view.size()
        size = self.widget().sizeHint()
        edge = 2 * self.frameWidth()
        width = min(size.width() + edge, room.width() - 20)
        bar = self.horizontalScrollBar().sizeHint().height() if width < size.width() else 0
        height = min(size.height() + edge + bar, room.height() - 20)
        self.setGeometry((room.width() - width) // 2, (room.height() - height) // 2, width, height)


def _in_columns(
    tutorials: Mapping[str, Sequence[Tutorial]],
) -> list[list[tuple[str, Sequence[Tutorial]]]]:
    """Techniques in their order, in two columns of about the same length if there are several."""
    techniques = list(tutorials.items())
    lengths = [len(some) + 2 for _, some in techniques]
    uneven = [abs(sum(lengths[:n]) - sum(lengths[n:])) for n in range(1, len(lengths))]
    if not uneven:
        return [techniques]
    first = uneven.index(min(uneven)) + 1
    return [techniques[:first], techniques[first:]]


def _heading(text: str) -> QLabel:
    return QLabel(f"<b>{text}</b>")


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setEnabled(False)
    return label


def _shortened(title: str) -> str:
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1].rstrip()}…"


def _link(text: str, more: str) -> QPushButton:
    button = QPushButton(text.replace("&", "&&"))
    button.setFlat(True)
    button.setStyleSheet("text-align: left; padding: 3px 6px;")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setToolTip(f"<p>{escape(more)}</p>" if more else "")
    return button
