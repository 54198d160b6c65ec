"""Nodes as actors of pypushflow: in its pools, and in the databases where it keeps its runs."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import BrokenExecutor
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event as Flag
from time import time
from typing import TYPE_CHECKING, Any

from ....errors import InputError, TaskError
from ....task import SILENT, Progress
from ....workflow import Node, NodeId, Workflow
from ...work import Report, Work, not_picklable, portable, thinned
from ..base import Executor
from ..due import Due

if TYPE_CHECKING:
    from .actors import Compiled, NodeActor

_POOLS = ("thread", "process", "ndprocess", "multiprocessing", "ndmultiprocessing", "billiard")


class Pypushflow(Executor):
    """A workflow compiled to actors of pypushflow, an actor for each node.

    Actors are connected as the nodes are, each does its work in a pool of pypushflow, and
    begin and end of each are told to pypushflow's database. Which link is followed is decided
    as for every executor, so that conditions, loops, error links, joins and the results of
    all end nodes are the same; so are maps, retries and priorities.

    A pool can't end one task alone: one that takes longer than its node's ``timeout`` fails
    at that time but keeps its place. Processes don't tell the progress of their tasks, and
    one that dies takes down what runs in its pool.

    Parameters
    ----------
    pool:
        The kind of pool in pypushflow's words, ``process`` or ``thread``, or how many nodes
        run at once, or both: ``thread:4``.
    database:
        Where pypushflow records the run, as its ``db_options``, such as ``{"db_type":
        "besdb", "url": ...}``; by default as it does by itself.

    Raises
    ------
    InputError
        When pypushflow isn't installed, or has no such pool.
    """

    def __init__(self, pool: str | int = "process", database: dict[str, Any] | None = None) -> None:
        try:
            from pypushflow.concurrent import get_pool
        except ModuleNotFoundError as error:
            raise InputError(
                "The executor 'pypushflow' needs the package 'pypushflow'. "
                "Install it with: pip install 'beamcanvas[pypushflow]'"
            ) from error
        kind, _, count = str(pool).partition(":")
        if kind.isdecimal():
            kind, count = "process", kind
        if kind not in _POOLS or not (count or "1").isdecimal() or count == "0":
            raise InputError(
                f"pypushflow:{pool}: the pool should be one of {', '.join(_POOLS)}, a whole "
                "number, or both (thread:4)."
            )
        self._size = int(count or os.cpu_count() or 1)
        self._database = database
        self._in_threads = kind == "thread"
        more = {} if self._in_threads else {"context": "spawn"}
        self._make = partial(get_pool(kind), max_workers=self._size, wait_on_exit=False, **more)
        self._pool: Any = None
        self._compiled: Compiled | None = None
        self._actors: dict[NodeId, NodeActor] = {}
        self._due = Due()
        self._busy: dict[int, Work] = {}
        self._news: SimpleQueue[tuple[Flag, int, str, tuple[Any, ...]]] = SimpleQueue()
        self._over = Flag()  #: set when what runs now is given up

    def begin(self, flat: Workflow) -> None:
        from .actors import Compiled

        self._compiled = Compiled(flat, self._database)
        self._actors = self._compiled.actors
        self._compiled.begin()

    def end(self, error: BaseException | None) -> None:
        if self._compiled is not None:
            self._compiled.end("finished" if error is None else "error")
            self._compiled = None

    def submit(self, work: Work) -> None:
        self._due.add(work)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._due and len(self._busy) < self._size:
            work = self._due.next()
            self._busy[work.serial] = work
            tell = partial(self._tell, self._over, work.serial)
            tell("started", time(), os.getpid())
            try:
                order: Any = self._order(work, tell)
            except Exception as error:
                tell("failed", not_picklable(work.inputs.items(), "input", error), time())
                continue
            if self._pool is None:
                self._pool = self._make()
                self._pool.__enter__()
            if work.node not in self._actors:  # work of no run, as on the canvas
                self._actors[work.node] = self._alone(work)
            self._actors[work.node].fire(self._pool, order, work, tell)

    def _alone(self, work: Work) -> NodeActor:
        """An actor for work by itself, which no database is told of."""
        from .actors import Compiled

        one = Workflow(id=work.title)
        node = Node(id=work.node, task_type=work.task_type, task_identifier=work.identifier)
        one.nodes[work.node] = node
        return Compiled(one, {"db_type": "dummy"}).actors[work.node]

    def _order(self, work: Work, tell: Any) -> Any:
        """What is called in the pool."""
        if self._in_threads:
            report = thinned(partial(tell, "progressed"))
            return partial(_do, work, Progress(report, self._over.is_set))
        return partial(_read_and_do, pickle.dumps(work, protocol=5))

    def _tell(self, over: Flag, serial: int, what: str, *details: Any) -> None:
        self._news.put((over, serial, what, details))

    def wait(self, report: Report, seconds: float) -> None:
        try:
            while True:
                over, serial, what, details = self._news.get(timeout=seconds)
                seconds = 0.0
                if over is not self._over or serial not in self._busy:
                    continue
                if what in ("finished", "failed"):
                    del self._busy[serial]
                    if isinstance(details[0], BrokenExecutor):
                        self._drop_pool()
                        details = TaskError("A process of its pool died."), details[1]
                getattr(report, what)(serial, *details)
                self._hand_out()
        except Empty:
            return

    def stop(self, serial: int) -> None:
        self._due.remove(serial)

    def cancel(self) -> None:
        self._over.set()
        self._over = Flag()
        self._due.clear()
        if self._busy:
            self._drop_pool(interrupt=not self._in_threads)
        self._busy.clear()

    def _drop_pool(self, interrupt: bool = False) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(block=False, interrupt=interrupt)
            if interrupt:
                _end_processes(pool)

    def close(self) -> None:
        self.cancel()
        self._drop_pool()


def _do(work: Work, progress: Progress) -> tuple[str, Any, float]:
    """What a pool does: the work of a node; an error is an answer too."""
    try:
        return "finished", work.do(progress), time()
    except (Exception, SystemExit) as error:
        return "failed", error, time()


def _read_and_do(data: bytes) -> tuple[str, Any, float]:
    what, found, end = _do(pickle.loads(data), SILENT)  # noqa: S301 - our own
    if what == "failed":
        return what, portable(found), end
    try:
        pickle.dumps(found, protocol=5)
    except Exception as error:
        return "failed", not_picklable(found.items(), "output", error), end
    return what, found, end


def _end_processes(pool: Any) -> None:
    """End the processes of a pool whose tasks don't answer."""
    for process in list((getattr(pool._pool, "_processes", None) or {}).values()):
        process.terminate()
