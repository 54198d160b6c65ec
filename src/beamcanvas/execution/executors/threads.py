"""Nodes at the same time, in threads of this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from queue import Empty, PriorityQueue, SimpleQueue
from threading import Thread
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
        # what has more priority first, else as it came; what has no work ends a thread
        self._due: PriorityQueue[tuple[float, int, _Ticket | None]] = PriorityQueue()
        self._number = count()
        self._news: SimpleQueue[tuple[_Ticket, Callable[[Report], None], bool]] = SimpleQueue()
        self._busy: dict[int, _Ticket] = {}  #: work submitted of which the end isn't known
        self._threads = 0

    def submit(self, work: Work) -> None:
        ticket = self._busy[work.serial] = _Ticket(work)
        self._due.put((-work.priority, next(self._number), ticket))
        self._start_threads()

    def _start_threads(self) -> None:
        while self._threads < min(len(self._busy), self._size):
            self._threads += 1
            Thread(target=self._serve, name="beamcanvas task", daemon=True).start()

    def wait(self, report: Report, seconds: float) -> None:
        try:
            while True:
                ticket, tell, last = self._news.get(timeout=seconds)
                seconds = 0.0
                if not ticket.given_up:
                    if last:
                        del self._busy[ticket.work.serial]
                    tell(report)
        except Empty:
            return

    def stop(self, serial: int) -> None:
        ticket = self._busy.pop(serial, None)
        if ticket is not None:
            ticket.given_up = True
            if ticket.begun:
                self._leave_alone(ticket)
            self._start_threads()

    def _leave_alone(self, ticket: _Ticket) -> None:
        """Don't count on the thread of a task any more: it ends with the task."""
        ticket.is_last = True
        self._threads -= 1

    def cancel(self) -> None:
        for ticket in self._busy.values():
            ticket.given_up = True
        answering = {serial: ticket for serial, ticket in self._busy.items() if ticket.begun}
        end = monotonic() + GRACE
        while answering and (left := end - monotonic()) > 0:
            try:
                ticket, _, last = self._news.get(timeout=left)
            except Empty:
                break
            if last:
                answering.pop(ticket.work.serial, None)
        for ticket in answering.values():
            self._leave_alone(ticket)
        self._busy.clear()

    def close(self) -> None:
        for ticket in self._busy.values():
            ticket.given_up = True
        for _ in range(self._threads):
            self._due.put((float("inf"), next(self._number), None))
        self._threads = 0

    def _serve(self) -> None:
        while (ticket := self._due.get()[2]) is not None:
            if not ticket.given_up:
                ticket.begun = True
                self._do(ticket)
                if ticket.is_last:
                    return

    def _do(self, ticket: _Ticket) -> None:
        serial = ticket.work.serial

        def send(tell: Callable[[Report], None], last: bool = False) -> None:
            self._news.put((ticket, tell, last))

        def progressed(fraction: float | None, message: str) -> None:
            send(lambda report: report.progressed(serial, fraction, message))

        begin = time()
        send(lambda report: report.started(serial, begin, os.getpid()))
        try:
            outputs = ticket.work.do(Progress(thinned(progressed), lambda: ticket.given_up))
        except BaseException as error:
            failure: Any = error  # the name `error` ends with this block
            end = time()
            send(lambda report: report.failed(serial, failure, end), last=True)
        else:
            end = time()
            send(lambda report: report.finished(serial, outputs, end), last=True)


@dataclass(slots=True)
class _Ticket:
    """Work, and what a thread and the run tell each other of it."""

    work: Work
    begun: bool = False
    given_up: bool = False
    is_last: bool = False  #: that its thread does
