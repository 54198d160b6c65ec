"""One node after the other, in the thread that runs the workflow."""

from __future__ import annotations

import os
from collections import deque
from functools import partial
from time import time

from ...task import Progress
from ..work import Report, Work, thinned
from .base import Executor


class Inline(Executor):
    """The simplest executor: no threads, nothing copied, easy to debug."""

    def __init__(self) -> None:
        self._due: deque[Work] = deque()

    def submit(self, work: Work) -> None:
        self._due.append(work)

    def wait(self, report: Report, seconds: float) -> None:
        if not self._due:
            return
        work = self._due.popleft()
        serial = work.serial
        progress = Progress(thinned(partial(report.progressed, serial)), report.is_cancelled)
        report.started(serial, time(), os.getpid())
        try:
            outputs = work.do(progress)
        except (Exception, SystemExit) as error:
            report.failed(serial, error, time())
        else:
            report.finished(serial, outputs, time())

    def cancel(self) -> None:
        self._due.clear()
