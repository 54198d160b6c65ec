"""Nodes on a dask cluster: of this computer, of an address, or made by dask-jobqueue."""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic, time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ....errors import InputError, TaskError
from ...work import Report, Work, not_picklable
from ..base import Executor
from ..elsewhere import kept_elsewhere, replaced
from .clusters import client_of, local_cluster, slurm_cluster
from .groups import Groups
from .jobs import Job, Output
from .on_worker import Place, do

if TYPE_CHECKING:
    from distributed import Client, Future

#: how long a task has to answer a cancel
GRACE = 1.0
#: seconds after which lost work is looked for
_LOOK = 0.1
#: seconds after which the workers are counted again
_COUNT = 2.0


class Dask(Executor):
    """The workers of a dask cluster.

    Outputs stay on the workers, as what dask calls futures, and travel from worker to worker
    where they are needed; but for small ones, only what is asked for comes back. A worker
    that dies takes the node down that it worked on. Outputs that it held are made again by
    dask when they are needed.

    Parameters
    ----------
    cluster:
        The address of a scheduler (``"tcp://host:8786"``), a `distributed.Client`, a cluster
        object of dask such as a ``SLURMCluster``, or how many workers to start here, as many
        as there are processors by default. As text also ``"slurm"`` or ``"slurm:4"``: so many
        jobs, as the configuration of dask-jobqueue describes them. What this executor made
        itself ends with it. A task that doesn't answer a cancel ends with its worker if that
        is one of this executor's own, else it is left alone.

    Raises
    ------
    InputError
        When dask isn't installed, or the scheduler doesn't answer.
    """

    goes_on = True

    def __init__(self, cluster: Any = None) -> None:
        try:
            import distributed
        except ModuleNotFoundError as error:
            raise InputError(
                "The executor 'dask' needs the package 'distributed'. "
                "Install it with: pip install 'beamcanvas[dask]'"
            ) from error
        self._closing: list[Callable[[], object]] = []
        #: where own workers note what they work on, to be seen when they die of it
        self._notes: Path | None = None
        if isinstance(cluster, distributed.Client):
            self._client: Client = cluster
        else:
            self._client = client_of(self._cluster(cluster))
            self._closing.insert(0, self._client.close)
        self._topic = f"beamcanvas-{uuid4()}"
        self._news: SimpleQueue[tuple[int, str, tuple[Any, ...]]] = SimpleQueue()
        self._run = 0  # news of earlier ones are of no interest
        self._jobs: dict[int, Job] = {}
        self._due: list[int] = []  # is sent in `wait`, all at once: each call of dask costs
        self._stopped: list[tuple[float, Job]] = []
        self._looked = self._counted = 0.0
        self._cores = 1
        self._groups = Groups()
        self._client.subscribe_topic(self._topic, self._hear)

    def _cluster(self, cluster: Any) -> Any:
        """What a client connects to, made here where need be."""
        if isinstance(cluster, str) and not cluster.isdecimal():
            name, _, jobs = cluster.partition(":")
            if name != "slurm":
                return cluster
            made = slurm_cluster(jobs)
        elif cluster is None or isinstance(cluster, (str, int)):
            made = local_cluster(int(cluster or os.cpu_count() or 1))
            self._notes = Path(mkdtemp(prefix="beamcanvas-dask-"))
            self._closing.append(partial(rmtree, self._notes, ignore_errors=True))
        else:
            return cluster
        self._closing.insert(0, made.close)
        return made

    # -- to the workers

    def submit(self, work: Work) -> None:
        inputs: list[Future] = []
        places: dict[str, int] = {}

        def place(value: Output) -> Place:
            future = value.future()
            index = places.setdefault(future.key, len(inputs))
            if index == len(inputs):
                inputs.append(future)
            return Place(index, value.name if value.is_alone else None)

        then = deque(one.serial for one in work.then)
        job = Job(work.title, work.priority, b"", inputs, then)
        job.task = str(work.identifier)
        job.alone = bool(then) or work.rules.timeout is not None
        self._jobs[work.serial] = job
        work.inputs, values = replaced(work.inputs, place), work.inputs
        try:
            job.data = pickle.dumps(work, protocol=5)
        except Exception as error:
            items = [*values.items(), *(i for one in work.then for i in one.inputs.items())]
            refused = not_picklable(items, "input", error)
            self._news.put((work.serial, "failed", (refused, time())))
            return
        self._due.append(work.serial)

    def _send(self) -> None:
        due: dict[int, list[tuple[int, Job]]] = {}
        for serial in self._due:
            if serial in self._jobs:
                job = self._jobs[serial]
                due.setdefault(job.priority, []).append((serial, job))
        self._due.clear()
        for priority in sorted(due, reverse=True):
            groups, later = self._groups.of(due[priority], self._workers)
            self._due += [serial for serial, _ in later]
            if groups:
                self._send_alike(groups, priority)

    def _workers(self) -> int:
        """How many things the cluster does at once."""
        if monotonic() - self._counted > _COUNT:
            self._counted = monotonic()
            self._cores = sum(self._client.ncores().values())
        return self._cores

    def _send_alike(self, groups: list[list[tuple[int, Job]]], priority: int) -> None:
        where = []
        for group in groups:
            first = group[0][0]
            note = None if self._notes is None else self._notes / f"{self._run}-{first}"
            for _, job in group:
                job.note = note
            where.append((self._topic, self._run, [serial for serial, _ in group], note))
        futures = self._client.map(
            do,
            [[job.data for _, job in group] for group in groups],
            where,
            [[job.inputs for _, job in group] for group in groups],
            key=[f"{group[0][1].title}-{uuid4()}" for group in groups],
            pure=False,
            priority=priority,
        )
        for group, future in zip(groups, futures, strict=True):
            for _, job in group:
                job.future = future

    # -- from the workers; in dask's own thread

    def _hear(self, event: tuple[float, bytes]) -> None:
        run, news = pickle.loads(event[1])  # noqa: S301 - from our own worker
        if run == self._run:
            for one in news:
                self._news.put(pickle.loads(one))  # noqa: S301

    def wait(self, report: Report, seconds: float) -> None:
        self._send()
        self._end_stopped()
        if monotonic() - self._looked >= _LOOK:
            self._looked = monotonic()
            self._find_lost(report)
        try:
            while True:
                serial, what, details = self._news.get(timeout=seconds)
                seconds = 0.0
                job = self._jobs.get(serial)
                if job is None:  # stopped, or run again for an output that was lost
                    continue
                if what == "started":
                    job.begun, job.process = details
                elif what == "finished":
                    outputs, left, is_alone, end = details
                    for name, doubts in left.items():
                        key = serial, name
                        outputs[name] = Output(job.future, key, is_alone, doubts, self._client)
                    details = outputs, end
                if what in ("finished", "failed"):
                    del self._jobs[serial]
                    self._groups.learn(job.task, details[1] - job.begun)
                    if what == "finished" and job.then:  # it goes on with that
                        self._jobs[job.then.popleft()] = job
                getattr(report, what)(serial, *details)
        except Empty:
            return

    def _find_lost(self, report: Report) -> None:
        """What a task can't tell of itself: that it, or its worker, came to grief."""
        lost: dict[str, list[tuple[int, Job]]] = {}
        for serial, job in self._jobs.items():
            if job.future is not None and job.future.status == "error":
                lost.setdefault(job.future.key, []).append((serial, job))
        for group in lost.values():
            self._find_guilty(group, report)

    def _find_guilty(self, group: list[tuple[int, Job]], report: Report) -> None:
        """Which work of a task that came to grief it was; the rest is sent again."""
        guilty = [serial for serial, job in group if job.was_under_way(serial)]
        future, note = group[0][1].future, group[0][1].note
        if note is not None:
            note.unlink(missing_ok=True)
        why = None if future is None else future.exception()
        words = f"dask could not run it: {why}."
        if type(why).__name__ == "KilledWorker":
            words = "The worker of dask that ran it died."
        for serial, job in group:
            if serial in guilty or (note is None and not guilty):
                del self._jobs[serial]
                report.failed(serial, TaskError(words), time())
            else:
                job.future, job.process, job.alone = None, None, True
                self._due.append(serial)

    def home(self, values: Any) -> Any:
        wanted = {id(v): v for v in kept_elsewhere(values) if isinstance(v, Output)}
        absent = [v for v in wanted.values() if not v.is_here]
        try:
            found = self._client.gather([v.future() for v in absent]) if absent else []
        except Exception as error:
            raise TaskError(f"An output was lost with its worker: {error}.") from error
        for output, value in zip(absent, found, strict=True):
            output.value = value[output.name] if output.is_alone else value
            output.is_here = True
        return replaced(values, lambda output: output.value)

    # -- ends

    def stop(self, serial: int) -> None:
        job = self._jobs.pop(serial, None)
        if job is None or job.future is None:
            return
        if all(other.future is not job.future for other in self._jobs.values()):  # of its group
            job.future.cancel(force=True)
            self._stopped.append((monotonic() + GRACE, job))

    def _end_stopped(self) -> None:
        """End the workers whose task should have ended long ago."""
        while self._stopped and self._stopped[0][0] < monotonic():
            self._stopped.pop(0)[1].kill()

    def cancel(self) -> None:
        jobs = [job for job in self._jobs.values() if job.future is not None]
        if jobs:
            futures = {job.future.key: job.future for job in jobs if job.future is not None}
            self._client.cancel(list(futures.values()), force=True)
        end = monotonic() + GRACE
        while self._jobs and (left := end - monotonic()) > 0:
            begun = {n for n, job in self._jobs.items() if job.has_begun}
            if not begun:
                break
            with suppress(Empty):
                serial, what, _ = self._news.get(timeout=min(left, 0.1))
                if what in ("finished", "failed"):
                    self._jobs.pop(serial, None)
        for job in self._jobs.values():
            job.kill()
        self._run += 1
        self._due.clear()
        self._groups.forget_waiting()
        self._jobs.clear()
        self._stopped.clear()
        with suppress(Empty):
            while True:
                self._news.get_nowait()

    def close(self) -> None:
        self._run += 1
        with suppress(Exception):  # it may be gone already
            self._client.unsubscribe_topic(self._topic)
        for close in self._closing:
            with suppress(Exception):
                close()
        self._closing.clear()
