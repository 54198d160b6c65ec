"""A node that runs by itself, where no canvas of ours drives it: in another Orange program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Event
from time import monotonic, perf_counter
from typing import Any

from AnyQt import sip
from AnyQt.QtCore import QObject

from ...errors import Cancelled
from ...task import Progress, Task
from ...task.paths import absolute_paths
from ...task.progress import Look
from ..threads import pool, window_thread
from .node_run import NodeRun, State

#: seconds between two reports of progress that reach the window
REPORT_EVERY = 0.05


class _Call:
    """One call of the task in another thread."""

    def __init__(self, task: Task, inputs: Mapping[str | int, Any]) -> None:
        self.task, self.inputs = task, inputs
        self.cancelled = Event()
        self.look: Look | None = None  #: gives outputs that are not whole yet
        self.outputs: dict[str, Any] = {}
        self.error: BaseException | None = None
        self.seconds = 0.0

    def perform(self, report: Callable[[float | None, str], None]) -> None:
        """Call the task; what comes of it, an error too, is kept."""
        last = 0.0

        def told(fraction: float | None, message: str) -> None:
            nonlocal last
            now = monotonic()
            if now - last >= REPORT_EVERY or fraction == 1:
                last = now
                report(fraction, message)

        start = perf_counter()
        try:
            progress = Progress(told, self.cancelled.is_set, self._show)
            self.outputs = self.task.run(self.inputs, progress)
        except BaseException as error:  # shown to the person, whatever it is
            self.error = error
        self.seconds = perf_counter() - start

    def _show(self, look: Look) -> None:
        self.look = look


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
        self._window_thread = window_thread()

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
        self.set_state(State.RUNNING)
        pool().submit(self._perform, call)

    def _perform(self, call: _Call) -> None:
        back = self._window_thread.call
        call.perform(lambda *said: back(partial(self._reported, call, *said)))
        back(partial(self._ended, call))

    def cancel(self) -> None:
        if self._call is not None:
            self._abandon()
            self.set_state(State.CANCELLED)

    def _abandon(self) -> None:
        """Ask the call under way to stop, and wait no longer for it."""
        if self._call is not None:
            self._call.cancelled.set()
            self._call = None

    def _waits_for(self, call: _Call) -> bool:
        return call is self._call and not sip.isdeleted(self)

    def _reported(self, call: _Call, fraction: float | None, message: str) -> None:
        if self._waits_for(call):
            self.look = call.look
            self.progressed.emit(fraction, message)

    def _ended(self, call: _Call) -> None:
        if not self._waits_for(call):
            return
        self._call = None
        self.seconds, self.error = call.seconds, call.error
        self.outputs = call.outputs
        if call.error is None:
            self.set_state(State.DONE)
        else:
            cancelled = isinstance(call.error, Cancelled)
            self.set_state(State.CANCELLED if cancelled else State.FAILED)
