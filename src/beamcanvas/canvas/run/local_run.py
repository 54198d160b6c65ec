"""A node that runs by itself, where no canvas of ours drives it: in another Orange program."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from time import monotonic, perf_counter
from typing import Any

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from ...errors import Cancelled
from ...task import Progress, Task
from ...task.paths import absolute_paths
from ..threads import pool
from .node_run import NodeRun, State

#: seconds between two reports of progress that reach the window
REPORT_EVERY = 0.05


class _Call(QObject):
    """One call of the task in another thread, telling of it in the window's."""

    reported = Signal(object, str)
    ended = Signal(object, object, object, float)  #: this call, outputs, error, seconds

    def __init__(self, task: Task, inputs: Mapping[str | int, Any]) -> None:
        super().__init__()
        self.task, self.inputs = task, inputs
        self.cancelled = Event()
        self._reported = 0.0

    def __call__(self) -> None:
        start = perf_counter()
        outputs: dict[str, Any] = {}
        error: BaseException | None = None
        try:
            outputs = self.task.run(self.inputs, Progress(self._report, self.cancelled.is_set))
        except BaseException as raised:  # shown to the person, whatever it is
            error = raised
        self.ended.emit(self, outputs, error, perf_counter() - start)

    def _report(self, fraction: float | None, message: str) -> None:
        now = monotonic()
        if now - self._reported >= REPORT_EVERY or fraction == 1:
            self._reported = now
            self.reported.emit(fraction, message)


class LocalNodeRun(NodeRun):
    """Runs its task in a pool of threads. A new run replaces the one under way."""

    def __init__(
        self,
        task: Task | None,
        settings: Mapping[str | int, Any] | None = None,
        *,
        problem: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(task, settings, problem=problem, parent=parent)
        self._call: _Call | None = None
        self._abandoned: set[_Call] = set()

    def settings_edited(self) -> None:
        super().settings_edited()
        if self.automatic:
            self.run_if_ready()

    @property
    def ready(self) -> bool:
        """Whether every input that the task needs has a value."""
        if self.task is None:
            return False
        given = self.values()
        return all(n in given for n, spec in self.task.inputs.items() if spec.required)

    def run_if_ready(self) -> None:
        """Run, or wait for the inputs that are missing."""
        if self.ready:
            self.run()
        elif self.task is not None:
            self._abandon()
            self.set_state(State.WAITING)

    def run(self) -> None:
        if self.task is None:
            return
        self._abandon()
        inputs = absolute_paths(self.task, self.values(), self.folder)
        self._call = call = _Call(self.task, inputs)
        call.reported.connect(self._reported)
        call.ended.connect(self._ended)
        self.set_state(State.RUNNING)
        pool().submit(call)

    def cancel(self) -> None:
        if self._call is not None:
            self._abandon()
            self.set_state(State.CANCELLED)

    def _abandon(self) -> None:
        """Ask the call under way to stop, and wait no longer for it."""
        if self._call is not None:
            self._call.cancelled.set()
            self._call.reported.disconnect(self._reported)
            self._abandoned.add(self._call)  # Qt's object must outlive its thread's last signal
            self._call = None

    def _reported(self, fraction: float | None, message: str) -> None:
        self.progressed.emit(fraction, message)

    def _ended(
        self, call: _Call, outputs: dict[str, Any], error: BaseException | None, seconds: float
    ) -> None:
        if call is not self._call:
            self._abandoned.discard(call)
            return
        self._call = None
        self.seconds = seconds
        self.error = error
        if error is None:
            self.outputs = outputs
            self.set_state(State.DONE)
        else:
            self.outputs = {}
            cancelled = isinstance(error, Cancelled)
            self.set_state(State.CANCELLED if cancelled else State.FAILED)
