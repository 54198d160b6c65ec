"""A job: what is to be done somewhere, and what became of it."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field, fields
from time import time
from uuid import uuid4

#: `lost` is a job whose worker died, twice
STATES = ("queued", "running", "done", "failed", "cancelled", "lost")
ENDED = ("done", "failed", "cancelled", "lost")
QUEUE = "default"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's number without a name
        return str(os.getuid())


@dataclass
class Job:
    """What a board says of a job."""

    title: str
    kind: str = "workflow"  #: or node: one node of a run that waits for it
    queue: str = QUEUE
    parent: str | None = None  #: of a node, the job or the program that it is part of
    address: str | None = None  #: of a node, where news of it go
    timeout: float | None = None  #: seconds that it may run
    id: str = field(default_factory=lambda: uuid4().hex)
    user: str = field(default_factory=_user)
    host: str = field(default_factory=lambda: os.uname().nodename)
    submitted: float = field(default_factory=time)
    state: str = "queued"
    attempt: int = 0  #: how often a worker began it
    asked: bool = False  #: to stop, while it runs
    worker: str | None = None
    started: float | None = None
    ended: float | None = None
    fraction: float | None = None
    message: str = ""
    error: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing will become of it any more."""
        return self.state in ENDED

    @property
    def seconds(self) -> float | None:
        """How long it ran, until now where it runs."""
        return None if self.started is None else (self.ended or time()) - self.started


FIELDS = tuple(f.name for f in fields(Job))


@dataclass(frozen=True)
class Attendant:
    """A worker, as a board knows it."""

    id: str  #: ``host:process:number``
    queues: tuple[str, ...]
    places: int  #: how many jobs it runs at once
    seen: float = field(default_factory=time)

    @classmethod
    def here(cls, queues: tuple[str, ...], places: int) -> Attendant:
        """That of this process."""
        return cls(f"{os.uname().nodename}:{os.getpid()}:{uuid4().hex[:8]}", queues, places)

    @property
    def name(self) -> str:
        """For people."""
        return self.id.rpartition(":")[0]


def is_process_gone(worker: str) -> bool:
    """Whether the process of a worker was one of this computer and is no more."""
    host, process, _ = worker.rsplit(":", 2)
    if host != os.uname().nodename:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
