"""Nodes that follow a growing file: each runs again when it has grown, one run at a time."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from AnyQt.QtCore import QObject, QTimer

from ...task.source import Following, can_be_followed
from ...workflow import NodeId
from ..scheme import StepNode

if TYPE_CHECKING:
    from .engine import Engine

#: how often the files are looked at
LOOK_MS = 50
#: seconds without a change after which a file that doesn't say counts as whole
REST = 5.0


def can_follow(node: StepNode) -> bool:
    """Whether a node reads a file that somebody chose, or a stream."""
    run = node.run
    if run is None or run.task is None:
        return False
    return can_be_followed(run.task, run.settings, run.folder)


class Followed(QObject):
    """Looks at the files and has the engine run what they reach.

    While a run is under way nothing is begun: the next one takes what is there by then.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.engine = engine
        self._nodes: dict[NodeId, Following] = {}
        self._due: set[NodeId] = set()  #: of the run under way
        self._look = QTimer(self, interval=LOOK_MS, timeout=self._look_at_files)
        engine.running_changed.connect(self._run_changed)

    def follow(self, node: StepNode, on: bool) -> None:
        """Follow the file that a node reads, or stop that."""
        if on and can_follow(node):
            run = node.run
            self._nodes[node.id] = Following(run.task, run.settings, run.folder, REST)
            self._look.start()
        else:
            self.forget(node)
        if node.run is not None:
            node.run.following_changed.emit(node.id in self._nodes)

    def is_following(self, node: StepNode) -> bool:
        return node.id in self._nodes

    def forget(self, node: StepNode) -> None:
        """A node is gone, or its files are others."""
        self._nodes.pop(node.id, None)
        self._due.discard(node.id)
        if not self._nodes:
            self._look.stop()

    def inputs(self) -> dict[NodeId, dict[Any, Any]]:
        """What the followed nodes are told beside their settings."""
        return {n: dict(f.inputs) for n, f in self._nodes.items() if f.inputs}

    def _look_at_files(self) -> None:
        if self.engine.is_running:
            return
        now = monotonic()
        due = [n for n, following in self._nodes.items() if following.is_due(now)]
        nodes = [node for n in due if (node := self.engine.scheme.node_of(n)) is not None]
        if nodes:
            self._due = {node.id for node in nodes}
            self.engine.run_after_change(nodes)

    def _run_changed(self, running: bool) -> None:
        if running:
            return
        due, self._due = self._due, set()
        for node_id in due:
            node = self.engine.scheme.node_of(node_id)
            following = self._nodes.get(node_id)
            if node is None or node.run is None or following is None:
                continue
            outputs = node.run.outputs if node.run.error is None else {}
            if following.passed(outputs):
                self.follow(node, False)
