"""A whole workflow as one job of SLURM."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import partial
from threading import Event as Flag
from threading import Thread
from time import monotonic, time
from typing import Any

from ...errors import Cancelled, TaskError
from ...workflow import Workflow
from ...workflow.rules import ANY, Resources, rules_of
from ..events import Event, Events
from ..executors.whole import Whole, WholeRuns
from ..result import Result
from ..work import not_picklable, portable
from .jobs import Jobs
from .on_node import Desk, Order
from .settings import Settings

#: seconds that a run has to end by itself once it is cancelled
_GRACE = 2.0
_LOOK = 0.1


class SlurmRuns(WholeRuns):
    """Each run as one job of SLURM, its nodes in processes in there.

    The job takes what the settings say; of cores, memory and GPUs what they leave open is
    what the node takes that takes most.

    Parameters
    ----------
    settings, said:
        As for :class:`Slurm`.
    """

    def __init__(self, settings: Settings | None = None, **said: Any) -> None:
        self.jobs = Jobs(replace(settings or Settings.of(), **said))

    def run(
        self, whole: Whole, flat: Workflow, events: Events, cancelled: Flag | None
    ) -> tuple[Result, BaseException | None]:
        followed = _Followed(events)
        result, error = Result(job_id=events.job_id, started=time()), None
        try:
            data = pickle.dumps(whole, protocol=5)
        except Exception as why:
            given = [(n, v) for values in whole.inputs.values() for n, v in values.items()]
            return replace(result, workflow=flat), not_picklable(given, "input", why)
        asked = largest([rules_of(node).resources for node in flat.nodes.values()])
        name = str(whole.workflow.label or whole.workflow.id)
        settings = self.jobs.settings
        inside = settings.inside or f"processes:{settings.resources(asked).cores or 1}"
        job = self.jobs.send(WholeOrder(data, inside), name, asked)
        ends: float | None = None
        try:
            going = True
            while going:
                for _, what, details in self.jobs.news(_LOOK):
                    if what == "event":
                        followed.tell(details[0])
                    elif what == "ended":
                        result, error, going = details[0] or result, details[1], False
                    elif what == "lost":
                        error, going = details[0], False
                if ends is None and cancelled is not None and cancelled.is_set():
                    ends = monotonic() + _GRACE
                    self.jobs.ask_to_stop(job)
                if ends is not None and going and monotonic() > ends:
                    error, going = Cancelled("The run was cancelled."), False
        except KeyboardInterrupt as stopped:
            error = stopped
        if job in self.jobs:
            self.jobs.stop(job)
        followed.end(error)
        return replace(result, workflow=flat), error

    def close(self) -> None:
        self.jobs.close()


def largest(asked: Iterable[Resources]) -> Resources:
    """What a job takes in which all of these run, but for its time."""
    found: dict[str, Any] = {}
    for name in (one.name for one in fields(Resources) if one.name != "time"):
        said = [value for one in asked if (value := getattr(one, name)) is not None]
        if name != "partition":
            found[name] = max(said, default=None)
        elif len(set(said)) == 1:  # else it is up to the settings
            found[name] = said[0]
    return replace(ANY, **found)


@dataclass(slots=True)
class WholeOrder(Order):
    """A run, a pickle, and the executor in the job."""

    data: bytes
    executor: str

    def carry_out(self, desk: Desk) -> bool:
        ended, cancelled = Flag(), Flag()

        def look() -> None:
            while not ended.wait(_LOOK):
                if desk.is_cancelled():
                    cancelled.set()
                    return

        Thread(target=look, daemon=True).start()
        result, error = self._run(partial(desk.tell, "event"), cancelled)
        ended.set()
        try:
            desk.finish("ended", result, error)
        except Exception as why:
            outputs = [] if result is None else list(result.outputs.items())
            error = not_picklable(outputs, "output", why)
            desk.finish("ended", None, error)
        return error is None

    def _run(self, tell: Any, cancelled: Flag) -> tuple[Result | None, BaseException | None]:
        from ..run import run

        result: Result | None = None
        try:
            whole: Whole = pickle.loads(self.data)  # noqa: S301 - our own
            result = run(
                whole.workflow,
                whole.inputs,
                executor=self.executor,
                outputs=whole.outputs,
                merge_outputs=whole.merge_outputs,
                results=whole.results,
                cache=whole.cache,
                events=[tell],
                job_id=whole.job_id,
                cancelled=cancelled,
                folder=whole.folder,
            )
        except (Exception, SystemExit) as failure:
            error: BaseException = failure
        else:
            return replace(result, workflow=Workflow()), None
        if isinstance(error, (TaskError, Cancelled)) and error.result is not None:
            errors = {n: portable(e) for n, e in error.result.errors.items()}
            result = replace(error.result, workflow=Workflow(), errors=errors)
            error.result = None
        return result, portable(error)


class _Followed:
    """Events of nodes in a job: passed on, and ended with it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._begun: dict[str, Event] = {}

    def tell(self, event: Event) -> None:
        if event["context"] != "node":  # of the job and the workflow we tell ourselves
            return
        if event["type"] == "start":
            self._begun[event["node_id"]] = event
        elif event["type"] == "end":
            self._begun.pop(event["node_id"], None)
        self._events.pass_on(event)

    def end(self, error: BaseException | None) -> None:
        """Nothing more comes: what began ends with the job."""
        from datetime import datetime

        now = datetime.now().astimezone().isoformat()
        for event in self._begun.values():
            words = str(error) or type(error).__name__
            told = {"type": "end", "time": now, "error": True, "error_message": words}
            self._events.pass_on({**event, **told, "process_id": os.getpid()})
