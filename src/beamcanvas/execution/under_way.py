"""A run under way: what the scheduler wants done goes to the executor, its news come back."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, InputError, TaskError
from ..workflow import Link, Node, NodeId, Workflow, id_text
from ..workflow.rules import comparisons
from .chains import LONGEST, chains
from .delivery import Delivery, input_name
from .doubts import doubts_of
from .events import Events
from .executors import Executor
from .executors.elsewhere import kept_elsewhere
from .pieces import Pieces
from .result import Result
from .scheduler import Firing, Scheduler
from .work import Work, overdue

if TYPE_CHECKING:
    from ..nexus.results import ResultsWriter
    from .cache import Cache

#: seconds after which a run looks whether it was cancelled, and what takes too long
_LOOK = 0.1


class UnderWay:
    """One run: hands the pieces of firings to the executor and takes what becomes of them."""

    def __init__(
        self,
        flat: Workflow,
        scheduler: Scheduler,
        events: Events,
        executor: Executor,
        folder: Path,
        cancelled: Flag | None,
        keep: Iterable[NodeId] | None,
        writer: ResultsWriter | None,
        cache: Cache | None = None,
    ) -> None:
        self._writer = writer
        self._cache = cache
        #: of pieces whose outputs are to be kept, by which key; and those that are kept already
        self._keys: dict[int, tuple[str, Work]] = {}
        self._found: deque[tuple[int, dict[str, Any]]] = deque()
        self._flat = flat
        self._scheduler = scheduler
        self._events = events
        self._executor = executor
        self._folder = folder
        self._cancelled = cancelled
        self._keep = None if keep is None else set(keep)
        self._looked_at = _looked_at(flat)
        self._serial = 0
        #: a cache and a file of results want to see what is between
        self._chains: dict[NodeId, Link] = {}
        if executor.goes_on and writer is None and cache is None:
            self._chains = chains(flat)
        self._handled = {link.source for link in flat.links if link.on_error}
        self._foreseen: dict[NodeId, int] = {}  # numbers of work that is under way already
        #: of each piece the firing that it is of, and its number in that
        self._pieces: dict[int, tuple[Pieces, int]] = {}
        self._began: dict[int, tuple[float, int]] = {}
        self._ends: dict[int, float] = {}  # when pieces take too long
        self.last: dict[NodeId, int] = {}  #: serial of the latest firing of each node
        self.result = Result(
            nodes=scheduler.outputs,
            errors=scheduler.errors,
            started=time(),
            job_id=events.job_id,
            workflow=flat,
        )
        self.error: TaskError | None = None  #: the first failure, with the sentences of all

    def go(self) -> BaseException | None:
        """Run to the end, or until it is stopped: then return why."""
        stopped: BaseException | None = None
        try:
            self._executor.begin(self._flat)
            self._loop()
        except BaseException as error:
            stopped = error
            self._stop(error)
            if not isinstance(error, (Cancelled, KeyboardInterrupt)):
                raise
        finally:
            self.result.seconds = time() - self.result.started
            self.result.firings = self._scheduler.firings
            self._executor.end(stopped or self.error)
            self._events.end(stopped or self.error)
        return stopped

    def _loop(self) -> None:
        self._submit(self._scheduler.start())
        while self._pieces:
            if self.is_cancelled():
                raise Cancelled("The run was cancelled.")
            if self._found:
                serial, outputs = self._found.popleft()
                self.finished(serial, outputs, time())
                continue
            self._executor.wait(self, _LOOK)
            if self._ends:
                self._end_overdue()

    def _stop(self, error: BaseException) -> None:
        self._executor.cancel()
        now = time()
        for pieces in {id(p): p for p, _ in self._pieces.values()}.values():
            if pieces.began is not None:
                self._events.node_end(pieces.firing.node, now, pieces.began[1], error)

    # -- to the executor

    def _submit(self, firings: Iterable[Firing]) -> None:
        for firing in firings:
            work = Work.of(firing, self._folder)
            work.looked_at = self._looked_at.get(firing.node.id, _NOTHING)
            pieces = Pieces(firing, work)
            try:
                pieces.take_apart(self._executor.home)
            except (InputError, TaskError) as error:
                pieces.error = error
            if pieces.are_done:
                self._began_now(pieces, time(), os.getpid())
                self._done(pieces, time())
            for number in range(pieces.count):
                self._send(pieces, number)

    def _send(self, pieces: Pieces, number: int) -> None:
        node = pieces.firing.node
        if node.id in self._foreseen:
            self._pieces[self._foreseen.pop(node.id)] = (pieces, number)
            return
        serial = self._next_serial()
        self._pieces[serial] = (pieces, number)
        work = pieces.piece(number, serial)
        if node.id in self._chains:
            self._foresee(work, node)
        if self._cache is None or not self._is_kept(self._cache, serial, work):
            self._executor.submit(work)

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial - 1

    def _foresee(self, work: Work, node: Node) -> None:
        """Add to work what follows it for sure."""
        works = [work]
        while node.id in self._chains and len(works) < LONGEST:
            link = self._chains[node.id]
            source, node = node, self._flat.nodes[link.target]
            following = Work(
                self._next_serial(), node.title, node.task_type, node.task_identifier,
                node.task_generator, self._scheduler.given(node.id), frozenset(), self._folder,
                self._looked_at.get(node.id, _NOTHING), node=node.id,
                delivery=Delivery(link, source),
            )  # fmt: skip
            # what handles an error may get the inputs of what failed
            is_kept = self._keep is None or source.id in self._keep
            works[-1].is_wanted = is_kept or node.id in self._handled
            self._foreseen[node.id] = following.serial
            works.append(following)
        work.then = tuple(works[1:])

    def _is_kept(self, cache: Cache, serial: int, work: Work) -> bool:
        asked = replace(work, inputs=self._executor.home(work.inputs))
        key = cache.key(asked)
        if key is None:
            return False
        outputs = cache.find(key)
        if outputs is None:
            self._keys[serial] = key, asked
            return False
        self._found.append((serial, outputs))
        return True

    def _keep_for_later(
        self, cache: Cache, key: str, work: Work, outputs: dict[str, Any], seconds: float
    ) -> None:
        try:
            cache.keep(key, work, self._executor.home(outputs), seconds)
        except (InputError, TaskError) as error:  # a full disk is no reason to stop
            import logging

            logging.getLogger(__name__).warning("No more results are kept. %s", error)
            self._cache = None

    def _end_overdue(self) -> None:
        now = monotonic()
        for serial in [serial for serial, end in self._ends.items() if end < now]:
            pieces, _ = self._pieces[serial]
            self._executor.stop(serial)
            self.failed(serial, overdue(pieces.rules), time())

    def bring_home(self) -> None:
        """Fetch what the executor kept elsewhere of what is wanted."""
        result, home = self.result, self._executor.home
        if self._keep is not None:
            # the inputs of the nodes that are kept come from nodes that needn't be
            for inputs in result.inputs.values():
                for name in [n for n, v in inputs.items() if any(kept_elsewhere(v))]:
                    del inputs[name]
        try:
            result.nodes.update(home(dict(result.nodes)))
            result.inputs = home(result.inputs)
        except TaskError:
            self._bring_home_one_by_one()

    def _bring_home_one_by_one(self) -> None:
        for node_id in list(self.result.nodes):
            try:
                self.result.nodes[node_id] = self._executor.home(self.result.nodes[node_id])
                self.result.inputs[node_id] = self._executor.home(self.result.inputs[node_id])
            except TaskError as error:
                del self.result.nodes[node_id]
                self.result.inputs.pop(node_id, None)
                self.result.errors[node_id] = error
                self._add_failure(_task_error(self._flat.nodes[node_id], error))

    # -- what the executor reports; of work that was given up, anything may still come

    def is_cancelled(self) -> bool:
        return self._cancelled is not None and self._cancelled.is_set()

    def started(self, serial: int, time: float, process_id: int) -> None:
        if serial not in self._pieces or serial in self._began:
            return
        self._began[serial] = (time, process_id)
        pieces, _ = self._pieces[serial]
        if pieces.rules.timeout is not None:
            self._ends[serial] = monotonic() + pieces.rules.timeout
        if pieces.began is None:
            self._began_now(pieces, time, process_id)

    def _began_now(self, pieces: Pieces, time: float, process_id: int) -> None:
        pieces.began = (time, process_id)
        if self._events:
            self._events.node_start(pieces.firing.node, time, process_id)

    def progressed(self, serial: int, fraction: float | None, message: str) -> None:
        if self._events and serial in self._began:
            _, process_id = self._began[serial]
            pieces, _ = self._pieces[serial]
            if pieces.fraction is None:
                self._events.node_progress(pieces.firing.node, process_id, fraction, message)

    def finished(self, serial: int, outputs: dict[str, Any], time: float) -> None:
        if serial not in self._pieces:
            return
        pieces, number = self._pieces[serial]
        if pieces.rules.timeout is not None:
            began = self._began.get(serial, (time, 0))[0]
            if time - began > pieces.rules.timeout:  # nobody could stop it
                self.failed(serial, overdue(pieces.rules), time)
                return
        began = self._end(serial, time)
        if self._cache is not None and serial in self._keys:
            self._keep_for_later(self._cache, *self._keys.pop(serial), outputs, time - began)
        pieces.finished(number, outputs)
        self._one_less(pieces, time)

    def failed(self, serial: int, error: BaseException, time: float) -> None:
        if serial not in self._pieces:
            return
        if isinstance(error, Cancelled) and self.is_cancelled():
            raise Cancelled("The run was cancelled.")
        pieces, number = self._pieces[serial]
        self._end(serial, time)
        if pieces.is_tried_again(number, error):
            if self._events and pieces.began is not None:
                words = f"tried again: {error or type(error).__name__}"
                self._events.node_progress(pieces.firing.node, pieces.began[1], None, words)
            self._send(pieces, number)
            return
        pieces.failed(number, error)
        self._one_less(pieces, time)

    def _end(self, serial: int, time: float) -> float:
        """A piece came to its end; when it began."""
        if serial not in self._began:  # before it could say that it began
            self.started(serial, time, os.getpid())
        self._ends.pop(serial, None)
        del self._pieces[serial]
        return self._began.pop(serial)[0]

    def _one_less(self, pieces: Pieces, time: float) -> None:
        if pieces.are_done:
            self._done(pieces, time)
        elif self._events and pieces.began is not None:
            node, process_id = pieces.firing.node, pieces.began[1]
            self._events.node_progress(node, process_id, pieces.fraction, pieces.words)

    def _done(self, pieces: Pieces, time: float) -> None:
        """All of a firing came to its end."""
        firing, error = pieces.firing, pieces.error
        node = firing.node
        began, process_id = pieces.began or (time, os.getpid())
        self.last[node.id] = firing.serial
        self.result.times[node.id] = (began, time)
        if self._events:
            self._events.node_end(node, time, process_id, error)
        if error is None:
            outputs = pieces.outputs()
            self.result.warnings[node.id] = doubts_of(outputs)
            if self._keep is None or node.id in self._keep:
                self.result.inputs[node.id] = dict(firing.inputs)
            self._store(firing, outputs)
            self._submit(self._scheduler.finished(firing, outputs))
            return
        self._store(firing, {}, error)
        failures = len(self._scheduler.errors)
        follow = self._scheduler.failed(firing, error)
        if len(self._scheduler.errors) > failures:
            self._add_failure(_task_error(node, error))
        self._submit(follow)

    def _add_failure(self, failure: TaskError) -> None:
        if self.error is None:
            self.error = failure
        else:
            self.error.problems += failure.problems

    def _store(
        self, firing: Firing, outputs: dict[str, Any], error: BaseException | None = None
    ) -> None:
        if self._writer is not None:
            inputs, outputs = self._executor.home((firing.inputs, outputs))
            times = self.result.times[firing.node.id]
            self._writer.ran(firing.node, inputs, outputs, times, error)


_NOTHING: frozenset[str | int] = frozenset()


def _looked_at(flat: Workflow) -> dict[NodeId, frozenset[str | int] | None]:
    """Of each node, the outputs that conditions look at, by all their names; None is all."""
    names: dict[NodeId, set[str | int]] = {}
    for link in flat.links:
        for name in (*link.conditions, *(c.output for c in comparisons(link))):
            names.setdefault(link.source, set()).update((name, str(name), input_name(name)))
    found: dict[NodeId, frozenset[str | int] | None] = {n: frozenset(v) for n, v in names.items()}
    for node in flat.nodes.values():
        if node.task_type in ("ppfmethod", "ppfport"):  # links look into their one output
            found[node.id] = None
    return found


def _task_error(node: Node, cause: BaseException) -> TaskError:
    name = f"'{node.title}'"
    if node.label and node.label != id_text(node.id):
        name += f" ({id_text(node.id)})"
    task = node.task_identifier or node.task_type
    why = str(cause) or type(cause).__name__
    if not isinstance(cause, (TaskError, ValueError)):
        why = f"{type(cause).__name__}: {why}" if str(cause) else why
    error = TaskError(f"Node {name}, task {task}, failed: {why}", node.id, str(task))
    error.__cause__ = cause
    return error
