"""What SLURM is asked, whichever way it is reached, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import BeamcanvasError
from ...workflow.rules import Resources
from .settings import Settings


class NotReachedError(BeamcanvasError):
    """SLURM doesn't answer: it may do so later."""


class RefusedError(BeamcanvasError):
    """SLURM answers, and won't."""


@dataclass(frozen=True, slots=True)
class Request:
    """A job to be made."""

    name: str
    script: str
    log: Path
    resources: Resources
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as SLURM sees it."""

    state: str  #: in SLURM's words: PENDING, RUNNING, FAILED …
    reason: str = ""  #: why it waits, or ended
    code: int = 0  #: that it ended with
    signal: int = 0  #: that ended it

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in _GOING_ON

    @property
    def never_begins(self) -> bool:
        """Whether it waits for what won't come."""
        return self.state == "PENDING" and self.reason in _NEVER


_GOING_ON = {
    "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED", "RESIZING",
    "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SIGNALING", "STAGE_OUT", "SPECIAL_EXIT",
}  # fmt: skip
_NEVER = {
    "PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig", "BadConstraints",
    "InvalidAccount", "InvalidQOS", "DependencyNeverSatisfied",
}  # fmt: skip


class Access(ABC):
    """A way to SLURM. All of it may raise `NotReachedError` and `RefusedError`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @abstractmethod
    def submit(self, request: Request) -> str:
        """Make a job; its number."""

    @abstractmethod
    def look(self, jobs: Collection[str]) -> dict[str, Seen]:
        """How jobs are, asked for all at once; those that SLURM knows nothing of are left out."""

    @abstractmethod
    def end(self, jobs: Sequence[str]) -> None:
        """End jobs, at once; those that ended already are no error."""


def access(settings: Settings) -> Access:
    """The way to SLURM that the settings say, or that there is.

    Raises
    ------
    InputError
        When there is none, or the one that is given doesn't let us in.
    """
    from shutil import which

    from ...errors import InputError

    if settings.url is None and not which("sbatch"):
        raise InputError(
            "There is no way to SLURM: neither the address of a slurmrestd is given "
            "(slurm:url=http://…, or BEAMCANVAS_SLURM_URL), nor is the command sbatch here."
        )
    try:
        if settings.url is not None:
            from .rest import Rest

            return Rest(settings)
        from .commands import Commands

        return Commands(settings)
    except (NotReachedError, RefusedError) as error:
        raise InputError(str(error)) from error
