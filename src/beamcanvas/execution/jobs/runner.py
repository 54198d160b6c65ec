"""One place of a worker: a process that does one job after the other, and who minds it."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from threading import Event as Flag
from time import monotonic
from typing import Any, TypeVar

from ...errors import Cancelled
from ..executors.processes import Processes
from .aftermath import close_run
from .board import Board, BoardError
from .job import Job
from .order import Done, work_of

log = logging.getLogger("beamcanvas.worker")

T = TypeVar("T")

#: seconds after which it is looked whether a job is still wanted
_LOOK = 0.2
#: seconds between news of how far a workflow is
_TOLD = 0.5
#: seconds after which a board that can't be reached is tried again
_AGAIN = 0.5


class Runner:
    """Does jobs of a board, one at a time, in a process that can be ended.

    Parameters
    ----------
    board:
        Where the jobs stand.
    worker:
        The id of the worker whose place this is.
    leaving:
        When it is set, what is under way is handed back to the board.
    """

    def __init__(self, board: Board, worker: str, leaving: Flag) -> None:
        self._board = board
        self._worker = worker
        self._leaving = leaving
        self._pool = Processes(1)

    def make_ready(self) -> None:
        """Start the process, so that the first job needn't wait for it."""
        self._pool.submit(work_of("", "", "", b"", ""))
        watched = _Watched()
        while watched.end is None and not self._leaving.is_set():
            self._pool.wait(watched, _LOOK)

    def do(self, job_id: str) -> Job | None:
        """Do a job, unless there is nothing to do any more; the job as it ended."""
        claimed = self._insist(lambda: self._board.claim(job_id, self._worker))
        if claimed is None:
            return None
        job, payload = claimed
        if job.attempt > 1 and job.kind == "workflow":
            close_run(job.id, "The worker that ran it died.")
        self._pool.submit(work_of(job.id, job.kind, job.title, payload, self._board.url))
        watched = _Watched(self._board, job)
        stopped = self._watch(job, watched)
        if stopped is not None:
            self._pool.cancel()
        if stopped == "leaving":
            self._insist(lambda: self._board.hand_back(job))
            return job
        if stopped == "taken":  # another worker brings it to its end
            return None
        if job.kind == "node":
            self._end_node(job, watched, stopped)
        else:
            self._end_workflow(job, watched, stopped)
        return self._insist(lambda: self._board.job(job.id)) or job

    def _watch(self, job: Job, watched: _Watched) -> str | None:
        """Wait for the end; else why there was none: cancelled, taken, timeout or leaving."""
        begun = looked = monotonic()
        while True:
            self._pool.wait(watched, _LOOK / 2)
            now = monotonic()
            if watched.end is not None:
                return None
            if self._leaving.is_set():
                return "leaving"
            if job.timeout is not None and now - begun > job.timeout:
                return "timeout"
            if now - looked >= _LOOK:
                looked = now
                with suppress(BoardError):  # until it is back, the job goes on
                    if (why := self._board.objection(job.id, self._worker)) is not None:
                        return why

    def _end_workflow(self, job: Job, watched: _Watched, stopped: str | None) -> None:
        end = watched.end
        state, error, data = "done", None, None
        if stopped == "timeout":
            state, error = "failed", f"It took longer than the {job.timeout:g} s that it may take."
        elif stopped == "cancelled" or isinstance(end, Cancelled):
            state = "cancelled"
        elif isinstance(end, BaseException):
            state, error = "failed", str(end) or type(end).__name__
        elif end is not None:
            state, error, data = "failed" if end.error else "done", end.error, end.data
        if data is None:
            close_run(job.id, error or "The run was cancelled.", stopped=state == "cancelled")
        self._insist(lambda: self._board.finish(job, state, error, data))

    def _end_node(self, job: Job, watched: _Watched, stopped: str | None) -> None:
        end = watched.end
        if stopped is not None or end is None:
            self._insist(lambda: self._board.remove([job.id]))
            return
        told: tuple[Any, ...] = ("failed", end)
        if isinstance(end, Done):
            told = ("ended", end.data)
        news = pickle.dumps((job.id, *told))
        # told first, as who waits would wait for ever; twice is no harm
        self._insist(lambda: self._board.tell(job.address or "", news))
        self._insist(lambda: self._board.finish(job, "done", None, None))

    def _insist(self, do: Callable[[], T]) -> T:
        """Do something with the board, when it can be reached again if need be."""
        while True:
            try:
                return do()
            except BoardError as error:
                log.warning("%s It is tried again.", error)
                if self._leaving.wait(_AGAIN):
                    raise

    def close(self) -> None:
        """End the process."""
        self._pool.close()


class _Watched:
    """What a process reports of a job, passed on to the board."""

    def __init__(self, board: Board | None = None, job: Job | None = None) -> None:
        self._board = board
        self._job = job
        self.end: Done | BaseException | None = None
        self._told = monotonic()

    def _tell(self, *news: Any) -> None:
        if self._board is None or self._job is None:
            return
        job = self._job
        with suppress(BoardError):
            if job.kind == "node":
                self._board.tell(job.address or "", pickle.dumps((job.id, *news)))
            elif news[0] == "progressed" and monotonic() - self._told > _TOLD:
                self._told = monotonic()
                mine = {"state": "running", "worker": job.worker}
                self._board.change(job.id, mine, {"fraction": news[1], "message": news[2]})

    def started(self, serial: int, time: float, process_id: int) -> None:
        self._tell("started", time, process_id)

    def progressed(self, serial: int, fraction: float | None, message: str) -> None:
        self._tell("progressed", fraction, message)

    def finished(self, serial: int, outputs: dict[str, Any], time: float) -> None:
        self.end = Done(outputs["error"], outputs["data"])

    def failed(self, serial: int, error: BaseException, time: float) -> None:
        self.end = error

    def is_cancelled(self) -> bool:
        return False
