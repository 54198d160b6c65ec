"""Editing a link: which output feeds which input, and when the link is followed."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...workflow import Link
from ...workflow.rules import LINK_KEY, RELATIONS, comparisons
from ..scheme import FLOW_IN, FLOW_OUT, StepNode, key_of

_ALL = "(all outputs as one mapping)"
_SIGNS = {
    "==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "in": "one of", "not in": "none of",
}  # fmt: skip
_REQUIRED = (("as follows from the graph", None), ("always", True), ("no, when it comes", False))


class Rows(QWidget):
    """Pairs of fields, one pair a row, to add to and take from."""

    def __init__(
        self,
        what: str,
        headings: tuple[str, str],
        make: Callable[[Any, Any], Sequence[QWidget]],
    ) -> None:
        super().__init__()
        self._make = make
        self._rows: list[tuple[QWidget, QWidget, QToolButton]] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        for column, text in enumerate(headings):
            self._grid.addWidget(QLabel(text), 0, column)
            self._grid.setColumnStretch(column, 1)
        self.add_button = QPushButton(f"Add {what}")
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(lambda: self.add().setFocus())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)
        layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._next = 1

    def add(self, left: Any = None, right: Any = None) -> QWidget:
        """Add a row; its first field."""
        first, second = self._make(left, right)
        remove = QToolButton()
        remove.setText("✕")
        remove.setToolTip("Remove this row")
        row = (first, second, remove)
        remove.clicked.connect(lambda: self.remove(row))
        for column, widget in enumerate(row):
            self._grid.addWidget(widget, self._next, column)
        self._next += 1
        # Tab goes through the rows as one reads them
        before = self._rows[-1][-1] if self._rows else None
        for widget in (*row, self.add_button):
            if before is not None:
                QWidget.setTabOrder(before, widget)
            before = widget
        self._rows.append(row)
        return first

    def remove(self, row: tuple[QWidget, QWidget, QToolButton]) -> None:
        self._rows.remove(row)
        for widget in row:
            self._grid.removeWidget(widget)
            widget.deleteLater()

    def pairs(self) -> list[tuple[Any, Any]]:
        """The fields, row by row."""
        return [(first, second) for first, second, _ in self._rows]


class Compared(QWidget):
    """How an output compares with a value for the link to be followed."""

    def __init__(self, relation: str, value: Any) -> None:
        super().__init__()
        self._relation = QComboBox()
        for sign in RELATIONS:
            self._relation.addItem(_SIGNS.get(sign, sign), sign)
        self._relation.setCurrentIndex(self._relation.findData(relation))
        self._value = QLineEdit(written(value))
        self._value.setPlaceholderText("true, false, a number, text, or a list")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._relation)
        row.addWidget(self._value, 1)

    @property
    def relation(self) -> str:
        return str(self._relation.currentData())

    @property
    def value(self) -> Any:
        return meant(self._value.text())

    def text(self) -> str:
        """The value as it is typed."""
        return str(self._value.text())

    def setText(self, text: str) -> None:
        self._value.setText(text)


class LinkDialog(QDialog):
    """All that the workflow says of one link."""

    def __init__(
        self,
        record: Link,
        source: StepNode,
        target: StepNode,
        note: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Edit Link")
        self._record = record
        given = [c for c in source.output_channels() if c is not FLOW_OUT]
        taken = [c for c in target.input_channels() if c is not FLOW_IN]
        self._outputs = [(c.name, key_of(c)) for c in given]
        self._inputs = [(c.name, key_of(c)) for c in taken]

        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(f"<b>{escape(source.title)} → {escape(target.title)}</b>"))
        self.note = QLabel(note)
        self.note.setWordWrap(True)
        self.note.setVisible(bool(note))
        layout.addWidget(self.note)

        data = QGroupBox("Data")
        inside = QVBoxLayout(data)
        self.all_data = QCheckBox("Hand over all outputs to the inputs of the same names")
        self.all_data.setChecked(record.map_all_data)
        self.mapping = Rows("input", ("Input", "gets output"), self._mapping_row)
        for name, output in record.data_mapping.items():
            self.mapping.add(name, _ALL if output is None else output)
        inside.addWidget(self.all_data)
        inside.addWidget(self.mapping)
        layout.addWidget(data)

        when = QGroupBox("Followed")
        inside = QVBoxLayout(when)
        self.on_error = QCheckBox(f"Only when {source.title} fails")
        self.on_error.setChecked(record.on_error)
        self.conditions = Rows("condition", ("Only when output", "is"), self._condition_row)
        for name, value in record.conditions.items():
            self.conditions.add(name, ("==", value))
        for test in comparisons(record):
            self.conditions.add(test.output, (test.relation, test.value))
        self.required = QComboBox()
        for words, value in _REQUIRED:
            self.required.addItem(f"{target.title} waits for it: {words}", value)
        self.required.setCurrentIndex(self.required.findData(record.required))
        inside.addWidget(self.on_error)
        inside.addWidget(self.conditions)
        inside.addWidget(self.required)
        layout.addWidget(when)

        self.on_error.toggled.connect(self._adapt)
        self.all_data.toggled.connect(self._adapt)
        self._adapt()
        layout.addStretch()
        ok = QDialogButtonBox.StandardButton.Ok
        buttons = QDialogButtonBox(ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        buttons.button(ok).setDefault(True)
        self.resize(460, 420)

    def _adapt(self) -> None:
        self.conditions.setEnabled(not self.on_error.isChecked())
        self.mapping.setEnabled(not self.all_data.isChecked())

    def _mapping_row(self, left: Any, right: Any) -> tuple[QWidget, QWidget]:
        used = {_chosen(first) for first, _ in self.mapping.pairs()} if left is None else set()
        free = [key for _, key in self._inputs if key not in used]
        inputs = _choice(self._inputs, left if left is not None else (free or [None])[0])
        outputs = _choice([*self._outputs, (_ALL, _ALL)], right)
        return inputs, outputs

    def _condition_row(self, left: Any, right: Any) -> tuple[QWidget, QWidget]:
        return _choice(self._outputs, left), Compared(*(right or ("==", True)))

    def link(self) -> Link:
        """The link as it was edited."""
        link = copy.copy(self._record)
        link.map_all_data = self.all_data.isChecked()
        link.on_error = self.on_error.isChecked()
        link.required = self.required.currentData()
        link.data_mapping = {}
        if not link.map_all_data:
            for first, second in self.mapping.pairs():
                name, output = _chosen(first), _chosen(second)
                if name not in (None, "") and output not in (None, ""):
                    link.data_mapping[name] = None if output == _ALL else output
        link.conditions = {}
        link.extra = {k: v for k, v in self._record.extra.items() if k != LINK_KEY}
        when = []
        for first, second in self.conditions.pairs() if not link.on_error else ():
            name = _chosen(first)
            if name in (None, ""):
                continue
            if second.relation == "==" and name not in link.conditions:
                link.conditions[name] = second.value
            else:
                when.append({"source_output": name, "is": second.relation, "value": second.value})
        if when:
            link.extra[LINK_KEY] = when
        return link

    @classmethod
    def ask(
        cls, record: Link, source: StepNode, target: StepNode, note: str, parent: QWidget | None
    ) -> Link | None:
        """The edited link, None when the person changed their mind."""
        dialog = cls(record, source, target, note, parent)
        try:
            return dialog.link() if dialog.exec() == QDialog.DialogCode.Accepted else None
        finally:
            dialog.deleteLater()


def _choice(known: Sequence[tuple[str, Any]], chosen: Any) -> QComboBox:
    """A choice of names; others can be typed."""
    box = QComboBox()
    box.setEditable(True)
    for words, key in known:
        same = str(key).replace("_", " ").lower() == words.lower()
        box.addItem(words if same else f"{words} ({key})", key)
    if chosen is not None:
        if box.findData(chosen) < 0:
            box.addItem(str(chosen), chosen)
        box.setCurrentIndex(box.findData(chosen))
    return box


def _chosen(box: QComboBox) -> Any:
    text = box.currentText().strip()
    index = box.currentIndex()
    if index >= 0 and box.itemText(index) == text:
        return box.itemData(index)
    return text


def written(value: Any) -> str:
    """A condition's value as it is typed."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return str(value) if isinstance(value, str) and meant(value) == value else text


def meant(text: str) -> Any:
    """The value that a typed text stands for: JSON or a Python literal, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
