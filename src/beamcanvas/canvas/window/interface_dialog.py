"""The dialog *Inputs and outputs*: what the workflow takes and gives as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QUndoCommand,
    QVBoxLayout,
    QWidget,
)

from ...workflow import id_text
from ...workflow.interface import KEY
from ..look import Words, problem_colour
from ..scheme import Scheme, StepNode


class _Row:
    """One input or output: its name, what it is of, and help."""

    def __init__(self, part: InterfacePart, said: Mapping[str, Any]) -> None:
        self._part = part
        self.said = dict(said)  #: what else the file says of it is kept
        self.name = QLineEdit(str(said.get("name", "")))
        self.name.setPlaceholderText("Name")
        self.node = QComboBox()
        for node in part.nodes:
            self.node.addItem(node.title, id_text(node.id))
        _choose(self.node, said.get("node"), [(n.title, id_text(n.id)) for n in part.nodes])
        self.of = QComboBox()
        self.type = Words(muted=True, keep_width=True)
        self.help = QLineEdit(str(said.get("help", "")))
        self.remove = QToolButton()
        self.remove.setText("✕")
        self.remove.setToolTip("Remove this row")
        self._fill(said.get(part.kind))
        self.node.activated.connect(lambda _: self._fill(None))
        self.of.activated.connect(lambda _: self._chosen())

    def widgets(self) -> list[QWidget]:
        return [self.name, self.node, self.of, self.type, self.help, self.remove]

    def _fill(self, chosen: Any) -> None:
        known = self._part.known(self.node.currentData())
        self.of.clear()
        for key, spec in known.items():
            self.of.addItem(getattr(spec, "label", str(key)), str(key))
        _choose(self.of, chosen, [])
        self._chosen()

    def _chosen(self) -> None:
        key = self.of.currentData()
        spec = self._part.known(self.node.currentData()).get(key)
        self.type.setText(_type(spec))
        self.help.setPlaceholderText(self._part.help_of(self.node.currentData(), key) or "Help")
        if not self.name.text() and key:
            self.name.setText(self._part.free_name(str(key), self))

    def value(self) -> dict[str, Any]:
        """As the workflow says it."""
        said = {
            **self.said,
            "name": self.name.text().strip(),
            "node": self.node.currentData(),
            self._part.kind: self.of.currentData() or "",
        }
        said.pop("help", None)
        if self.help.text().strip():
            said["help"] = self.help.text().strip()
        return said


class InterfacePart(QGroupBox):
    """All inputs, or all outputs."""

    def __init__(self, kind: str, nodes: list[StepNode], said: list[Mapping[str, Any]]) -> None:
        super().__init__(f"{kind.capitalize()}s")
        self.kind = kind
        self.nodes = nodes
        self.rows: list[_Row] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        for column, (words, stretch) in enumerate(
            (("Name", 2), ("Step", 2), (kind.capitalize(), 2), ("Type", 1), ("Help", 4))
        ):
            self._grid.addWidget(QLabel(words), 0, column)
            self._grid.setColumnStretch(column, stretch)
        self._grid.setColumnMinimumWidth(3, 130)  # as in the other part
        self.add_button = QPushButton(f"Add {kind}")
        self.add_button.setAutoDefault(False)
        self.add_button.setEnabled(bool(nodes))
        self.add_button.clicked.connect(lambda: self.add({}).name.setFocus())
        layout = QVBoxLayout(self)
        layout.addLayout(self._grid)
        layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._next = 1
        for item in said:
            self.add(item)

    def add(self, said: Mapping[str, Any]) -> _Row:
        """Add a row."""
        row = _Row(self, said)
        self.rows.append(row)
        for column, widget in enumerate(row.widgets()):
            self._grid.addWidget(widget, self._next, column)
        self._next += 1
        row.remove.clicked.connect(lambda: self.remove(row))
        return row

    def remove(self, row: _Row) -> None:
        self.rows.remove(row)
        for widget in row.widgets():
            self._grid.removeWidget(widget)
            widget.deleteLater()

    def help_of(self, node_id: Any, key: Any) -> str:
        """What the task says of an input or an output."""
        task = self._task(node_id)
        if task is not None and self.kind == "input" and key in task.inputs:
            return str(task.help_for(key))
        return str(getattr(self.known(node_id).get(key), "help", ""))

    def _node(self, node_id: Any) -> StepNode | None:
        return next((n for n in self.nodes if id_text(n.id) == node_id), None)

    def _task(self, node_id: Any) -> Any:
        node = self._node(node_id)
        if node is None or node.run is None:
            return None
        node.run.find()
        return node.run.task

    def known(self, node_id: Any) -> dict[Any, Any]:
        """The inputs or outputs of a node."""
        node, task = self._node(node_id), self._task(node_id)
        if node is None or node.run is None:
            return {}
        if self.kind == "input":
            known: dict[Any, Any] = dict(task.inputs) if task is not None else {}
            known |= {n: known.get(n) for n in node.run.settings}
            return {str(name): spec for name, spec in known.items()}
        return {str(n): s for n, s in ((task.outputs or {}) if task is not None else {}).items()}

    def free_name(self, wanted: str, but: _Row) -> str:
        taken = {row.name.text() for row in self.rows if row is not but}
        name, n = wanted, 2
        while name in taken:
            name, n = f"{wanted}_{n}", n + 1
        return name

    def values(self) -> list[dict[str, Any]]:
        return [row.value() for row in self.rows]

    def problem(self) -> str:
        """What is wrong with it, in a sentence."""
        names: set[str] = set()
        for row in self.rows:
            said = row.value()
            if not said["name"]:
                return f"Each {self.kind} needs a name."
            if said["name"] in names:
                return f"There are two {self.kind}s '{said['name']}'."
            if not said[self.kind]:
                return f"The {self.kind} '{said['name']}' is of no {self.kind} of a step."
            names.add(said["name"])
        return ""


class InterfaceDialog(QDialog):
    """Names, types and help of the inputs and outputs of the whole."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Inputs and outputs")
        self._scheme = scheme
        said = scheme.base.extra.get(KEY)
        self._said = dict(said) if isinstance(said, Mapping) else {}
        words = QLabel(
            "What this workflow takes and gives as a whole, under names of its own: for the "
            "command line (<code>beamcanvas run FILE -p NAME=VALUE</code>) and for who uses it "
            "without looking inside."
        )
        words.setWordWrap(True)
        nodes = list(scheme.nodes)
        self.inputs = InterfacePart("input", nodes, _listed(self._said.get("inputs")))
        self.outputs = InterfacePart("output", nodes, _listed(self._said.get("outputs")))
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {problem_colour(self)};")
        ok = QDialogButtonBox.StandardButton.Ok
        buttons = QDialogButtonBox(ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(ok).setDefault(True)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addWidget(self.inputs)
        layout.addWidget(self.outputs)
        layout.addStretch(1)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        self.resize(860, 420)

    def accept(self) -> None:
        wrong = self.inputs.problem() or self.outputs.problem()
        self.problem.setText(wrong)
        if not wrong:
            super().accept()

    def value(self) -> dict[str, Any]:
        """As the workflow says it; empty where nothing is declared."""
        said = {**self._said, "inputs": self.inputs.values(), "outputs": self.outputs.values()}
        return {name: value for name, value in said.items() if value}


class ChangeInterface(QUndoCommand):
    """The inputs and outputs of a scheme, from what they were to others."""

    def __init__(self, scheme: Scheme, value: Mapping[str, Any]) -> None:
        super().__init__("Change inputs and outputs")
        self._scheme = scheme
        self._before = scheme.base.extra.get(KEY)
        self._after = dict(value) or None

    def redo(self) -> None:
        self._set(self._after)

    def undo(self) -> None:
        self._set(self._before)

    def _set(self, value: Any) -> None:
        self._scheme.base.extra.pop(KEY, None)
        if value is not None:
            self._scheme.base.extra[KEY] = value


def _listed(said: Any) -> list[Mapping[str, Any]]:
    return [item for item in said if isinstance(item, Mapping)] if isinstance(said, list) else []


def _choose(box: QComboBox, value: Any, named: list[tuple[str, str]]) -> None:
    """Choose a value; one that isn't known is added, a title stands for its node."""
    if value is None:
        return
    value = next((id for title, id in named if value == title), str(value))
    if box.findData(value) < 0:
        box.addItem(f"{value} (not there)", value)
    box.setCurrentIndex(box.findData(value))


def _type(spec: Any) -> str:
    if spec is None:
        return ""
    annotation = str(spec.annotation)
    name = annotation if "[" in annotation or "|" in annotation else ""
    name = name or getattr(spec.annotation, "__name__", annotation)
    unit = getattr(getattr(spec, "param", None), "unit", "")
    return name.replace("typing.", "").rpartition(".")[2] + (f" ({unit})" if unit else "")
