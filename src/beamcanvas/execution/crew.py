"""Firings of whoever wants them done, on an executor that stays: what a canvas works with.

A run knows its graph and ends; a crew is told of one firing after the other, maps, retries
and ends what takes too long as a run does, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..errors import BeamcanvasError
from ..workflow import Node, Workflow
from .events import Events
from .executors import Executor
from .pieces import Pieces
from .scheduler import Firing, Scheduler
from .under_way import UnderWay


class Errand(Protocol):
    """A firing, and who is told what becomes of it, in the thread of the crew."""

    firing: Firing
    folder: Path

    def began(self, time: float, process_id: int) -> None: ...
    def progressed(self, fraction: float | None, message: str) -> None: ...
    def finished(self, outputs: dict[str, Any]) -> None: ...
    def failed(self, error: BaseException) -> None: ...


class Crew(UnderWay):
    """Does errands. All of it is called in one thread."""

    def __init__(self, executor: Executor) -> None:
        empty = Workflow()
        self._errands: dict[int, Errand] = {}  # by the identity of their firings
        super().__init__(
            empty, Scheduler(empty), _Told(self._of), executor, Path(), None, None, None
        )

    @property
    def is_busy(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self._errands)

    def do(self, errand: Errand) -> None:
        """Have an errand done."""
        self._errands[id(errand.firing)] = errand
        self._folder = errand.folder
        try:
            self._submit([errand.firing])
        except Exception as error:
            self._forget(errand)
            errand.failed(error)

    def drop(self, errand: Errand) -> None:
        """Give an errand up: its work is ended where that is possible."""
        for serial in self._forget(errand):
            self._executor.stop(serial)

    def wait(self, seconds: float) -> None:
        """Tell what happened since the last call, waiting for something to happen."""
        self._executor.wait(self, seconds)
        if self._ends:
            self._end_overdue()

    def cancel(self) -> None:
        """Give all errands up."""
        self._executor.cancel()
        for kept in (self._errands, self._pieces, self._began, self._ends):
            kept.clear()

    def _forget(self, errand: Errand) -> list[int]:
        self._errands.pop(id(errand.firing), None)
        serials = [n for n, (p, _) in self._pieces.items() if p.firing is errand.firing]
        for serial in serials:
            del self._pieces[serial]
            self._began.pop(serial, None)
            self._ends.pop(serial, None)
        return serials

    def _of(self, node: Node) -> Errand | None:
        return next((e for e in self._errands.values() if e.firing.node is node), None)

    def _done(self, pieces: Pieces, time: float) -> None:
        errand = self._errands.pop(id(pieces.firing), None)
        if errand is None:
            return
        if pieces.error is not None:
            errand.failed(pieces.error)
            return
        try:
            outputs: dict[str, Any] = self._executor.home(pieces.outputs())
        except BeamcanvasError as error:
            errand.failed(error)
        else:
            errand.finished(outputs)


class _Told(Events):
    """The events of the errands, told to them."""

    def __init__(self, of: Callable[[Node], Errand | None]) -> None:
        self.job_id = None
        self._of = of

    def __bool__(self) -> bool:
        return True

    def node_start(self, node: Node, time: float, process_id: int) -> None:
        if errand := self._of(node):
            errand.began(time, process_id)

    def node_progress(
        self, node: Node, process_id: int, fraction: float | None, message: str
    ) -> None:
        if errand := self._of(node):
            errand.progressed(fraction, message)

    def node_end(
        self, node: Node, time: float, process_id: int, error: BaseException | None = None
    ) -> None:
        """Told by `Crew`, with the outputs."""
