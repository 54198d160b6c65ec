"""``beamcanvas worker``: run the jobs that others submit."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import InputError
from .jobs import add_broker, local, took
from .words import Parser

if TYPE_CHECKING:
    from ..execution.jobs import Job


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "worker", "Run the jobs that are submitted, until Ctrl-C.",
        "",
        "--queue gpu --concurrency 1",
        "--broker redis://id00-control:6379/0 --queue default,gpu",
    )  # fmt: skip
    made.add_argument(
        "--queue", action="append", metavar="NAME[,NAME]",
        help="take the jobs of this queue (default: default); can be given several times",
    )  # fmt: skip
    made.add_argument(
        "--concurrency", type=int, metavar="N",
        help="so many jobs at once (default: as many as there are processors)",
    )  # fmt: skip
    add_broker(made)
    return made


def run(options: Namespace) -> int:
    """Take jobs, and tell a line of each that ended."""
    from ..execution.jobs import open_board
    from ..execution.jobs.job import QUEUE
    from ..execution.jobs.worker import Worker

    said = [name.strip() for text in options.queue or [QUEUE] for name in text.split(",")]
    queues = list(dict.fromkeys(name for name in said if name))
    if not queues:
        raise InputError("--queue: there should be the name of a queue.")
    if options.concurrency is not None and options.concurrency < 1:
        raise InputError("--concurrency should be a whole number from 1.")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s  %(message)s")
    with open_board(options.broker) as board:
        worker = Worker(board, queues, options.concurrency or os.cpu_count() or 1, _tell)

        def ready() -> None:
            print(
                f"Worker {worker.attendant.name} takes jobs of {', '.join(queues)} at "
                f"{board.name}, {worker.attendant.places} at once. Ctrl-C ends it.",
                flush=True,
            )

        worker.run(ready)
    return 0


def _tell(job: Job) -> None:
    if job.kind == "workflow":
        end = f": {job.error}" if job.error else ""
        state = "handed back" if not job.is_ended else job.state
        print(
            f"{local(job.ended)}  {job.id[:8]}  {job.title}  {state}, {took(job)}{end}", flush=True
        )
