"""Where the jobs of a canvas run that don't run in its own threads: an executor a site.

An executor is served by one thread, which makes it when the first job comes and closes it
when the canvas has done with it. Jobs are handed over and given up through a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, time
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ...errors import BeamcanvasError, InputError, TaskError
from ...execution.executors.places import place_words

if TYPE_CHECKING:
    from ...execution.executors import Executor
    from .jobs import Job

#: seconds after which new orders are looked for, and after which an idle executor is closed
_LOOK, _IDLE = 0.05, 600.0


_threads: WeakSet[Thread] = WeakSet()


def wait_for_sites(seconds: float) -> None:
    """Give executors that were closed the time to end what runs on them."""
    end = monotonic() + seconds
    for thread in tuple(_threads):
        thread.join(max(0.0, end - monotonic()))


class Site:
    """One executor and the jobs on it.

    Parameters
    ----------
    where:
        The executor, as `make_executor` takes it.
    tell:
        Has a function called in the thread of the windows.
    """

    def __init__(self, where: str, tell: Callable[[Callable[[], object]], None]) -> None:
        self.where = where
        self._tell = tell
        self._orders: SimpleQueue[tuple[str, Errand | None]] = SimpleQueue()
        self._errands: dict[Job, Errand] = {}
        thread = Thread(target=self._serve, name=f"on {where}", daemon=True)
        _threads.add(thread)
        thread.start()

    def do(self, job: Job, ended: Callable[[Job], None]) -> None:
        """Have a job done; `ended` is called in the thread of the windows."""
        errand = self._errands[job] = Errand(
            job, partial(self._tell, partial(self._end, job, ended))
        )
        self._orders.put(("do", errand))

    def drop(self, job: Job) -> None:
        """Give a job up."""
        errand = self._errands.pop(job, None)
        if errand is not None:
            self._orders.put(("drop", errand))

    def close(self) -> None:
        """End all that runs there, and the executor; returns at once."""
        self._errands.clear()
        self._orders.put(("close", None))

    def _end(self, job: Job, ended: Callable[[Job], None]) -> None:
        if self._errands.pop(job, None) is not None:
            ended(job)

    # -- its thread

    def _serve(self) -> None:
        from ...execution.crew import Crew

        executor: Executor | None = None
        crew: Crew | None = None
        here: set[Errand] = set()
        idle = monotonic()
        while True:
            order, errand = self._order(0.0 if crew is not None and crew.is_busy else _IDLE)
            try:
                if order == "close":
                    break
                if order == "do" and errand is not None:
                    here.add(errand)
                    if crew is None:
                        executor = _made(self.where)
                        crew = Crew(executor)
                    crew.do(errand)
                elif order == "drop" and errand is not None and crew is not None:
                    crew.drop(errand)
                elif crew is not None and crew.is_busy:
                    crew.wait(_LOOK)
            except Exception as error:  # it can't be made or reached: nobody waits for it
                for lost in here:
                    lost.failed(_words(self.where, error))
                _close(executor)
                executor = crew = None
            here = {e for e in here if not e.is_over}
            if here:
                idle = monotonic()
            elif crew is not None and monotonic() - idle > _IDLE:
                _close(executor)
                executor = crew = None
        if crew is not None:
            with suppress(Exception):
                crew.cancel()
        _close(executor)

    def _order(self, seconds: float) -> tuple[str, Errand | None]:
        """The next order; none after so many seconds."""
        try:
            return self._orders.get(seconds != 0.0, seconds)
        except Empty:
            return "", None


class Errand:
    """A job on its way through an executor."""

    def __init__(self, job: Job, over: Callable[[], None]) -> None:
        self.job = job
        self.firing = job.firing
        self.folder: Path = job.folder
        self.is_over = False
        self._over = over

    def began(self, time: float, process_id: int) -> None:
        self.job.began = time

    def progressed(self, fraction: float | None, message: str) -> None:
        self.job.said = fraction, message

    def finished(self, outputs: dict[str, Any]) -> None:
        self.job.outputs = outputs
        self._end()

    def failed(self, error: BaseException) -> None:
        self.job.error = error
        self._end()

    def _end(self) -> None:
        if not self.is_over:
            self.is_over = True
            if self.job.began is not None:
                self.job.seconds = time() - self.job.began
            self._over()


def _made(where: str) -> Executor:
    from ...execution.executors import Executor, make_executor

    made = make_executor(where)
    if not isinstance(made, Executor):  # it takes a workflow as a whole
        raise InputError(f"{place_words(where)} doesn't run single steps, as the canvas does.")
    return made


def _close(executor: Executor | None) -> None:
    if executor is not None:
        with suppress(Exception):
            executor.close()


def _words(where: str, error: Exception) -> BaseException:
    if isinstance(error, BeamcanvasError):
        return error
    made = TaskError(f"{place_words(where)}: {type(error).__name__}: {error}")
    made.__cause__ = error
    return made
