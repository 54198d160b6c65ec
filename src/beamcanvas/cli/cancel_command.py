"""``beamcanvas cancel JOB ...``: a queued job never starts, a running one ends."""

from __future__ import annotations

from argparse import Namespace

from ..errors import InputError
from .jobs import add_broker
from .words import Parser

#: seconds that a job may take to end
_PATIENCE = 10.0


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "cancel", "End jobs that run, and let those that wait never start.",
        "1f3a                   # the job whose id begins with this",
        "--all",
    )  # fmt: skip
    made.add_argument("jobs", nargs="*", metavar="JOB", help="its id, or the beginning of it")
    made.add_argument("--all", action="store_true", help="all of yours that wait or run")
    add_broker(made)
    return made


def run(options: Namespace) -> int:
    """Cancel them, and tell what became of each."""
    from ..execution.jobs import open_board
    from ..execution.jobs.job import Job

    if bool(options.jobs) == options.all:
        raise InputError("Which job? Say: beamcanvas cancel JOB, or: beamcanvas cancel --all")
    with open_board(options.broker) as board:
        if options.all:
            me = Job("").user
            found = [job for job in board.jobs() if not job.is_ended and job.user == me]
        else:
            found = [board.find(text) for text in options.jobs]
        for job in found:
            if job.is_ended:
                raise InputError(f"The job {job.id} has ended already: it is {job.state}.")
        for job in found:
            board.cancel(job.id)
        board.recover()
        for job in found:
            now = board.wait(job.id, _PATIENCE)
            state = "gone" if now is None else now.state
            print(f"{job.id}  {'still ends' if state == 'running' else state}")
    return 0
