"""Where jobs stand until they are done: what every board does, whatever keeps it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, sleep, time
from types import TracebackType
from typing import Any

from ...errors import InputError
from .job import Attendant, Job, is_process_gone

#: seconds after which a worker that says nothing counts as gone
LEASE = 30.0
#: seconds after which a worker says that it is there
BEAT = 5.0
#: so often a job is begun whose worker dies of something
TRIES = 2
#: seconds that a job that ended is remembered
KEPT = 14 * 86400.0


class BoardError(InputError):
    """The board can't be reached, or not be written, just now."""


class Board(ABC):
    """The jobs that are to be done, are under way and were done, for clients and workers.

    All changes of a state go through `change`, which does them at once or not at all: a job
    is begun by one worker only, and comes to one end only.
    """

    url: str  #: as it is opened again, also in another process
    _absent: dict[str, float]  #: since when workers aren't seen

    def __init__(self) -> None:
        self._absent = {}

    # -- for who wants something done

    def submit(self, job: Job, payload: bytes) -> None:
        """Put up a job."""
        self.add(job, payload)
        try:
            self.deliver(job)
        except BoardError:
            with suppress(BoardError):
                self.remove([job.id])
            raise

    def cancel(self, job_id: str) -> None:
        """Let a queued job never start, and a running one end soon, with its nodes elsewhere."""
        now = {"state": "cancelled", "ended": time()}
        if not self.change(job_id, {"state": "queued"}, now):
            self.change(job_id, {"state": "running"}, {"asked": True})
        for child in self.children(job_id):
            self.cancel(child.id)

    def wait(self, job_id: str, seconds: float) -> Job | None:
        """The job once it ended, or after so long; None when it is no longer known."""
        end = monotonic() + seconds
        pause = 0.002
        while True:
            job = self.job(job_id)
            if job is None or job.is_ended or monotonic() >= end:
                return job
            sleep(min(pause, max(end - monotonic(), 0.0)))
            pause = min(1.3 * pause, 0.1)

    def is_served(self, queue: str) -> bool:
        """Whether any worker takes jobs of this queue."""
        return any(queue in worker.queues for worker in self.workers())

    def find(self, text: str) -> Job:
        """The job of this id, or whose id begins so.

        Raises
        ------
        InputError
            When there is none, or more than one.
        """
        exact = self.job(text) if text else None
        if exact is not None:
            return exact
        found = [job for job in self.jobs() if text and job.id.startswith(text)]
        if len(found) != 1:
            what = f"There is no job '{text}'" if not found else f"Several jobs begin with '{text}'"
            raise InputError(f"{what} at {self.name}.")
        return found[0]

    # -- for workers

    def claim(self, job_id: str, worker: str) -> tuple[Job, bytes] | None:
        """Begin a queued job; None when there is nothing to begin."""
        job = self.job(job_id)
        if job is None:
            return None
        now = {"state": "running", "worker": worker, "started": time(), "attempt": job.attempt + 1}
        if not self.change(job_id, {"state": "queued"}, now):
            return None
        begun = self.job(job_id)
        payload = self.payload(job_id)
        return None if begun is None or payload is None else (begun, payload)

    def objection(self, job_id: str, worker: str) -> str | None:
        """Why a job that this worker runs isn't to go on, if so: cancelled, or taken away."""
        job = self.job(job_id)
        if job is None or job.state != "running" or job.worker != worker:
            return "taken"
        return "cancelled" if job.asked else None

    def finish(self, job: Job, state: str, error: str | None, result: bytes | None) -> bool:
        """Bring a job to its end; false when it was taken away from its worker meanwhile."""
        if result is not None:
            self.keep_result(job.id, result)
        mine = {"state": "running", "worker": job.worker}
        end: dict[str, Any] = {"state": state, "error": error, "ended": time()}
        if state == "done":
            end["fraction"] = 1.0
        ended = self.change(job.id, mine, end)
        for child in self.children(job.id):
            self.cancel(child.id)
        return ended

    def hand_back(self, job: Job) -> None:
        """Let another worker begin a job that this one can't end."""
        mine = {"state": "running", "worker": job.worker}
        again = {"state": "queued", "worker": None, "attempt": job.attempt - 1, "fraction": None}
        if self.change(job.id, mine, again):
            self.deliver(job)

    def recover(self) -> list[Job]:
        """Queue again, or give up, the jobs whose worker is gone; which they were.

        Nodes that nobody waits for any more, as their program is gone, are cancelled.
        """
        known = {worker.id for worker in self.workers()}
        found = []
        for job in self.unfinished():
            if job.state == "running" and job.worker and self._is_gone(job.worker, known):
                if self._begin_again(job):
                    found.append(job)
            elif job.parent and ":" in job.parent and self._is_gone(job.parent, known):
                self.cancel(job.id)
        return found

    def _begin_again(self, job: Job) -> bool:
        """Queue a job whose worker is gone, unless that was too often; whether it was so."""
        if job.asked:
            to: dict[str, Any] = {"state": "cancelled", "ended": time()}
        elif job.attempt < TRIES:
            to = {"state": "queued", "worker": None, "message": "again, as its worker died"}
        else:
            words = f"The worker {(job.worker or '').rpartition(':')[0]} that ran it died."
            to = {"state": "lost", "ended": time(), "error": words}
        if not self.change(job.id, {"state": "running", "worker": job.worker}, to):
            return False
        for child in self.children(job.id):
            self.cancel(child.id)
        if to["state"] == "queued":
            self.deliver(job)
        return True

    def _is_gone(self, worker: str, known: Iterable[str]) -> bool:
        if is_process_gone(worker):
            return True
        if worker in known:
            self._absent.pop(worker, None)
            return False
        # a board that was away itself knows of nobody at first: give them time to come back
        return monotonic() - self._absent.setdefault(worker, monotonic()) > LEASE

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- what a board consists of; each raises `BoardError` when it can't be done now

    @property
    @abstractmethod
    def name(self) -> str:
        """For people, without secrets."""

    @abstractmethod
    def add(self, job: Job, payload: bytes) -> None:
        """Write down a new job."""

    @abstractmethod
    def deliver(self, job: Job) -> None:
        """Tell the workers of its queue of a job."""

    @abstractmethod
    def change(self, job_id: str, when: Mapping[str, Any], to: Mapping[str, Any]) -> bool:
        """Change fields of a job if others are as they should be, in one step."""

    @abstractmethod
    def job(self, job_id: str) -> Job | None:
        """A job by its whole id."""

    @abstractmethod
    def jobs(self) -> list[Job]:
        """The workflows, the latest first."""

    @abstractmethod
    def unfinished(self) -> list[Job]:
        """All that is queued or runs."""

    @abstractmethod
    def children(self, parent: str) -> list[Job]:
        """Of a job or an executor, the nodes that are queued or run."""

    @abstractmethod
    def payload(self, job_id: str) -> bytes | None:
        """What is to be done."""

    @abstractmethod
    def keep_result(self, job_id: str, result: bytes) -> None:
        """Write down what came of a job."""

    @abstractmethod
    def result(self, job_id: str) -> bytes | None:
        """What came of a job."""

    @abstractmethod
    def remove(self, job_ids: Sequence[str]) -> None:
        """Forget jobs."""

    @abstractmethod
    def tell(self, address: str, news: bytes) -> None:
        """Send news to who waits for nodes."""

    @abstractmethod
    def heard(self, address: str, seconds: float) -> list[bytes]:
        """The news for who waits for nodes, each once and in order, waiting for some."""

    @abstractmethod
    def beat(self, worker: Attendant) -> None:
        """Say that a worker is there."""

    @abstractmethod
    def leave(self, worker: str) -> None:
        """Say that a worker is no more."""

    @abstractmethod
    def workers(self) -> list[Attendant]:
        """Those that are there."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""
