"""What a job consists of, and how a process of a worker does it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from time import time
from typing import Any, NamedTuple

from ...errors import Cancelled, InputError, TaskError
from ...task import SILENT, Progress, task
from ...workflow import NodeId
from ..events import Event, Handler, make_handler
from ..work import Work, not_picklable, portable
from .where import VARIABLE

#: names the job to what runs in it
JOB = "BEAMCANVAS_JOB"


@dataclass(frozen=True)
class Order:
    """A workflow that is to be run, in words that go anywhere."""

    document: str  #: ewoks' JSON, subgraphs within it
    path: Path  #: of its file, which needn't be there; relative paths are relative to its folder
    inputs: Mapping[NodeId, Mapping[Any, Any]] = field(default_factory=dict)
    executor: str = "inline"
    #: ewoks' list of the outputs that are wanted; None is all, those of each node
    outputs: list[dict[str, Any]] | None = field(default_factory=list)
    results: Path | None = None
    cache: Path | None = None
    history: bool = True  #: whether the run is kept in the history of the worker's user


@dataclass
class Outcome:
    """What came of it."""

    outputs: dict[NodeId, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    #: whether what failed was what the workflow was given
    by_input: bool = False
    file: Path | None = None
    seconds: float = 0.0


class Done(NamedTuple):
    """What a process of a worker says at the end."""

    error: str | None
    data: bytes


@task
def carry_out(
    kind: str, payload: bytes, job_id: str, broker: str, progress: Progress = SILENT
) -> Done:
    """Do a job of a board."""
    if kind == "node":
        return _node(payload, progress)
    if kind == "workflow":
        os.environ[JOB], os.environ[VARIABLE] = job_id, broker
        return _workflow(payload, job_id, progress)
    from .. import run  # noqa: F401 - nothing to do yet: be ready

    return Done(None, b"")


def work_of(job_id: str, kind: str, title: str, payload: bytes, broker: str) -> Work:
    """A job as an executor takes it."""
    inputs: dict[Any, Any] = {
        "kind": kind, "payload": payload, "job_id": job_id, "broker": broker,
    }  # fmt: skip
    identifier = f"{__name__}.{carry_out.__name__}"
    return Work(0, title, "method", identifier, None, inputs, frozenset(), Path("/"))


def _node(payload: bytes, progress: Progress) -> Done:
    try:
        work: Work = pickle.loads(payload)  # noqa: S301 - what an executor of ours put up
    except Exception as error:
        why = InputError(f"The inputs can't be read by the worker: {error}.")
        return Done(str(why), pickle.dumps(("failed", why, time())))
    try:
        outputs = work.do(progress)
    except (Exception, SystemExit) as error:
        if isinstance(error, Cancelled):
            raise
        why_not = portable(error)
        return Done(str(why_not), pickle.dumps(("failed", why_not, time())))
    try:
        return Done(None, pickle.dumps(("finished", outputs, time()), protocol=5))
    except Exception as error:
        unsent = not_picklable(outputs.items(), "output", error)
        return Done(str(unsent), pickle.dumps(("failed", unsent, time())))


def _workflow(payload: bytes, job_id: str, progress: Progress) -> Done:
    from ...workflow.formats import json_file
    from ..run import run

    try:
        order: Order = pickle.loads(payload)  # noqa: S301 - what `submit` put up
    except Exception as error:
        raise InputError(f"The job can't be read by this worker: {error}.") from error
    workflow = json_file.loads(order.document)
    workflow.path = order.path
    begun = time()
    try:
        result = run(
            workflow,
            order.inputs,
            executor=order.executor,
            outputs=order.outputs,
            merge_outputs=False,
            results=order.results,
            cache=order.cache,
            events=[_Counted(progress, len(workflow.nodes)), *_history(order)],
            job_id=job_id,
            cancelled=_Asked(progress),
        )
        failure: BaseException | None = None
    except Cancelled as error:
        raise Cancelled(str(error)) from None  # without what came of it, which nobody wants
    except TaskError as error:
        failure, result = error, error.result
    except InputError as error:
        problems = getattr(error, "problems", (str(error),))
        return _done(Outcome(problems=problems, by_input=True, seconds=time() - begun))
    return _done(
        Outcome(
            outputs=result.nodes if order.outputs is None else result.outputs,
            problems=failure.problems if isinstance(failure, TaskError) else (),
            by_input=isinstance(getattr(failure, "__cause__", None), InputError),
            file=result.file,
            seconds=time() - begun,
        )
    )


def _done(outcome: Outcome) -> Done:
    words = " ".join(outcome.problems) or None
    try:
        return Done(words, pickle.dumps(outcome, protocol=5))
    except Exception as error:
        values = [(name, v) for given in outcome.outputs.values() for name, v in given.items()]
        why = str(not_picklable(values, "output", error))
        outcome.outputs, outcome.problems = {}, (*outcome.problems, why)
        return Done(why, pickle.dumps(outcome))


def _history(order: Order) -> list[Handler]:
    if not order.history or os.environ.get("BEAMCANVAS_HISTORY") == "off":
        return []
    try:
        return [make_handler("history")]
    except InputError as error:  # that stops no run
        import logging

        logging.getLogger(__name__).warning("A run isn't kept in the history. %s", error)
        return []


class _Counted:
    """Tells how many of the nodes ended, and how far the others are."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._count = count
        self._done: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        if event["context"] != "node" or self._progress.cancelled:
            return
        if event["type"] == "end":
            self._done[event["node_id"]] = 1.0
        elif event["type"] == "progress" and event["progress"] is not None:
            self._done[event["node_id"]] = event["progress"] / 100
        else:
            return
        ended = sum(done == 1.0 for done in self._done.values())
        fraction = min(sum(self._done.values()) / self._count, 1.0)
        self._progress(fraction, f"{ended} of {self._count} nodes")


class _Asked(Flag):
    """Set when the job is asked to stop."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def is_set(self) -> bool:
        return self._progress.cancelled
