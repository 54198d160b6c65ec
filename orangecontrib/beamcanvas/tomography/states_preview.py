"""What became of each file in each step of a scheme, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QLabel, QStyledItemDelegate, QWidget

from beamcanvas.canvas.look import problem_colour
from beamcanvas.canvas.previews.table import TablePreview

PROBLEM = "Problem"


class StatesPreview(TablePreview):
    """A line a file, a column a step; problems in full below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view.setItemDelegate(_StateDelegate(self.view))
        self.problems = QLabel()
        self.problems.setWordWrap(True)
        self.problems.setContentsMargins(8, 4, 8, 8)
        self.problems.setTextFormat(Qt.TextFormat.PlainText)
        self.problems.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problems.setStyleSheet(f"color: {problem_colour(self)};")
        self.box.addWidget(self.problems)

    def show_value(self, value: Sequence[dict[str, str]]) -> None:
        super().show_value([{k: v for k, v in row.items() if k != PROBLEM} for row in value])
        said = [f"{next(iter(row.values()))}: {row[PROBLEM]}" for row in value if row[PROBLEM]]
        self.problems.setText("\n".join(said))
        self.problems.setVisible(bool(said))


class _StateDelegate(QStyledItemDelegate):
    """Failures and what runs now stand out; what didn't run yet recedes."""

    def initStyleOption(self, option: Any, index: Any) -> None:
        super().initStyleOption(option, index)
        text = option.palette.color(QPalette.ColorRole.Text)
        word = option.text.partition(",")[0]
        if word == "failed":
            text = QColor(problem_colour(option.widget))
            option.font.setBold(True)
        elif word == "runs":
            option.font.setBold(True)
        elif word in ("waits", "not run"):
            text.setAlphaF(0.5)
        option.palette.setColor(QPalette.ColorRole.Text, text)
