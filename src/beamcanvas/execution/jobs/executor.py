"""Nodes on the workers of a queue."""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from time import monotonic, sleep, time
from typing import Any

from ...errors import InputError, TaskError
from ..executors.base import Executor
from ..executors.due import Due
from ..work import Report, Work, not_picklable
from .board import BEAT, Board, BoardError
from .job import QUEUE, Attendant, Job
from .order import JOB
from .where import open_board

#: seconds that a queue may be without a worker, and a board out of reach, before that is an error
UNSERVED, AWAY = 10.0, 60.0
#: seconds after which it is looked for work that was lost
_LOOK = 1.0


class Celery(Executor):
    """The workers that ``beamcanvas worker`` starts, here or anywhere.

    Each node is a job of a queue, its inputs and outputs pickled. A task that is cancelled or
    takes too long is ended where it runs. A node whose worker dies is begun once more.

    Parameters
    ----------
    queue:
        Which workers: those of this queue.
    broker:
        The board of the jobs: the URL of a Redis, or an SQLite file; by default what
        `beamcanvas.execution.jobs.where.address` finds.

    Raises
    ------
    InputError
        When it can't be reached.
    """

    def __init__(self, queue: str = QUEUE, broker: str | Board | None = None) -> None:
        self._is_own = not isinstance(broker, Board)
        self._board = broker if isinstance(broker, Board) else open_board(broker)
        self._queue = queue
        self._self = Attendant.here((), 0)
        #: whose end is the end of the work too: the job that this is part of, or this program
        self._parent = os.environ.get(JOB, self._self.id)
        self._due = Due()
        self._jobs: dict[str, int] = {}  # serial numbers, by id
        self._refused: list[tuple[Work, InputError]] = []
        self._looked = self._beaten = 0.0
        self._away: float | None = None
        self._unserved: float | None = None

    def submit(self, work: Work) -> None:
        self._due.add(work)

    def wait(self, report: Report, seconds: float) -> None:
        try:
            self._send()
            self._refuse(report)
            if self._jobs:
                for news in self._board.heard(self._self.id, seconds):
                    self._hear(report, *pickle.loads(news))  # noqa: S301 - of our workers
            self._look(report)
            self._away = None
        except BoardError:  # it may come back
            now = monotonic()
            self._away = self._away or now
            if now - self._away > AWAY:
                raise
            sleep(min(seconds, 0.1))

    def _send(self) -> None:
        while self._due:
            work = self._due.next()
            try:
                payload = pickle.dumps(work, protocol=5)
            except Exception as error:
                self._refused.append((work, not_picklable(work.inputs.items(), "input", error)))
                continue
            job = Job(work.title, "node", self._queue, self._parent, self._self.id)
            try:
                self._board.submit(job, payload)
            except BoardError:
                self._due.add(work)
                raise
            self._jobs[job.id] = work.serial

    def _refuse(self, report: Report) -> None:
        while self._refused:
            work, error = self._refused.pop()
            report.failed(work.serial, error, time())

    def _hear(self, report: Report, job_id: str, what: str, *details: Any) -> None:
        serial = self._jobs.get(job_id)
        if serial is None:
            return
        if what in ("started", "progressed"):
            getattr(report, what)(serial, *details)
            return
        del self._jobs[job_id]
        self._board.remove([job_id])
        if what == "failed":
            report.failed(serial, details[0], time())
            return
        try:
            what, value, end = pickle.loads(details[0])  # noqa: S301 - of our workers
        except Exception as error:
            why = InputError(f"Its outputs can't be read in this process: {error}.")
            report.failed(serial, why, time())
            return
        getattr(report, what)(serial, value, end)

    def _look(self, report: Report) -> None:
        """Look for work that nobody will do."""
        now = monotonic()
        if not self._jobs or now - self._looked < _LOOK:
            return
        self._looked = now
        if now - self._beaten > BEAT:
            self._beaten = now
            self._board.beat(self._self)
            self._board.recover()
        known = {job.id: job for job in self._board.children(self._parent)}
        for job_id in [job_id for job_id in self._jobs if job_id not in known]:
            job = self._board.job(job_id)
            if job is None or job.state == "lost":
                error = "It is no longer known at the queue." if job is None else job.error
                self._give_up(report, job_id, TaskError(str(error)))
        waiting = [n for n in self._jobs if n in known and known[n].state == "queued"]
        if not waiting or self._board.is_served(self._queue):
            self._unserved = None
            return
        self._unserved = self._unserved or now
        if now - self._unserved > UNSERVED:
            words = f"No worker takes jobs of the queue '{self._queue}' at {self._board.name}."
            for job_id in waiting:
                self._board.cancel(job_id)
                self._give_up(report, job_id, InputError(words))

    def _give_up(self, report: Report, job_id: str, error: Exception) -> None:
        serial = self._jobs.pop(job_id)
        self._board.remove([job_id])
        report.failed(serial, error, time())

    def stop(self, serial: int) -> None:
        self._due.remove(serial)
        for job_id in [job_id for job_id, n in self._jobs.items() if n == serial]:
            self._stop(job_id)

    def _stop(self, job_id: str) -> None:
        del self._jobs[job_id]
        self._board.cancel(job_id)
        job = self._board.job(job_id)
        if job is not None and job.is_ended:  # else its worker removes it
            self._board.remove([job_id])

    def cancel(self) -> None:
        self._due.clear()
        self._refused.clear()
        with suppress(BoardError):  # the workers find out that nobody is there any more
            for job_id in list(self._jobs):
                self._stop(job_id)
        self._jobs.clear()

    def close(self) -> None:
        self.cancel()
        with suppress(BoardError):
            self._board.leave(self._self.id)
        if self._is_own:
            self._board.close()
