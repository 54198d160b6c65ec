"""All that is said to SLURM, in a thread of its own, so that nobody waits for its answers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic

from ...errors import BeamcanvasError, InputError
from .access import Access, NotReachedError, RefusedError, Request, Seen

#: seconds between two looks at the jobs, from the first to the last
SOON, SELDOM, SLOWER = 2.0, 30.0, 1.5
#: a job that SLURM doesn't know right after it was made may only be late
_LATE = 10.0
_log = logging.getLogger("beamcanvas.slurm")


@dataclass(slots=True, eq=False)
class Job:
    """One job, from the order to its end."""

    number: str  #: among ours
    request: Request
    priority: int = 0
    id: str | None = None  #: SLURM's, once it is made
    made: float = 0.0
    seen: Seen = field(default_factory=lambda: Seen("PENDING"))
    given_up: bool = False
    #: bytes of its news that are read; when it was seen to be over
    read: int = 0
    over: float | None = None


class Courier:
    """Makes jobs, looks after all of them at once, and ends them.

    What it finds out is put into `news`: the job, and an error when nothing comes of it, or
    None when SLURM says that it ended.

    Parameters
    ----------
    access:
        The way to SLURM.
    patience:
        Seconds for which SLURM may be silent.
    """

    def __init__(self, access: Access, patience: float) -> None:
        self.news: SimpleQueue[tuple[Job, BeamcanvasError | None]] = SimpleQueue()
        self._access = access
        self._patience = patience
        self._lock = Lock()
        self._due: list[tuple[int, int, Job]] = []
        self._order = count()
        self._ends: list[Job] = []
        self._jobs: dict[str, Job] = {}  #: by SLURM's number, those that go on
        self._next_look = self._pause = 0.0
        self._silent: float | None = None  #: since when
        self._wake = Event()
        self._closed = False
        self._thread = Thread(target=self._serve, name="slurm", daemon=True)
        self._thread.start()

    def send(self, job: Job) -> None:
        """Make a job."""
        with self._lock:
            heappush(self._due, (-job.priority, next(self._order), job))
        self._wake.set()

    def end(self, jobs: Iterable[Job]) -> None:
        """End jobs, or don't make them. Nothing more is told of them."""
        with self._lock:
            for job in jobs:
                job.given_up = True
                self._ends.append(job)
        self._wake.set()

    def hurry(self) -> None:
        """Look now."""
        self._next_look = 0.0
        self._wake.set()

    def close(self, seconds: float) -> None:
        """Do what is still to be done, for so long at most."""
        self._closed = True
        self._wake.set()
        self._thread.join(seconds)

    # -- in the thread

    def _serve(self) -> None:
        pause = away = 0.0
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            try:
                self._end_some()
                self._send_some()
                self._look()
                self._silent, pause, away = None, self._until_look(), 0.0
            except NotReachedError as error:
                pause = away = min(max(2 * away, SOON / 4), SELDOM)
                self._not_reached(error)
            except Exception as error:  # a token that ended, a reply that nobody can read
                self._give_up(error)
                pause = self._until_look()
            if self._closed and not (self._ends or self._due):
                return

    def _until_look(self) -> float:
        return max(self._next_look - monotonic(), 0.01) if self._jobs else 3600.0

    def _end_some(self) -> None:
        with self._lock:
            ends = [job for job in self._ends if job.id is not None]
        if ends:
            self._access.end([job.id for job in ends if job.id is not None])
            for job in ends:
                self._jobs.pop(str(job.id), None)
        with self._lock:  # those without a number are never made
            self._ends = [job for job in self._ends if job.id is not None and job not in ends]

    def _send_some(self) -> None:
        while self._due and not self._ends:
            with self._lock:
                first = heappop(self._due)
            job = first[2]
            if job.given_up:
                continue
            try:
                job.id = self._access.submit(job.request)
            except NotReachedError:
                with self._lock:
                    heappush(self._due, first)
                raise
            except (RefusedError, InputError) as error:
                self._tell(job, RefusedError(f"SLURM refused the job: {str(error).rstrip('.')}."))
                continue
            job.made = monotonic()
            self._jobs[job.id] = job
            self._pause = SOON
            if not job.made <= self._next_look <= job.made + SOON:
                self._next_look = job.made + SOON
            _log.info("Job %s of SLURM: %s.", job.id, job.request.name)

    def _look(self) -> None:
        if not self._jobs or monotonic() < self._next_look:
            return
        before = [job.seen for job in self._jobs.values()]
        seen = self._access.look(self._jobs)
        for number, job in list(self._jobs.items()):
            if number not in seen:
                if monotonic() - job.made > _LATE:
                    job.seen = Seen("")
                    del self._jobs[number]
                    self._tell(job)
                continue
            if seen[number] != job.seen:
                job.seen = seen[number]
                _log.info("Job %s: %s %s", number, job.seen.state, job.seen.reason)
            if job.seen.has_ended:
                del self._jobs[number]
                self._tell(job)
            elif job.seen.never_begins:
                self.end([job])
                job.given_up = False  # something is told of it
                why = f"SLURM will never begin job {number}: {job.seen.reason}."
                self._tell(job, RefusedError(why))
        if before == [job.seen for job in self._jobs.values()]:
            self._pause = min(self._pause * SLOWER, SELDOM)
        self._next_look = monotonic() + self._pause

    def _not_reached(self, error: NotReachedError) -> None:
        now = monotonic()
        if self._silent is None:
            self._silent = now
            _log.warning("%s It is asked again for %g s.", error, self._patience)
        if now - self._silent > self._patience or self._closed:
            seconds = f" It has been silent for {now - self._silent:.0f} s."
            self._give_up(NotReachedError(str(error) + seconds))

    def _give_up(self, error: Exception) -> None:
        """Nothing can be said to SLURM any more."""
        with self._lock:
            jobs = [job for *_, job in self._due] + list(self._jobs.values())
            self._due.clear()
            self._ends.clear()
        self._jobs.clear()
        said = error if isinstance(error, BeamcanvasError) else RefusedError(f"SLURM: {error!r}")
        for job in jobs:
            self._tell(job, said)

    def _tell(self, job: Job, error: BeamcanvasError | None = None) -> None:
        if not job.given_up:
            self.news.put((job, error))
