"""Putting up workflows to be run by workers, and following them."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from ...errors import InputError, TaskError
from ...workflow import Workflow
from ...workflow.validation import check
from ..selection import Inputs, Outputs, OutputSelection, node_inputs
from .board import BEAT, Board, BoardError
from .job import QUEUE, Job
from .order import Order, Outcome
from .where import open_board

#: seconds that a board may be out of reach while a job is waited for
PATIENCE = 60.0


def submit(
    workflow: Workflow | str | Path | Mapping[str, Any],
    inputs: Inputs = None,
    *,
    queue: str = QUEUE,
    broker: str | Board | None = None,
    executor: str = "inline",
    outputs: Outputs = (),
    results: str | Path | None = None,
    cache: str | Path | None = None,
    timeout: float | None = None,
    history: bool = True,
) -> Submitted:
    """Put up a workflow to be run by a worker; returns at once.

    Parameters
    ----------
    workflow, inputs, executor, outputs, results, cache:
        As for `beamcanvas.run`; `executor` is where the nodes run on the computer of the
        worker. Of outputs, none is kept by default; with None, those of each node.
    queue:
        Which workers may run it.
    broker:
        The board of the jobs: the URL of a Redis, or an SQLite file; by default what
        `beamcanvas.execution.jobs.where.address` finds.
    timeout:
        Seconds that the run may take.
    history:
        Whether it is kept in the history of the worker's user.

    Raises
    ------
    InputError
        When the workflow or what is given for it is wrong, or the board can't be reached.
    """
    from ...nexus.workflow_file import as_run
    from ...workflow.formats import json_file, load

    if not isinstance(workflow, Workflow):
        workflow = load(workflow)
    if timeout is not None and not timeout > 0:
        raise InputError(f"The timeout should be a number of seconds above 0, not {timeout!r}.")
    flat = check(workflow)
    wanted = None if outputs is None else list(map(dict, outputs))
    OutputSelection(flat, wanted, False)
    folder = workflow.folder.absolute()
    order = Order(
        document=json_file.dumps(as_run(workflow, folder, {})),
        path=folder / (workflow.path.name if workflow.path is not None else "workflow.json"),
        inputs=node_inputs(flat, inputs),
        executor=executor,
        outputs=wanted,
        results=None if results is None else Path(results).expanduser().absolute(),
        cache=None if cache is None else Path(cache).expanduser().absolute(),
        history=history,
    )
    try:
        payload = pickle.dumps(order, protocol=5)
    except Exception as error:
        raise InputError(f"The inputs can't be sent to a worker: {error}.") from error
    board = broker if isinstance(broker, Board) else open_board(broker)
    job = Job(workflow.title, queue=queue, timeout=timeout)
    board.submit(job, payload)
    return Submitted(job, board)


class Submitted:
    """A job that was put up.

    Parameters
    ----------
    job:
        It, its id, or the beginning of that.
    broker:
        As for `submit`.
    """

    def __init__(self, job: str | Job, broker: str | Board | None = None) -> None:
        self.board = broker if isinstance(broker, Board) else open_board(broker)
        self.id = job.id if isinstance(job, Job) else self.board.find(job).id

    def job(self) -> Job:
        """What the board says of it now."""
        return self.board.find(self.id)

    def wait(self, seconds: float | None = None) -> Job:
        """Wait until it ends; the board may be away for a while.

        Raises
        ------
        TimeoutError
            When it didn't end in so many seconds.
        InputError
            When the board is away too long, or lost the job.
        """
        end = None if seconds is None else monotonic() + seconds
        away: float | None = None
        recovered = monotonic()
        while True:
            try:
                job = self.board.wait(self.id, 1.0)
                away = None
                if monotonic() - recovered > BEAT:
                    recovered = monotonic()
                    self.board.recover()
            except BoardError:
                away = away or monotonic()
                if monotonic() - away > PATIENCE:
                    raise
                continue
            if job is None:
                raise InputError(f"The job {self.id} is no longer known at {self.board.name}.")
            if job.is_ended:
                return job
            if end is not None and monotonic() >= end:
                raise TimeoutError(f"The job {self.id} didn't end in {seconds:g} s.")

    def result(self, seconds: float | None = None) -> Outcome:
        """Wait until it ends; what came of it.

        Raises
        ------
        TaskError
            When it failed, was cancelled or was lost, with the sentences of all failures;
            its ``result`` is what came of it nonetheless, if anything.
        """
        job = self.wait(seconds)
        data = self.board.result(self.id)
        outcome: Outcome | None = None
        if data is not None:
            outcome = pickle.loads(data)  # noqa: S301 - of our workers
        if job.state == "done" and outcome is not None:
            return outcome
        words = job.error or f"The job {self.id} was {job.state}."
        error = TaskError(words)
        error.result = outcome
        if outcome is not None and outcome.problems:
            error.problems = outcome.problems
            if outcome.by_input:
                error.__cause__ = InputError(words)
        raise error

    def cancel(self) -> None:
        """Let it never start, or end soon."""
        self.board.cancel(self.id)
