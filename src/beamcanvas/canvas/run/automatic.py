"""What runs by itself: what a changed setting or link reaches, a moment after the last change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from AnyQt.QtCore import QObject, QTimer

from ...workflow import NodeId
from ..scheme import StepNode
from .node_run import State

if TYPE_CHECKING:
    from .engine import Engine

#: a change of a setting waits this long for the next one
SETTLE_MS = 150


class Automatic(QObject):
    """Collects changes and has the engine run what they reach, where that is wanted."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.engine = engine
        #: a person edited or ran something; nothing runs by itself before that
        self.started = False
        self._paused = False
        self._changed: set[NodeId] = set()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS, timeout=self._follow)

    def pause(self) -> None:
        """Nothing runs by itself until `resume`."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        if self._changed:
            self._settle.start()

    def changed(self, node: StepNode) -> None:
        """What a node would do changed."""
        if self.started and node.run is not None and node.run.automatic:
            self._changed.add(node.id)
            if not self._paused:
                self._settle.start()

    def forget(self, node: StepNode) -> None:
        """A node is gone."""
        self._changed.discard(node.id)

    def forget_all(self) -> None:
        self._settle.stop()
        self._changed.clear()

    def _follow(self) -> None:
        changed, self._changed = self._changed, set()
        nodes = [n for n in map(self.engine.scheme.node_of, changed) if n is not None]
        ready = [n for n in nodes if can_run(n)]
        if ready:
            self.engine.run_after_change(ready)


def can_run(node: StepNode) -> bool:
    """Whether a node may run by itself, and has what it needs for its first time."""
    run = node.run
    if run is None or not run.automatic:
        return False
    if run.state is not State.IDLE:
        return True
    if run.task is None:
        return False
    values = run.values()
    return all(name in values for name, spec in run.task.inputs.items() if spec.required)
