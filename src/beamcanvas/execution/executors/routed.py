"""Nodes that say themselves where they run, beside those that go with the rest."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

from ...workflow import Workflow
from ..work import Report, Work
from .base import Executor
from .elsewhere import kept_elsewhere

#: seconds that one executor is waited for while others have work too
_TURN = 0.01


class Routed(Executor):
    """Hands each node to the executor that its rules name, and the others to one for all.

    Parameters
    ----------
    rest:
        For nodes that say nothing. Closing it is up to whoever made it.
    names:
        Of the other executors.

    Raises
    ------
    InputError
        When there is none of such a name.
    """

    def __init__(self, rest: Executor, names: Iterable[str]) -> None:
        from . import make_executor

        self._rest = rest
        self._named: dict[str, Executor] = {}
        self._under_way: dict[int, Executor] = {}
        try:
            for name in names:
                self._named[name] = make_executor(name)
        except BaseException:
            self.close()
            raise

    def begin(self, flat: Workflow) -> None:
        for executor in (self._rest, *self._named.values()):
            executor.begin(flat)

    def end(self, error: BaseException | None) -> None:
        for executor in (self._rest, *self._named.values()):
            executor.end(error)

    def submit(self, work: Work) -> None:
        name = work.rules.executor
        executor = self._rest if name is None else self._named[name]
        if executor is not self._rest and any(kept_elsewhere(work.inputs)):
            work.inputs = self._rest.home(work.inputs)
        self._under_way[work.serial] = executor
        executor.submit(work)

    def wait(self, report: Report, seconds: float) -> None:
        end = monotonic() + seconds
        news = _News(report, self)
        while not news.came:
            busy = list(dict.fromkeys(self._under_way.values()))
            for executor in busy:
                left = max(end - monotonic(), 0.0)
                executor.wait(news, left if len(busy) == 1 else min(left, _TURN))
            if not busy or monotonic() >= end:
                return

    def ended(self, serial: int) -> Executor:
        """Work came to its end; who did it."""
        return self._under_way.pop(serial, self._rest)

    def brought(self, outputs: dict[str, Any], executor: Executor) -> dict[str, Any]:
        """Outputs as every executor takes them: what is elsewhere is so for `rest` alone."""
        if executor is self._rest:
            return outputs
        home: dict[str, Any] = executor.home(outputs)
        return home

    def stop(self, serial: int) -> None:
        self.ended(serial).stop(serial)

    def cancel(self) -> None:
        for executor in (self._rest, *self._named.values()):
            executor.cancel()
        self._under_way.clear()

    def home(self, values: Any) -> Any:
        return self._rest.home(values)

    def close(self) -> None:
        for executor in self._named.values():
            executor.close()
        self._named.clear()


class _News:
    """Passes on what an executor reports, and notes whose work is still under way."""

    def __init__(self, report: Report, routed: Routed) -> None:
        self._report = report
        self._routed = routed
        self.came = False

    def started(self, serial: int, time: float, process_id: int) -> None:
        self.came = True
        self._report.started(serial, time, process_id)

    def progressed(self, serial: int, fraction: float | None, message: str) -> None:
        self.came = True
        self._report.progressed(serial, fraction, message)

    def finished(self, serial: int, outputs: dict[str, Any], time: float) -> None:
        self.came = True
        executor = self._routed.ended(serial)
        try:
            outputs = self._routed.brought(outputs, executor)
        except Exception as error:
            self._report.failed(serial, error, time)
            return
        self._report.finished(serial, outputs, time)

    def failed(self, serial: int, error: BaseException, time: float) -> None:
        self.came = True
        self._routed.ended(serial)
        self._report.failed(serial, error, time)

    def is_cancelled(self) -> bool:
        return self._report.is_cancelled()
