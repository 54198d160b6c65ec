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

    Nodes that follow each other and nobody else, and don't say how they run, share a job.

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

    goes_on = True

    def __init__(self, settings: Settings | None = None, **said: Any) -> None:
        self.jobs = Jobs(replace(settings or Settings.of(), **said))
        self._serials: dict[str, int] = {}
        self._then: dict[str, deque[int]] = {}  #: what it goes on with
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
        self._then[job.number] = deque(one.serial for one in work.then)
        self._inputs[job.number] = inputs

    def wait(self, report: Report, seconds: float) -> None:
        while self._refused:
            serial, error = self._refused.popleft()
            report.started(serial, time(), os.getpid())
            report.failed(serial, error, time())
            seconds = 0.0
        for job, what, details in self.jobs.news(seconds):
            if what == "lost":
                report.failed(self._forget(job), details[0], time())
                continue
            serial = self._serials.get(job.number, -1)
            then = self._then.get(job.number)
            if what == "finished" and then:
                self._serials[job.number] = then.popleft()
            elif what in ("finished", "failed"):
                self._forget(job)
            if what == "finished":
                outputs, filed, end = details
                outputs |= {name: Filed(*where) for name, where in filed.items()}
                report.finished(serial, outputs, end)
            else:
                getattr(report, what)(serial, *details)

    def _forget(self, job: Job) -> int:
        """A job ended; the number of the work that it did last."""
        self._inputs.pop(job.number, None)
        self._then.pop(job.number, None)
        return self._serials.pop(job.number, -1)

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
        self._then.clear()
        self._refused.clear()

    def close(self) -> None:
        self.jobs.close()
