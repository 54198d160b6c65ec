"""The fold *Execution* of a node's panel: where and how the node runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QGridLayout, QToolButton, QVBoxLayout, QWidget

from ...execution.executors.places import HERE, place_words, places
from ...task import MISSING, Input, Param
from ..run.node_run import NodeRun
from .history import set_rules
from .row import Heading, Row

_RESOURCES = "resources"


class ExecutionPart(QWidget):
    """What a node says of how it runs, each change a step to undo."""

    def __init__(self, noderun: NodeRun) -> None:
        super().__init__()
        self.noderun = noderun
        self.rows: dict[str, Row] = {}
        self._inputs: tuple[str, ...] = ()
        self._inside: QWidget | None = None
        self.fold = QToolButton()
        self.fold.setText("Execution")
        self.fold.setToolTip("Where and how this step runs")
        self.fold.setCheckable(True)
        self.fold.setAutoRaise(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setArrowType(Qt.ArrowType.RightArrow)
        self.fold.toggled.connect(self._show_inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        # nobody should look behind a closed fold for what isn't usual
        self.fold.setChecked(bool(noderun.rules))

    def refresh(self) -> None:
        """Show it as it is now."""
        if self._inside is None:
            return
        inputs = _mappable(self.noderun)
        if inputs != self._inputs:
            self._build()
            return
        said = dict(self.noderun.rules or {})
        resources = said.get(_RESOURCES)
        values = {**said, **(resources if isinstance(resources, Mapping) else {})}
        over = values.get("map")
        if isinstance(over, (str, int)):
            values["map"] = [over]
        for name, row in self.rows.items():
            row.show_value(values.get(name, row.spec.default), changed=name in values)
            row.link.hide()

    def _show_inside(self, on: bool) -> None:
        self.fold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        if on and self._inside is None:
            self._build()
        elif self._inside is not None:
            self._inside.setVisible(on)

    def _build(self) -> None:
        if self._inside is not None:
            self._inside.deleteLater()
        self._inputs = _mappable(self.noderun)
        self._inside = QWidget()
        grid = QGridLayout(self._inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.rows = {}
        for spec in _how(self._inputs, self.noderun.rules or {}):
            self._add(spec, grid)
        grid.addWidget(Heading("As a job of a cluster"), grid.rowCount(), 0, 1, 3)
        for spec in _WITH:
            self._add(spec, grid)
        self.layout().addWidget(self._inside)
        self.refresh()

    def _add(self, spec: Input, grid: QGridLayout) -> None:
        row = self.rows[str(spec.name)] = Row(spec, spec.help, grid)
        if row.field is not None:
            row.field.edited.connect(lambda value, name=str(spec.name): self.edit(name, value))

    def edit(self, name: str, value: Any) -> None:
        """Change one of them, as a person did in its field."""
        from .form import checked

        row = self.rows[name]
        value, problem = checked(row.spec, value)
        row.set_problem(problem)
        if problem:
            return
        rules = dict(self.noderun.rules or {})
        place = rules
        if name in {spec.name for spec in _WITH}:
            place = dict(rules.get(_RESOURCES) or {})
        place.pop(name, None)
        if value is not MISSING and value != row.spec.default and value != []:
            place[name] = list(value) if isinstance(value, (list, tuple)) else value
        if place is not rules:
            rules.pop(_RESOURCES, None)
            if place:
                rules[_RESOURCES] = place
        set_rules(self.noderun, rules, f"Change {row.spec.label}")


def _mappable(noderun: NodeRun) -> tuple[str, ...]:
    """The inputs that may be lists to go through: linked ones, lists, and those that are said."""
    found = dict.fromkeys(map(str, noderun.linked))
    found |= dict.fromkeys(
        str(n) for n, v in noderun.settings.items() if isinstance(v, (list, tuple)) and v
    )
    over = (noderun.rules or {}).get("map", ())
    found |= dict.fromkeys(map(str, [over] if isinstance(over, (str, int)) else over))
    return tuple(found)


def _how(inputs: tuple[str, ...], rules: Mapping[str, Any]) -> list[Input]:
    known = [place.name for place in places()]
    now = rules.get("executor")
    choices: list[Any] = [*known, *([now] if now and now not in known else [])]
    words = {name: place_words(str(name)) for name in choices}
    words[HERE] = "This computer"
    specs = [
        Input(
            "executor",
            str | None,
            None,
            "Where this step runs; by itself, where the scheme does. What an executor takes can be "
            "typed after its name: dask:tcp://host:8786, slurm:partition=gpu.",
            Param(
                label="Run on", choices=lambda: [None, *choices], words=words, auto="as the scheme",
                unavailable=lambda: {p.name: why for p in places() if (why := p.needs())},
            ),
        ),
        Input(
            "retries", int, 0, "So often what failed is tried again.",
            Param(label="Try again", unit="times", ge=0),
        ),
        Input(
            "timeout", float | None, None, "What one try may take.",
            Param(label="Takes at most", unit="s", gt=0, auto="no limit"),
        ),
        Input(
            "priority", int, 0, "Of steps that are due at once, the one with more goes first.",
            Param(label="Priority"),
        ),
    ]  # fmt: skip
    if inputs:
        names: Any = Literal.__getitem__(inputs)
        each = Input(
            "map", list[names], [],
            "These inputs are lists: the step runs once for each item, and gives lists.",
            Param(label="Once for each of"),
        )  # fmt: skip
        specs.insert(1, each)
    return specs


_WITH = (
    Input("cores", int | None, None, "Cores of the processor.",
          Param(label="Cores", ge=1, auto="as given")),
    Input("memory", float | None, None, "Memory.",
          Param(label="Memory", unit="GB", gt=0, auto="as given")),
    Input("gpus", int | None, None, "Graphics cards.",
          Param(label="GPUs", ge=1, auto="none")),
    Input("partition", str | None, None, "Partition of the cluster.",
          Param(label="Partition", auto="as given")),
    Input("time", float | None, None, "After so long the cluster ends it.",
          Param(label="Time", unit="min", gt=0, auto="as given")),
)  # fmt: skip
