"""One task at work, in a thread of its own or elsewhere, and how the canvas hears of it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from AnyQt import sip
from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from ...execution.executors.places import HERE
from ...execution.scheduler import Firing
from ...execution.work import Work
from ...task import Progress
from ...task.progress import Look
from ...workflow.rules import NODE_KEY
from ..threads import window_thread
from .sites import Site

#: name of the threads that tasks run in, while they do
THREAD = "beamcanvas task"
#: seconds that a thread waits for another task before it ends
IDLE = 2.0


class Job:
    """A piece of work, on its way or done.

    What it reports is only kept: the canvas looks at it some times a second, so that a task
    that reports a hundred thousand times costs the event loop nothing.
    """

    def __init__(self, firing: Firing, folder: Path, where: str = HERE) -> None:
        self.node_id = firing.node.id
        self.firing = firing
        self.folder = folder  #: that relative paths are relative to
        self.where = where  #: the executor
        said = firing.node.extra.get(NODE_KEY)
        is_mapped = isinstance(said, dict) and bool(said.get("map"))
        #: whether an executor does it, rather than one thread of ours: all that isn't for here,
        #: and here what is done once for each item of a list, several at a time
        self.is_elsewhere = where != HERE or is_mapped
        self.began: float | None = None  #: when the work began, in seconds since 1970
        self.outputs: dict[str, Any] = {}
        self.error: BaseException | None = None
        self.said: tuple[float | None, str] | None = None  #: the last report
        self.look: Look | None = None  #: gives outputs that are not whole yet
        self.seconds = 0.0
        self.outdated = False  #: what it works on changed since
        self.abandoned = False  #: nobody waits for it any more

    def perform(self) -> None:
        """Do the work; what comes of it, an error too, is kept."""
        start = time.perf_counter()
        self.began = time.time()
        try:
            progress = Progress(self._report, lambda: self.abandoned, self._show)
            self.outputs = Work.of(self.firing, self.folder).do(progress)
        except BaseException as error:  # a task may raise anything; the node shows it
            self.error = error
        self.seconds = time.perf_counter() - start

    def _report(self, fraction: float | None, message: str) -> None:
        self.said = fraction, message

    def _show(self, look: Look) -> None:
        self.look = look


class Workers(QObject):
    """Does jobs in threads, as many at a time as there are processors, at least four, or has
    them done elsewhere.

    A job that is dropped is told to stop and no longer counts, so that one that doesn't
    listen holds up nothing; the program doesn't wait for it when it ends. A thread is used
    again: on a busy machine the window would have to wait for the start of a new one.
    """

    ended = Signal(object)  #: a job that wasn't dropped; in the thread of the canvas

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.at_once = max(4, os.cpu_count() or 1)
        self._queue: deque[Job] = deque()
        self._running: set[Job] = set()
        self._handed: SimpleQueue[Job] = SimpleQueue()
        self._idle = threading.Semaphore(0)  #: threads that wait and that nobody counts on yet
        self._away: set[Job] = set()
        self._sites: dict[str, Site] = {}
        self._window_thread = window_thread()

    @property
    def jobs(self) -> list[Job]:
        """What runs or waits for its turn."""
        return [*self._running, *self._away, *self._queue]

    @property
    def running(self) -> Iterable[Job]:
        """What runs, as far as is known."""
        return [*self._running, *(job for job in self._away if job.began is not None)]

    def do(self, job: Job) -> None:
        """Do a job as soon as there is room."""
        if job.is_elsewhere:
            self._away.add(job)
            site = self._sites.get(job.where)
            if site is None:
                site = self._sites[job.where] = Site(job.where, self._window_thread.call)
            site.do(job, self._came_back)
            return
        self._queue.append(job)
        self._fill()

    def drop(self, job: Job) -> None:
        """Tell a job to stop, and forget it."""
        job.abandoned = True
        self._running.discard(job)
        if job in self._away:
            self._away.discard(job)
            self._sites[job.where].drop(job)
        if job in self._queue:
            self._queue.remove(job)
        self._fill()

    def close(self) -> None:
        """The canvas has done with all that runs elsewhere."""
        for site in self._sites.values():
            site.close()
        self._sites.clear()

    def _fill(self) -> None:
        while self._queue and len(self._running) < self.at_once:
            # Python hands over between threads every 5 ms; a window feels that with four busy
            if sys.getswitchinterval() > 0.001:
                sys.setswitchinterval(0.001)
            job = self._queue.popleft()
            self._running.add(job)
            if self._idle.acquire(blocking=False):
                self._handed.put(job)
            else:
                work = threading.Thread(
                    target=self._in_thread, args=(job,), name=THREAD, daemon=True
                )
                work.start()

    def _in_thread(self, job: Job | None) -> None:
        thread = threading.current_thread()
        while job is not None:
            thread.name = THREAD
            job.perform()
            self._window_thread.call(partial(self._came_back, job))
            thread.name = f"{THREAD}, idle"
            job = None  # it holds all that it made
            self._idle.release()
            job = self._next()

    def _next(self) -> Job | None:
        """Another job for this thread; None when there was none for a while."""
        try:
            return self._handed.get(timeout=IDLE)
        except Empty:
            if self._idle.acquire(blocking=False):
                return None
            return self._handed.get()  # somebody counts on it, just now

    def _came_back(self, job: Job) -> None:
        if job.abandoned or sip.isdeleted(self):
            return
        self._running.discard(job)
        self._away.discard(job)
        self.ended.emit(job)
        self._fill()
