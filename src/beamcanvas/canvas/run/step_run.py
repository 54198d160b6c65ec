"""The living state of a node that the engine drives, shown on the node as it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from AnyQt.QtWidgets import QUndoStack
from orangecanvas.scheme import SchemeLink
from orangecanvas.scheme.node import UserMessage

from ...errors import Cancelled
from ...execution.executors.places import HERE, place_words
from ...task import MISSING
from ...workflow import id_text
from ...workflow.rules import NODE_KEY
from ..scheme import StepNode, is_flow, key_of
from ..toolbox.registry import find_task, known_task, stored_settings
from .following import can_follow
from .jobs import Job
from .node_run import Linked, NodeRun, State
from .words import doubts

if TYPE_CHECKING:
    from .engine import Engine

_MESSAGE = "run"


class StepRun(NodeRun):
    """A `NodeRun` whose running is the engine's affair."""

    def __init__(self, engine: Engine, node: StepNode) -> None:
        super().__init__(known_task(node.record), node.record.default_inputs, parent=node)
        self.engine = engine
        self.node = node
        self.automatic = bool(stored_settings(node.record).get("automatic", True))
        self.fraction: float | None = None
        self.where = HERE  #: the executor of the last run
        self.progressed.connect(self._show_progress)

    @property
    def undo_stack(self) -> QUndoStack | None:
        return self.engine.undo_stack

    def find(self) -> None:
        """Look for the task, importing what the node names: a person wants to see or run it."""
        if self.task is None and self.node.record.task_type != "graph":
            self.task = find_task(self.node.record, self.folder)
            if self.task is None:
                self.problem = (
                    f"The task '{self.node.record.task_identifier}' isn't installed here."
                )

    def run(self) -> None:
        self.engine.run_from(self.node)

    def cancel(self) -> None:
        self.engine.cancel(self.node)

    @property
    def can_follow(self) -> bool:
        return can_follow(self.node)

    def follow(self, on: bool) -> None:
        self.engine.followed.follow(self.node, on)

    # -- how it runs

    @property
    def rules(self) -> dict[str, Any]:
        """What the node says of how it runs (`workflow.rules`)."""
        said = self.node.record.extra.get(NODE_KEY)
        return dict(said) if isinstance(said, dict) else {}

    def set_rules(self, rules: Mapping[str, Any]) -> None:
        """Have the node run another way."""
        before = self.rules
        self.node.record.extra.pop(NODE_KEY, None)
        if rules:
            self.node.record.extra[NODE_KEY] = dict(rules)
        self.inputs_changed.emit()
        self.engine.edited.emit()
        if before.get("map") != rules.get("map"):  # the outputs will be others
            self.engine.changed(self.node)

    def settings_edited(self) -> None:
        super().settings_edited()
        self.engine.setting_edited(self.node)

    # -- told by the engine

    def relink(self) -> None:
        """See again what feeds the inputs."""
        linked: dict[Any, Linked] = {}
        for link in self.engine.scheme.input_links(self.node):
            source = link.source_node
            if not link.enabled or source.run is None:
                continue
            for target, name in _mapping(link, source.run.outputs).items():
                outputs = source.run.outputs
                value = outputs if name is None else outputs.get(name, MISSING)
                linked[target] = Linked(
                    source.title,
                    "" if name is None else str(name),
                    value,
                    source.run.state is State.FAILED,
                )
        if linked or self.linked:
            self.linked = linked
            self.inputs_changed.emit()

    def ended(self, job: Job) -> None:
        """The node's own work is done."""
        self.seconds = job.seconds
        self.error = job.error
        if job.error is None:
            self.outputs = job.outputs
            self.find()  # it is known by now
        self.set_state(_outcome(job))

    def inner_ended(self, job: Job, done: int, total: int, busy: bool) -> None:
        """A node inside this one is done."""
        if job.error is not None:
            self.error = job.error
        else:
            self.outputs = {**self.outputs, _inner_title(job): job.outputs}
        if self.error is not None and not busy:
            self.set_state(State.FAILED)
        elif done == total and not busy:
            self.set_state(State.DONE)
        else:
            self.progressed.emit(done / total if total else None, _inner_title(job))

    # -- shown on the canvas

    def set_state(self, state: State) -> None:
        node = self.node
        if state is not State.RUNNING:
            self.fraction = None
        if state is State.RUNNING and node.progress != -1:
            node.set_progress(-1)
        node.set_processing_state(int(state is State.RUNNING))
        if said := doubts(self.outputs):
            node.set_state_message(UserMessage(said, UserMessage.Warning, _MESSAGE))
        else:
            node.clear_state_message(_MESSAGE)
        node.set_status_message(self._words(state))
        super().set_state(state)

    def _words(self, state: State) -> str:
        if state is State.DONE and self.seconds is not None:
            return f"{self.seconds:.1f} s" if self.seconds >= 0.05 else "done"
        if state is State.RUNNING and self.where != HERE:
            return place_words(self.where)
        words: dict[State, str] = {
            State.WAITING: "waiting",
            State.QUEUED: f"queued: {place_words(self.where)}",
            State.STALE: "out of date",
            State.CANCELLED: "cancelled",
            State.FAILED: "failed",
        }
        return words.get(state, "")

    def _show_progress(self, fraction: float | None, message: str) -> None:
        self.fraction = fraction
        if fraction is not None:
            self.node.set_progress(100 * fraction)
        if message:
            self.node.set_status_message(message)


def _mapping(link: SchemeLink, outputs: dict[str, Any]) -> dict[Any, Any]:
    """Which output a link hands to which input."""
    if not is_flow(link):
        return {key_of(link.sink_channel): key_of(link.source_channel)}
    record = getattr(link, "record", None)
    if record is None or record.on_error:
        return {}
    return {name: name for name in outputs} if record.map_all_data else record.data_mapping


def _outcome(job: Job) -> State:
    if isinstance(job.error, Cancelled):
        return State.CANCELLED
    if job.error is not None:
        return State.FAILED
    return State.STALE if job.outdated else State.DONE


def _inner_title(job: Job) -> str:
    """The title of a node as the subgraph around it calls it."""
    path = job.node_id
    inner = path[1] if isinstance(path, tuple) and len(path) == 2 else path
    return job.firing.node.label or id_text(inner)
