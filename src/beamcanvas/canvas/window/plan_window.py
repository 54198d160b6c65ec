"""The window *What would run*: a dry run of the scheme."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from AnyQt import sip
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...errors import BeamcanvasError, WorkflowError
from ...execution.executors.places import place_words
from ..look import RUN_STYLE, problem_colour
from ..threads import pool, window_thread
from .past_run import short_task, short_value

if TYPE_CHECKING:
    from ...execution.plan import Plan, Step
    from ...workflow import Workflow
    from ..run.engine import Engine


class PlanWindow(QDialog):
    """What would run, where, with which inputs, and what is missing.

    The tasks are imported in the background; none is run.
    """

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What would run")
        self._engine = engine
        self.words = QLabel("Looking at the steps …")
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.steps = QTreeWidget()
        self.steps.setHeaderLabels(["Step", "What", "Where", "Inputs", "Task"])
        self.steps.setRootIsDecorated(False)
        self.steps.setUniformRowHeights(True)
        self.steps.setAlternatingRowColors(True)
        for column, width in enumerate((170, 110, 140, 330)):
            self.steps.setColumnWidth(column, width)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.run_button = QPushButton("Run all")
        self.run_button.setStyleSheet(RUN_STYLE)
        self.run_button.setEnabled(False)
        buttons.addButton(self.run_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._run)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(self.steps, 1)
        layout.addWidget(buttons)
        self.resize(960, 420)
        self._look(engine.scheme.workflow())

    def _look(self, workflow: Workflow) -> None:
        from ...execution.plan import plan

        back = window_thread().call

        def work() -> None:
            show: Callable[[], object]
            try:
                found = plan(workflow)
            except WorkflowError as error:
                problems = list(error.problems) or [str(error)]
                show = lambda: self._show(None, problems)  # noqa: E731
            except BeamcanvasError as error:
                problems = [str(error)]
                show = lambda: self._show(None, problems)  # noqa: E731
            else:
                show = lambda: self._show(found, found.problems)  # noqa: E731
            back(lambda: None if sip.isdeleted(self) else show())

        pool().submit(work)

    def _show(self, found: Plan | None, problems: list[str]) -> None:
        for step in found.steps if found is not None else ():
            self.steps.addTopLevelItem(self._item(step))
        if problems:
            colour = problem_colour(self)
            self.words.setStyleSheet(f"color: {colour};")
            self.words.setTextFormat(Qt.TextFormat.PlainText)
            more = f"\n… and {len(problems) - 8} more" if len(problems) > 8 else ""
            self.words.setText("\n".join(problems[:8]) + more)
            return
        count = len(found.steps) if found is not None else 0
        self.words.setText(f"Nothing is missing: {count} step{'' if count == 1 else 's'}.")
        self.run_button.setEnabled(True)
        self.run_button.setFocus()

    def _item(self, step: Step) -> QTreeWidgetItem:
        times = "many times" if step.times is None else f"{step.times} times"
        said = [f"{name} = {short_value(value)}" for name, value in step.inputs.items()]
        said += [f"{name} from {source}" for name, source in step.linked.items()]
        item = QTreeWidgetItem(
            [
                step.node.title,
                step.state if step.times == 1 else f"{step.state}, {times}",
                place_words(self._engine.where_of(step.node)),
                ", ".join(said),
                short_task(step.node.task_identifier or step.node.task_type),
            ]
        )
        item.setToolTip(4, str(step.node.task_identifier or step.node.task_type))
        item.setToolTip(3, "\n".join(said))
        return item

    def _run(self) -> None:
        self.accept()
        self._engine.run_all()
