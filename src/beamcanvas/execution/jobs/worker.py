"""A worker: takes jobs of a board, so many at once, until it is told to end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep, time
from types import FrameType
from typing import Any

from .board import BEAT, Board, BoardError
from .job import QUEUE, Attendant, Job
from .redis_board import TASK, RedisBoard
from .runner import Runner
from .sqlite_board import SqliteBoard

log = logging.getLogger("beamcanvas.worker")

#: seconds between looks at a file of jobs: at first, and when long nothing came
_SOON, _LATER, _IDLE = 0.005, 0.05, 10.0
#: seconds after which it is looked also for what this process wrote itself
_ANYWAY = 1.0


class Worker:
    """Takes jobs of a board.

    Parameters
    ----------
    board:
        Where they stand.
    queues:
        Of which queues.
    places:
        How many at once.
    told:
        Called with each job that ended.
    """

    def __init__(
        self,
        board: Board,
        queues: Sequence[str] = (QUEUE,),
        places: int = 1,
        told: Callable[[Job], None] | None = None,
    ) -> None:
        self.board = board
        self.attendant = Attendant.here(tuple(queues), places)
        self._told = told
        self._ending = Flag()  # takes no more jobs
        self._leaving = Flag()  # and hands back those under way
        self._doing: list[str] = []
        self._runners: SimpleQueue[Runner] = SimpleQueue()
        self._all = [Runner(board, self.attendant.id, self._leaving) for _ in range(places)]

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Take jobs until the process is told to end, by Ctrl-C or SIGTERM.

        The first time no more jobs are taken and those under way are waited for; the second
        time these are handed back to the board, and another worker does them.

        Parameters
        ----------
        ready:
            Called when jobs can come, also when the board was away and is there again.
        """
        before = {n: signal.signal(n, self._end) for n in (signal.SIGINT, signal.SIGTERM)}
        self.board.beat(self.attendant)
        beats = Thread(target=self._beat, name="beamcanvas worker beats", daemon=True)
        try:
            with ThreadPoolExecutor(len(self._all)) as threads:
                list(threads.map(Runner.make_ready, self._all))
            for runner in self._all:
                self._runners.put(runner)
            beats.start()
            if isinstance(self.board, RedisBoard):
                self._serve_celery(self.board, ready)
            elif isinstance(self.board, SqliteBoard):
                self._serve_file(self.board, ready)
        finally:
            self._ending.set()
            self._leaving.set()
            for runner in self._all:
                runner.close()
            with suppress(BoardError):
                self.board.leave(self.attendant.id)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._ending.is_set():
            self._leaving.set()
            return
        self._ending.set()
        under_way = len(self._all) - self._runners.qsize()
        if under_way:
            log.warning(
                "No more jobs are taken; %d under way are waited for. "
                "Once more, and they are handed back.",
                under_way,
            )

    def _beat(self) -> None:
        while not self._ending.wait(BEAT):
            self._beat_once()
        while not self._leaving.wait(BEAT):  # jobs under way are waited for
            with suppress(BoardError):
                self.board.beat(self.attendant)

    def _beat_once(self) -> None:
        try:
            self.board.beat(self.attendant)
            for job in self.board.recover():
                log.warning("The worker of job %s died: %s.", job.id[:8], job.title)
            self.look_for_lost()
        except BoardError as error:
            log.warning("%s", error)

    def look_for_lost(self) -> None:
        """Begin what was lost on the way, as a connection broke or who put it up died.

        These are jobs that this worker should have begun, but nobody told it that it may, and
        jobs that wait though it is idle.
        """
        due = []
        for job in self.board.unfinished():
            if job.worker == self.attendant.id and job.id not in self._doing:
                self.board.hand_back(job)
            elif job.state == "queued" and job.queue in self.attendant.queues:
                if time() - job.submitted > 2 * BEAT:
                    due.append(job)
        if self._runners.qsize() == len(self._all):
            for job in due[: len(self._all)]:  # one that is delivered twice is begun once
                self.board.deliver(job)

    def do(self, job_id: str) -> str | None:
        """Do a job, in the thread that calls; the state that it came to."""
        runner = self._runners.get()
        self._doing.append(job_id)
        try:
            job = runner.do(job_id)
        except BoardError:  # left while it could not be reached
            return None
        finally:
            self._doing.remove(job_id)
            self._runners.put(runner)
        if job is not None and self._told is not None:
            self._told(job)
        return None if job is None else job.state

    def _serve_file(self, board: SqliteBoard, ready: Callable[[], None]) -> None:
        board.clean()
        ready()
        looked, worked = 0.0, monotonic()
        doing: list[Future[Any]] = []
        with ThreadPoolExecutor(len(self._all), "beamcanvas job") as threads:
            while not self._ending.is_set():
                job_id = None
                try:
                    left = [one for one in doing if not one.done()]
                    if len(left) < len(doing):
                        doing, worked = left, monotonic()
                    is_due = monotonic() - looked > _ANYWAY or board.has_changed()
                    if len(doing) < len(self._all) and (is_due or monotonic() - worked < _ANYWAY):
                        looked = monotonic()
                        job_id = board.due(self.attendant.queues)
                except BoardError as error:
                    log.warning("%s", error)
                    self._ending.wait(1.0)
                    continue
                if job_id is not None:
                    worked = monotonic()
                    doing.append(threads.submit(self.do, job_id))
                sleep(_SOON if monotonic() - worked < _IDLE else _LATER)

    def _serve_celery(self, board: RedisBoard, ready: Callable[[], None]) -> None:
        from .celery_worker import serve

        serve(board.celery, TASK, self.do, self.attendant, ready, self._ending)
