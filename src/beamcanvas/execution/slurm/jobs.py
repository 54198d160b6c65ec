"""Orders as jobs of SLURM: put into a shared folder, and their news read out of it."""

from __future__ import annotations

import atexit
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import Empty
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import Any

from ...errors import InputError, TaskError
from ...workflow.rules import Resources
from .access import Request, Seen, access
from .courier import Courier, Job
from .on_node import Order, news, order
from .settings import Settings
from .values import read

#: seconds between two looks into the folder, from the first to the last
_SOON, _SELDOM = 0.02, 1.0
#: seconds that a result may take to be seen here after SLURM says that the job ended
LATE = 5.0
#: seconds that tasks have to answer a cancel before their jobs are ended
GRACE = 0.4
#: seconds that ending jobs may take when nobody needs them any more
_LAST = 5.0
_TAIL = 20  # lines of a log that are told
#: of this environment, what jobs need that don't inherit it
_PASSED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH")
_SCRIPT = """#!/bin/bash
{setup}
exec 3>&2 2>/dev/null  # what the shell says of a crash isn't the end of the log
{python} -m beamcanvas.execution.slurm {folder} {number} 2>&3
code=$?
cd {folder} && echo $code > .{number}.exit && mv .{number}.exit {number}.exit
exit $code
"""


class Jobs:
    """The jobs of one user of SLURM here.

    Raises
    ------
    InputError
        When SLURM can't be reached, or the folder can't be written.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        way = access(settings)
        try:
            settings.folder.mkdir(parents=True, exist_ok=True)
            self.folder = Path(mkdtemp(prefix="run-", dir=settings.folder))
        except OSError as error:
            raise InputError(f"No inputs of jobs can be put into a folder: {error}.") from error
        self._courier = Courier(way, settings.patience)
        self._number = count(1)
        self._jobs: dict[str, Job] = {}
        self._pause, self._next = _SOON, 0.0
        atexit.register(self.close)

    def __iter__(self) -> Iterator[Job]:
        """Those under way."""
        return iter(tuple(self._jobs.values()))

    def send(self, what: Order, name: str, resources: Resources, priority: int = 0) -> Job:
        """Make a job of an order.

        Raises
        ------
        OSError
            When there is no room for it in the folder.
        """
        number = str(next(self._number))
        order(self.folder, number, what, [one for one in sys.path if one])
        asked = self.settings.resources(resources)
        environment = {n: os.environ[n] for n in _PASSED if n in os.environ}
        if asked.cores:
            environment |= dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), str(asked.cores))
        script = _SCRIPT.format(
            setup=self.settings.setup,
            python=shlex.quote(self.settings.python),
            folder=shlex.quote(str(self.folder)),
            number=number,
        )
        log = self.folder / f"{number}.log"
        job = Job(number, Request(name, script, log, asked, environment), priority)
        self._jobs[number] = job
        self._pause, self._next = _SOON, 0.0
        self._courier.send(job)
        return job

    def news(self, seconds: float) -> Iterator[tuple[Job, str, tuple[Any, ...]]]:
        """What happened since the last call, waiting for something to happen.

        The last news of a job is ``lost`` with an error, or what its order says at the end.
        """
        end = monotonic() + seconds
        while self._jobs:
            now = monotonic()
            found = False
            for one in self._from_courier():
                found = True
                yield one
            if now >= self._next:
                for one in self._from_folder():
                    found = True
                    yield one
                self._pause = _SOON if found else min(1.3 * self._pause, _SELDOM)
                self._next = monotonic() + self._pause
            if found or monotonic() >= end:
                return
            sleep(max(min(end, self._next) - monotonic(), 0.0))

    def _from_courier(self) -> Iterator[tuple[Job, str, tuple[Any, ...]]]:
        with suppress(Empty):
            while True:
                job, error = self._courier.news.get_nowait()
                if job.number not in self._jobs:
                    continue
                if error is None:
                    job.over = monotonic()  # and what it left may still be on its way
                    self._next = 0.0
                else:
                    yield job, "lost", (self._end(job, TaskError(str(error))),)

    def _from_folder(self) -> Iterator[tuple[Job, str, tuple[Any, ...]]]:
        there = {name.name for name in os.scandir(self.folder)}
        for job in tuple(self._jobs.values()):
            if job.number not in self._jobs:  # because of what another one told
                continue
            is_done = f"{job.number}.done" in there
            if f"{job.number}.told" in there:
                for what, *details in self._told(job):
                    yield job, what, tuple(details)
            if is_done:
                yield job, *self._done(job)
            elif f"{job.number}.exit" in there and job.over is None:
                self._courier.hurry()  # why did it end?
                if not job.seen.has_ended and self._exited(job, LATE):
                    yield job, "lost", (self._end(job, self._lost(job)),)
            elif job.over is not None:
                left = f"{job.number}.exit" in there
                if left or monotonic() - job.over > LATE:
                    yield job, "lost", (self._end(job, self._lost(job)),)

    def _exited(self, job: Job, seconds: float) -> bool:
        """Whether it is so long ago that a job left its exit code, SLURM saying nothing."""
        from time import time

        with suppress(OSError):
            return time() - (self.folder / f"{job.number}.exit").stat().st_mtime > seconds
        return False

    def _told(self, job: Job) -> list[tuple[Any, ...]]:
        with (self.folder / f"{job.number}.told").open("rb") as file:
            file.seek(job.read)
            found, size = news(file.read())
        job.read += size
        return found

    def _done(self, job: Job) -> tuple[str, tuple[Any, ...]]:
        try:
            what, *details = read(self.folder / f"{job.number}.done")
        except Exception as error:
            why = InputError(f"Its answer can't be read in this process: {error}.")
            return "lost", (self._end(job, why),)
        if log := _tail(job):
            from .courier import _log

            _log.info("Job %s, %s:\n%s", job.id, job.request.name, log)
        self._forget(job)
        return what, tuple(details)

    def _lost(self, job: Job) -> TaskError:
        """Why a job left no result, in one sentence, its log in a note."""
        error = TaskError(_why(job, self._code(job), self.folder))
        if log := _tail(job):
            last = log.splitlines()[-1]
            error = TaskError(f"{str(error).rstrip('.')}; the last line of its log: {last}")
            error.add_note(f"The end of the log of job {job.id}:\n{log}")
        return error

    def _code(self, job: Job) -> int | None:
        with suppress(OSError, ValueError):
            return int((self.folder / f"{job.number}.exit").read_text())
        return None

    def _end(self, job: Job, error: Exception) -> Exception:
        self._forget(job)
        return error

    def _forget(self, job: Job) -> None:
        self._jobs.pop(job.number, None)
        job.given_up = True
        for kind in ("order", "told", "done", "exit", "log", "cancel"):
            with suppress(OSError):
                (self.folder / f"{job.number}.{kind}").unlink()

    # -- ends

    def ask_to_stop(self, job: Job) -> None:
        """Let a job know that it should end; nothing is done to it."""
        with suppress(OSError):
            (self.folder / f"{job.number}.cancel").touch()

    def stop(self, job: Job) -> None:
        """End one job."""
        self._jobs.pop(job.number, None)
        self._courier.end([job])

    def cancel(self) -> None:
        """Ask all to stop, end those that don't, and forget them."""
        for job in self:
            self.ask_to_stop(job)
        end = monotonic() + GRACE
        while monotonic() < end:
            begun = [job for job in self if (self.folder / f"{job.number}.told").exists()]
            if all((self.folder / f"{job.number}.done").exists() for job in begun):
                break
            sleep(0.02)
        self._courier.end(tuple(self))
        self._jobs.clear()

    def close(self) -> None:
        """End all, and take the folder away."""
        atexit.unregister(self.close)
        self._courier.end(tuple(self))
        self._jobs.clear()
        self._courier.close(_LAST)
        rmtree(self.folder, ignore_errors=True)


def _why(job: Job, code: int | None, folder: Path) -> str:
    """Why there is no result, in a sentence."""
    seen, asked, it = job.seen, job.request.resources, f"Job {job.id} of SLURM"
    if seen.state == "TIMEOUT":
        most = f"the {asked.time:g} min that it may take" if asked.time else "SLURM lets it"
        return f"{it} took longer than {most}, and was ended."
    if seen.state in ("NODE_FAIL", "BOOT_FAIL"):
        return f"The node of the cluster that ran job {job.id} of SLURM failed."
    if seen.state == "OUT_OF_MEMORY":
        most = f" than the {asked.memory:g} GB that it asked for" if asked.memory else ""
        return f"{it} needed more memory{most}."
    if seen.state == "CANCELLED":
        return f"{it} was cancelled, not by this run."
    if seen.state == "PREEMPTED":
        return f"{it} had to make room for others."
    code = code if code is not None else _shell_code(seen)
    if code and code > 128:
        return f"{it} ended by signal {code - 128} ({_signal_name(code - 128)})."
    if code:
        return f"{it} ended with exit code {code}."
    if seen.state == "FAILED":
        return f"{it} failed: {seen.reason}."
    known = f"ended as {seen.state}" if seen.state else "is unknown to SLURM by now"
    return f"{it} {known} and left nothing in {folder}: do the nodes see that folder?"


def _shell_code(seen: Seen) -> int:
    return 128 + seen.signal if seen.signal else seen.code


def _signal_name(number: int) -> str:
    from signal import Signals

    with suppress(ValueError):
        return Signals(number).name
    return "unknown"


def _tail(job: Job) -> str:
    """The last lines of what it printed."""
    with suppress(OSError), job.request.log.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 200 * _TAIL, 0))
        lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL:]).strip()
    return ""
