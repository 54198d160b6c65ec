"""Each node as a job of SLURM."""

from __future__ import annotations

import os
import pickle
from collections import deque
from dataclasses import replace
from time import time
from typing import Any

from ...errors import TaskError
from ..executors.base import Executor
from ..executors.elsewhere import Elsewhere, kept_elsewhere, replaced
from ..work import Report, Work, not_picklable
from .courier import Job
from .jobs import Jobs
from .on_node import WorkOrder
from .settings import Settings
from .values import Filed


class Slurm(Executor):
    """The nodes of a cluster, by SLURM: a job for each piece of work.

    A node says by itself what it takes (``"execution": {"resources": {...}}``), where it
    doesn't the settings do. Outputs stay in files of a folder that the whole cluster sees
    until somebody wants them here. A job costs about a second: for work that takes minutes.

    Parameters
    ----------
    settings:
        Those of the environment by default.
    said:
        Single ones of them: ``Slurm(url="http://slurm:6820", partition="gpu")``.

    Raises
    ------
    InputError
        When SLURM can't be reached, or the folder can't be written.
    """

    def __init__(self, settings: Settings | None = None, **said: Any) -> None:
        self.jobs = Jobs(replace(settings or Settings.of(), **said))
        self._serials: dict[str, int] = {}
        self._inputs: dict[str, tuple[Elsewhere, ...]] = {}  # are kept until the job is done
        self._refused: deque[tuple[int, Exception]] = deque()

    def submit(self, work: Work) -> None:
        inputs = tuple(kept_elsewhere(work.inputs))
        try:
            data = pickle.dumps(work, protocol=5)
            job = self.jobs.send(WorkOrder(data), work.title, work.rules.resources, work.priority)
        except Exception as error:
            refused = not_picklable(work.inputs.items(), "input", error)
            self._refused.append((work.serial, refused))
            return
        self._serials[job.number] = work.serial
        self._inputs[job.number] = inputs

    def wait(self, report: Report, seconds: float) -> None:
        while self._refused:
            serial, error = self._refused.popleft()
            report.started(serial, time(), os.getpid())
            report.failed(serial, error, time())
            seconds = 0.0
        for job, what, details in self.jobs.news(seconds):
            serial = self._serials.get(job.number, -1)
            if what in ("finished", "failed", "lost"):
                self._forget(job)
            if what == "finished":
                outputs, filed, end = details
                outputs |= {name: Filed(*where) for name, where in filed.items()}
                report.finished(serial, outputs, end)
            elif what == "lost":
                report.failed(serial, details[0], time())
            else:
                getattr(report, what)(serial, *details)

    def _forget(self, job: Job) -> None:
        self._serials.pop(job.number, None)
        self._inputs.pop(job.number, None)

    def home(self, values: Any) -> Any:
        try:
            return replaced(values, Filed.value)
        except Exception as error:
            raise TaskError(f"An output can't be read in this process: {error}.") from error

    def stop(self, serial: int) -> None:
        for job in self.jobs:
            if self._serials.get(job.number) == serial:
                self.jobs.stop(job)
                self._forget(job)

    def cancel(self) -> None:
        self.jobs.cancel()
        self._serials.clear()
        self._inputs.clear()
        self._refused.clear()

    def close(self) -> None:
        self.jobs.close()
