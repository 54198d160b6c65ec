"""``beamcanvas status [JOB]``: what is queued, runs and ended, and who works on it."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from .jobs import add_broker, local, on, took, words_of
from .words import Parser, note, print_table

if TYPE_CHECKING:
    from ..execution.jobs import Board, Job

#: so many jobs are listed
_LAST = 30


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "status", "The jobs of a queue, and the workers that run them.",
        "",
        "--state running",
        "1f3a                   # the job whose id begins with this",
    )  # fmt: skip
    made.add_argument("job", nargs="?", metavar="JOB", help="its id, or the beginning of it")
    made.add_argument(
        "--state", choices=("queued", "running", "done", "failed", "cancelled", "lost")
    )
    made.add_argument("--queue", metavar="NAME", help="of this queue alone")
    made.add_argument("--limit", type=int, default=_LAST, help=f"so many (default: {_LAST})")
    made.add_argument("--json", action="store_true", help="print it as JSON")
    add_broker(made)
    return made


def run(options: Namespace) -> int:
    """List the jobs and the workers, or show one job."""
    from ..execution.jobs import open_board

    with open_board(options.broker) as board:
        board.recover()
        if options.job is not None:
            return _show(board, board.find(options.job), options.json)
        found = [
            job
            for job in board.jobs()
            if options.state in (None, job.state) and options.queue in (None, job.queue)
        ]
        return _list(board, found[: options.limit], options.json)


def _list(board: Board, found: list[Job], as_json: bool) -> int:
    workers = [worker for worker in board.workers() if worker.places]
    if as_json:
        told = {"jobs": [asdict(job) for job in found], "workers": [asdict(w) for w in workers]}
        print(json.dumps(told))
        return 0
    rows = [
        (
            job.id[:8], job.state, job.queue, job.title, job.user, local(job.submitted),
            took(job), on(job), words_of(job),
        )
        for job in found
    ]  # fmt: skip
    headers = ("Job", "State", "Queue", "Workflow", "User", "Submitted", "Took", "Worker", "Note")
    print_table(headers, rows)
    print()
    busy = [job.worker for job in board.unfinished() if job.state == "running"]
    places = [
        (worker.name, ", ".join(worker.queues), f"{busy.count(worker.id)} of {worker.places}")
        for worker in workers
    ]
    print_table(("Worker", "Queues", "Busy"), places)
    served = {queue for worker in workers for queue in worker.queues}
    for queue in dict.fromkeys(job.queue for job in found if not job.is_ended):
        if queue not in served:
            note(f"no worker takes jobs of the queue '{queue}': beamcanvas worker --queue {queue}")
    return 0


def _show(board: Board, job: Job, as_json: bool) -> int:
    if as_json:
        print(json.dumps(asdict(job)))
        return 0
    again = f", begun {job.attempt} times" if job.attempt > 1 else ""
    for name, value in (
        ("job", job.id),
        ("workflow", job.title),
        ("state", f"{job.state}{again}"),
        ("queue", f"{job.queue} at {board.name}"),
        ("by", f"{job.user}@{job.host}"),
        ("submitted", local(job.submitted)),
        ("began", local(job.started)),
        ("ended", local(job.ended)),
        ("took", took(job)),
        ("worker", on(job)),
        ("error" if job.error else "progress", words_of(job)),
    ):
        if value:
            print(f"{name + ':':<11}{value}")
    return 0
