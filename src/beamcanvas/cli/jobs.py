"""What the commands of the queue share: which one, and how a job looks on paper."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..execution.jobs import Job


def add_broker(parser: ArgumentParser) -> None:
    """Add the option that says where the jobs are."""
    parser.add_argument(
        "--broker", metavar="URL|FILE",
        help="where the jobs are: redis://HOST:PORT/NUMBER, or a file of this computer; by "
        "default $BEAMCANVAS_BROKER, what ~/.config/beamcanvas/broker says, or a file of yours",
    )  # fmt: skip


def words_of(job: Job) -> str:
    """How far a job is, or what it ended with."""
    if job.error:
        return job.error
    if job.asked and not job.is_ended:
        return "is being cancelled"
    if job.state == "running" and job.fraction is not None:
        return f"{100 * job.fraction:.0f} % {job.message}".rstrip()
    return job.message if job.state == "queued" else ""


def took(job: Job) -> str:
    """How long a job ran."""
    return "" if job.seconds is None else f"{job.seconds:.1f} s"


def local(time: float | None) -> str:
    """A time as people here write it."""
    return "" if time is None else datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M:%S")


def on(job: Job) -> str:
    """The worker that ran it last, for people."""
    return "" if job.worker is None else job.worker.rpartition(":")[0]
