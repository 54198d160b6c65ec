"""What the canvas runs, recorded in the user's history as any other run."""

from __future__ import annotations

import os
from time import monotonic, time
from typing import TYPE_CHECKING
from weakref import WeakSet

from AnyQt.QtCore import QSettings

from ...errors import Cancelled
from ...execution.events import Events
from ...execution.executors.places import HERE
from ...workflow import Node, Workflow
from .jobs import Job

if TYPE_CHECKING:
    from ...execution.handlers.apart import Apart

_ALL = "history/automatic"


def records_automatic() -> bool:
    """Whether runs that nobody asked for, after a changed setting, are recorded too."""
    return bool(QSettings().value(_ALL, False, type=bool))


def record_automatic(on: bool) -> None:
    """Have them recorded, or not."""
    QSettings().setValue(_ALL, on)


def _handlers() -> list[Apart]:
    if os.environ.get("BEAMCANVAS_HISTORY") == "off":
        return []
    from ...execution.handlers.apart import Apart
    from ...execution.handlers.history import history_handler

    made = Apart(history_handler)
    _recording.add(made)
    return [made]


_recording: WeakSet[Apart] = WeakSet()


def wait_for_records(seconds: float) -> None:
    """Give what was told to the history the time to be written."""
    end = monotonic() + seconds
    for handler in tuple(_recording):
        handler.join(max(0.0, end - monotonic()))


class Record:
    """The events of one run of the canvas.

    Parameters
    ----------
    workflow:
        As it stands when the run begins; None for a run that isn't recorded.
    where:
        The executor of the scheme.
    """

    def __init__(self, workflow: Workflow | None, where: str) -> None:
        self._apart = _handlers() if workflow is not None else []
        self._events = Events(self._apart, workflow or Workflow())
        self._percent: dict[Job, int] = {}
        self.job_id = self._events.job_id
        self._events.begin(executor=where.partition(":")[0] or HERE)

    @property
    def is_on(self) -> bool:
        return bool(self._events)

    def began(self, job: Job) -> None:
        """The work of a node begins, or began before this run took it over."""
        self._events.node_start(job.firing.node, job.began or time(), os.getpid())

    def progressed(self, job: Job) -> None:
        """A node tells how far it is; each new percent is kept."""
        fraction, message = job.said or (None, "")
        if fraction is not None and round(100 * fraction) != self._percent.get(job):
            self._percent[job] = round(100 * fraction)
            self._events.node_progress(job.firing.node, os.getpid(), fraction, message)

    def ended(self, job: Job) -> None:
        """A node's work ended."""
        self._percent.pop(job, None)
        self._events.node_end(job.firing.node, time(), os.getpid(), job.error)

    def given_up(self, node: Node) -> None:
        """A node's work was stopped."""
        self._events.node_end(node, time(), os.getpid(), Cancelled("stopped"))

    def finish(self, error: BaseException | None) -> None:
        """The run ended."""
        self._events.end(error)

    def join(self) -> None:
        """Wait until all of it is written."""
        for handler in self._apart:
            handler.join()
