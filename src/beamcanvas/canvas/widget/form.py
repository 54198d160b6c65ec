"""The settings panel of a node, from its task's own annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtGui import QFont, QFontMetrics
from AnyQt.QtWidgets import (
    QGridLayout,
    QInputDialog,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...errors import InputError
from ...task import MISSING, Input, Param, Task
from ...task.paths import absolute_paths
from ..fields import CheckField, ChoiceField, DataPathField, PathField, PathsField, plain
from ..run.node_run import NodeRun, State
from .execution import ExecutionPart
from .history import History
from .row import Heading, Row, is_only_linked


class SettingsForm(QWidget):
    """The inputs of a node's task: typed ones as fields, linked ones with where they come from.

    An edit is checked by the task's own validation. A wrong one is marked with its sentence
    and goes nowhere; a good one goes to the node, and can be undone.
    """

    def __init__(
        self,
        noderun: NodeRun,
        found: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.noderun = noderun
        #: from the outputs, what the inputs that were left to the task came to
        self.found = found
        self.history = History(noderun, self)
        self.rows: dict[str | int, Row] = {}
        self.execution: ExecutionPart | None = None
        self._content: QWidget | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        noderun.inputs_changed.connect(self.refresh)
        noderun.state_changed.connect(self._state_changed)
        self.refresh()

    # -- building

    def _build(self, specs: list[Input]) -> None:
        """A row for each input, in place of those that there were."""
        if self._content is not None:
            self._content.hide()
            self._content.deleteLater()
        self.rows = {}
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for heading, group in _groups(s for s in specs if not s.param.more):
            layout.addWidget(self._group(heading, group))
        hidden = [s for s in specs if s.param.more]
        if hidden:
            layout.addWidget(self._more(hidden))
        if self.noderun.task is not None and self.noderun.task.open_inputs:
            button = QToolButton()
            button.setText("Add input …")
            button.setToolTip("This task takes inputs of any name")
            button.setAutoRaise(True)
            button.clicked.connect(self._ask_input)
            layout.addWidget(button)
        if self.noderun.rules is not None:
            self.execution = ExecutionPart(self.noderun)
            layout.addWidget(self.execution)
        layout.addStretch(1)
        self.layout().addWidget(self._content)

    def _ask_input(self) -> None:
        text, given = QInputDialog.getText(self, "Add input", "Name of the input:")
        name = text.strip()
        if given and name and name not in self.rows:
            self.history.set(int(name) if name.isdecimal() else name, "", name)

    def _group(self, heading: str, specs: list[Input]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        if heading:
            grid.addWidget(Heading(heading), 0, 0, 1, 3)
        task = self.noderun.task
        for spec in specs:
            help = task.help_for(spec.name) if task and spec.name in task.inputs else ""
            row = Row(spec, help, grid)
            self.rows[spec.name] = row
            if row.field is not None:
                row.field.edited.connect(lambda value, name=spec.name: self.edit(name, value))
        return box

    def _more(self, specs: list[Input]) -> QWidget:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        for heading, group in _groups(specs, rest=""):
            layout.addWidget(self._group(heading, group))
        inside.hide()
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(inside.setVisible)
        self.more.toggled.connect(
            lambda on: self.more.setArrowType(
                Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow
            )
        )
        box = QWidget()
        outer = QVBoxLayout(box)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addWidget(inside)
        # nobody should look for a value that is not the default behind a closed fold
        self.more.setChecked(any(s.name in self.noderun.settings for s in specs))
        return box

    def _align_labels(self) -> None:
        rows = [*self.rows.values()]
        if self.execution is not None:
            rows += self.execution.rows.values()
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)  # as a changed one is
        metrics = QFontMetrics(bold)
        beside = (r.label.text() for r in rows if not isinstance(r.field, CheckField))
        labels = max((metrics.horizontalAdvance(text) + 2 for text in beside), default=0)
        units = max((r.unit.sizeHint().width() for r in rows), default=0)
        for row in rows:
            row.label.setFixedWidth(labels)
            row.unit.setMinimumWidth(units)
        # the window asks how wide the panel is before Qt would tell the outer layouts
        for row in rows:
            inside = row.label.parentWidget()
            while inside is not None and inside is not self:
                inside.layout().activate()
                inside.updateGeometry()
                inside = inside.parentWidget()

    # -- editing

    def edit(self, name: str | int, value: Any) -> None:
        """Give an input a value as a person did in its field."""
        row = self.rows[name]
        value, problem = checked(row.spec, value)
        row.set_problem(problem)
        if not problem:
            self.history.set(name, value, row.spec.label)

    def edit_several(self, values: Mapping[str, Any], words: str) -> None:
        """Give several inputs their values at once, as picking on a plot does."""
        good = {}
        for name, value in values.items():
            row = self.rows[name]
            good[name], problem = checked(row.spec, value)
            row.set_problem(problem)
            if problem:
                return
        self.history.update(good, words)

    # -- showing

    def refresh(self) -> None:
        """Show the node's settings and links as they are now."""
        noderun = self.noderun
        specs = list(_specs(noderun))
        kinds = {spec.name: is_only_linked(spec) for spec in specs}
        if kinds != {name: row.field is None for name, row in self.rows.items()}:
            self._build(specs)
        for name, row in self.rows.items():
            value = noderun.settings.get(name, row.spec.default)
            row.show_value(value, changed=name in noderun.settings)
            row.show_link(noderun.linked.get(name))
            if isinstance(row.field, DataPathField):
                row.field.set_file(noderun.values().get(row.spec.param.of, MISSING))
            if row.spec.param.unit_of:
                row.unit.setText(row.spec.param.unit_given(self._given()))
            if isinstance(row.field, ChoiceField):
                row.field.given = self._given
            if isinstance(row.field, (DataPathField, PathField, PathsField)):
                row.field.folder = Path(noderun.folder)
        if self.execution is not None:
            self.execution.refresh()
        self._align_labels()
        self._show_found()

    def _given(self) -> dict[str, Any]:
        """What the task would get now, defaults included, with absolute paths."""
        noderun = self.noderun
        if noderun.task is None:
            return {}
        values = {n: spec.default for n, spec in noderun.task.inputs.items() if not spec.required}
        return absolute_paths(noderun.task, values | noderun.values(), noderun.folder)

    def _state_changed(self, state: State) -> None:
        if state is State.DONE:
            self._show_found()

    def _show_found(self) -> None:
        outputs = self.noderun.outputs
        found = self.found(outputs) if outputs else {}
        for name, row in self.rows.items():
            if row.field is not None and row.field.auto:
                value, problem = checked(row.spec, found.get(str(name), MISSING))
                row.field.set_found(MISSING if problem else value)


class _OneInput(Task):
    """A task of one input, to judge a value before the others are there."""

    title = "Input"

    def __init__(self, spec: Input) -> None:
        self.inputs = {spec.name: spec}

    def run(self, inputs: Mapping[str | int, Any], progress: Any = None) -> dict[str, Any]:
        raise NotImplementedError


def checked(spec: Input, value: Any) -> tuple[Any, str]:
    """The value as it is kept, and the sentence of what is wrong with it."""
    if value is MISSING:
        return MISSING, ""
    from ...task.validation import InputValidator

    try:
        valid = InputValidator(_OneInput(spec))({spec.name: value})[spec.name]
    except InputError as error:
        sentence = str(error).removeprefix("Input: ")
        return value, sentence[:1].upper() + sentence[1:]
    kept = plain(valid)
    # text stays as it was typed, a path as it was written
    return (value if isinstance(value, str) and isinstance(kept, str) else kept), ""


def _specs(noderun: NodeRun) -> Iterable[Input]:
    """Inputs of the task, then what the settings say beyond them."""
    known = noderun.task.inputs if noderun.task is not None else {}
    for spec in known.values():
        if is_only_linked(spec) and spec.name in noderun.settings:
            yield Input(spec.name, Any, spec.default, spec.help, Param(label=spec.label))
        else:
            yield spec
    group = "Other inputs" if known else ""
    for name in [*noderun.settings, *(n for n in noderun.linked if n not in noderun.settings)]:
        if name not in known:
            label = f"Input {name}" if isinstance(name, int) else ""
            yield Input(name, Any, MISSING, "", Param(label=label, group=group))  # type: ignore[arg-type]


def _groups(specs: Iterable[Input], rest: str = "Settings") -> list[tuple[str, list[Input]]]:
    """Inputs by heading, in order of first appearance; what comes along links first."""
    groups: dict[str, list[Input]] = {}
    specs = list(specs)
    for spec in specs:
        if is_only_linked(spec):
            groups.setdefault("Inputs", []).append(spec)
    for spec in specs:
        if not is_only_linked(spec):
            groups.setdefault(spec.param.group or rest, []).append(spec)
    return list(groups.items())
