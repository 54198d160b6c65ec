"""An executor that lets the data acquisition on the same machine come first."""

from __future__ import annotations

import os
from collections import deque
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from time import time

from beamcanvas import Progress, TaskError
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.work import Report, Work, portable

SPAWN = get_context("spawn")


class Nice(Executor):
    """Each node in a process of its own, at the lowest priority."""

    def __init__(self) -> None:
        self._due: deque[Work] = deque()
        self._running: dict[Connection, tuple[Work, SPAWN.Process]] = {}

    def submit(self, work: Work) -> None:
        self._due.append(work)

    def wait(self, report: Report, seconds: float) -> None:
        while self._due and len(self._running) < os.cpu_count():
            work = self._due.popleft()
            try:
                self._start(work)
            except Exception as error:  # an input that can't be sent to a process
                report.started(work.serial, time(), os.getpid())
                report.failed(work.serial, error, time())
        for connection in wait(list(self._running), seconds):
            work, process = self._running[connection]
            try:
                what, *details = connection.recv()
            except EOFError:
                error = TaskError(f"The process of '{work.title}' ended before it was done.")
                what, details = "failed", [error, time()]
            getattr(report, what)(work.serial, *details)
            if what in ("finished", "failed"):
                del self._running[connection]
                process.join()

    def _start(self, work: Work) -> None:
        ours, theirs = SPAWN.Pipe(duplex=False)
        process = SPAWN.Process(target=_do, args=(work, theirs))
        process.start()
        theirs.close()
        self._running[ours] = work, process

    def cancel(self) -> None:
        self._due.clear()
        for _, process in self._running.values():
            process.kill()
            process.join()
        self._running.clear()

    def close(self) -> None:
        self.cancel()


def _do(work: Work, connection: Connection) -> None:
    """What the process does."""
    os.nice(19)

    def send(what: str, *details: object) -> None:
        connection.send((what, *details))

    send("started", time(), os.getpid())
    try:
        outputs = work.do(Progress(lambda fraction, words: send("progressed", fraction, words)))
        send("finished", outputs, time())
    except (Exception, SystemExit) as error:
        send("failed", portable(error), time())
