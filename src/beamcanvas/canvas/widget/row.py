"""The rows of the settings panel: label, field, unit, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtGui import QFont
from AnyQt.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from ...task import MISSING, Input
from ..fields import CheckField, Field, field_for
from ..look import Words, problem_colour
from ..previews.words import summary_of


class Row:
    """One input in the panel: label, field, unit on one line, and what is wrong below."""

    def __init__(self, spec: Input, help: str, grid: QGridLayout) -> None:
        self.spec = spec
        self._shown: tuple[Any, bool] | None = None
        self.field: Field | None = None if is_only_linked(spec) else field_for(spec)
        self.label = QLabel(spec.label)
        self.label.setToolTip(_tip(spec, help))
        self.unit = Words(spec.param.unit, muted=True, keep_width=True)
        self.link = Words(muted=True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.hide()
        line = grid.rowCount()
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.label, line, 0)
        grid.addWidget(self.link, line, 1)
        if isinstance(self.field, CheckField):
            grid.addWidget(self.field, line, 0, 1, 3)
        elif self.field is not None:
            grid.addWidget(self.field, line, 1)
        if self.field is not None:
            self.field.setToolTip(_tip(spec, help))
            self.label.setBuddy(self.field)
            if self.field.sizeHint().height() > 2 * self.label.sizeHint().height():
                grid.setAlignment(self.label, top)
        grid.addWidget(self.unit, line, 2)
        grid.addWidget(self.problem, line + 1, 1, 1, 2)

    def show_value(self, value: Any, *, changed: bool) -> None:
        """Show what the input has; a value that a person gave stands out a little."""
        if self.problem.text() and self._shown is not None:
            before, was_changed = self._shown
            if was_changed == changed and _same(before, value):
                return  # what is wrong stays until it is put right
        self._shown = (value, changed)
        if self.field is not None:
            self.field.set_value(value)
            self.set_problem("")
        font = QFont(self.label.font())
        font.setItalic(False)
        font.setWeight(QFont.Weight.DemiBold if changed else QFont.Weight.Normal)
        self.label.setFont(font)
        if isinstance(self.field, CheckField):
            self.field.check.setFont(font)

    def show_link(self, linked: Any) -> None:
        """Show where the value comes from when a link feeds the input."""
        if linked is not None:
            self.link.setText(f"from {linked.node}" if linked.node else "from a link")
            value = "" if linked.value is MISSING else f": {summary_of(linked.value)}"
            self.link.setToolTip(f"{linked.output} of {linked.node}{value}")
        elif self.field is None:
            self.link.setText("connect it" if self.spec.required else "not connected")
            self.link.setToolTip("This input comes along a link from another node.")
        by_link = linked is not None or self.field is None
        self.link.setVisible(by_link)
        self.unit.setVisible(not by_link)
        if self.field is not None:
            self.field.setVisible(not by_link)
        self.label.setVisible(by_link or not isinstance(self.field, CheckField))

    def set_problem(self, sentence: str) -> None:
        self.problem.setStyleSheet(f"color: {problem_colour(self.problem)};")
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        if self.field is not None:
            self.field.set_problem(sentence)


class Heading(QWidget):
    """The heading of a group: words and a thin line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 2)
        words = QLabel(text)
        font = words.font()
        font.setBold(True)
        words.setFont(font)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setEnabled(False)
        row.addWidget(words)
        row.addWidget(line, 1)


def is_only_linked(spec: Input) -> bool:
    """Whether the input can't be typed: it is an object of the field, not a plain value."""
    return spec.is_data and spec.annotation is not Any


def _tip(spec: Input, help: str) -> str:
    lines = [help or spec.help or spec.label]
    bounds = [
        f"{words} {value:g}"
        for words, value in (
            ("at least", spec.param.ge),
            ("more than", spec.param.gt),
            ("at most", spec.param.le),
            ("less than", spec.param.lt),
        )
        if value is not None
    ]
    if bounds:
        unit = f" {spec.param.unit}" if spec.param.unit else ""
        lines.append(f"Allowed: {' and '.join(bounds)}{unit}.")
    if spec.default is not MISSING and spec.default is not None and spec.default != "":
        lines.append(f"Default: {spec.default}.")
    # rich text, so that Qt breaks long lines; without a docstring's marks
    plain = (line.replace("<", "&lt;").replace("`", "") for line in lines)
    return "<p>" + "</p><p>".join(plain) + "</p>"


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and (a is b or bool(a == b))
