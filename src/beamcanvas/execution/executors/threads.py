"""Nodes at the same time, in threads of this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic, time
from typing import Any

from ...task import Progress
from ..work import Report, Work, thinned
from .base import Executor

#: how long a task has to answer a cancel
GRACE = 1.0


class Threads(Executor):
    """A pool of threads: for tasks that spend their time in libraries, files or waiting.

    A thread can't be stopped from outside. A task that doesn't look at its progress runs on
    after a cancel, its result is dropped, and it doesn't keep the program from ending.

    Parameters
    ----------
    workers:
        How many nodes run at once; as many as there are processors by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._size = workers or os.cpu_count() or 1
        self._due: SimpleQueue[tuple[Work, Event] | None] = SimpleQueue()
        self._news: SimpleQueue[tuple[Event, Callable[[Report], None], bool]] = SimpleQueue()
        self._cancelled = Event()
        self._threads = 0
        self._busy = 0  #: work submitted of which the end isn't known

    def submit(self, work: Work) -> None:
        self._busy += 1
        if self._threads < min(self._busy, self._size):
            self._threads += 1
            Thread(target=self._serve, name="beamcanvas task", daemon=True).start()
        self._due.put((work, self._cancelled))

    def wait(self, report: Report, seconds: float) -> None:
        try:
            while True:
                run, tell, last = self._news.get(timeout=seconds)
                seconds = 0.0
                if run is self._cancelled:
                    self._busy -= last
                    tell(report)
        except Empty:
            return

    def cancel(self) -> None:
        self._cancelled.set()
        try:
            while True:
                waiting = self._due.get_nowait()
                self._busy -= waiting is not None
        except Empty:
            pass
        end = monotonic() + GRACE
        while self._busy and (left := end - monotonic()) > 0:
            try:
                _, _, last = self._news.get(timeout=left)
            except Empty:
                break
            self._busy -= last
        # who hasn't answered is let go: its thread ends with the task
        self._threads -= self._busy
        self._busy = 0
        self._cancelled = Event()

    def close(self) -> None:
        self._cancelled.set()
        for _ in range(self._threads):
            self._due.put(None)
        self._threads = 0

    def _serve(self) -> None:
        while (given := self._due.get()) is not None:
            work, run = given
            self._do(work, run)
            if run.is_set() and run is not self._cancelled:
                return

    def _do(self, work: Work, run: Event) -> None:
        serial = work.serial

        def send(tell: Callable[[Report], None], last: bool = False) -> None:
            self._news.put((run, tell, last))

        def progressed(fraction: float | None, message: str) -> None:
            send(lambda report: report.progressed(serial, fraction, message))

        begin = time()
        send(lambda report: report.started(serial, begin, os.getpid()))
        try:
            outputs = work.do(Progress(thinned(progressed), run.is_set))
        except BaseException as error:
            failure: Any = error  # the name `error` ends with this block
            end = time()
            send(lambda report: report.failed(serial, failure, end), last=True)
        else:
            end = time()
            send(lambda report: report.finished(serial, outputs, end), last=True)
