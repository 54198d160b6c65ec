"""One node after the other, in the thread that runs the workflow."""

from __future__ import annotations

import os
from functools import partial
from time import time

from ...task import Progress
from ..work import Report, Work, thinned
from .base import Executor
from .due import Due


class Inline(Executor):
    """The simplest executor: no threads, nothing copied, easy to debug."""

    def __init__(self) -> None:
        self._due = Due()

    def submit(self, work: Work) -> None:
        self._due.add(work)

    def wait(self, report: Report, seconds: float) -> None:
        if not self._due:
            return
        work = self._due.next()
        serial = work.serial
        progress = Progress(thinned(partial(report.progressed, serial)), report.is_cancelled)
        report.started(serial, time(), os.getpid())
        try:
            outputs = work.do(progress)
        except (Exception, SystemExit) as error:
            report.failed(serial, error, time())
        else:
            report.finished(serial, outputs, time())

    def stop(self, serial: int) -> None:
        self._due.remove(serial)

    def cancel(self) -> None:
        self._due.clear()
