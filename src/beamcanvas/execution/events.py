"""What happens in a run, as it happens: events of the job, the workflow and its nodes.

An event is a mapping with ewoks' fields (`FIELDS`), None where a field has nothing to say,
and ``message``, the words of a progress. A run of n firings sends, in this order: job start,
workflow start, a start and an end for each firing (with progress between), workflow end,
job end. Ends carry ``error``, ``error_message`` and ``error_traceback``.

A handler is any callable that takes an event; if it has a ``close`` it is called after the
last one, and if it has an ``about``, this gets an `About` before the first. All are called
in the thread of the run. Handlers by name are found in the entry-point group
``beamcanvas.events``: each is made by calling what the entry point names, with the text
after the colon if there is one (``"sqlite:run.db"``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import Cancelled, InputError
from ..task.validation import did_you_mean
from ..workflow import Node, NodeId, Workflow, id_text

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Event: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[[Event], object]

#: ewoks' names, in ewoks' order, and the SQL type of each
FIELDS: Mapping[str, str] = {
    "host_name": "TEXT",
    "process_id": "INTEGER",
    "user_name": "TEXT",
    "job_id": "TEXT",
    "engine": "TEXT",
    "context": "TEXT",
    "workflow_id": "TEXT",
    "type": "TEXT",
    "time": "TEXT",
    "error": "INTEGER",
    "error_message": "TEXT",
    "error_traceback": "TEXT",
    "node_id": "TEXT",
    "task_id": "TEXT",
    "progress": "INTEGER",
    "task_uri": "TEXT",
    "input_uris": "BLOB",
    "output_uris": "BLOB",
}

_OWN = {
    "apart": "apart:apart",
    "history": "history:history_handler",
    "log": "log:LogHandler",
    "redis": "redis:RedisHandler",
    "sqlite": "sqlite:SqliteHandler",
    "terminal": "terminal:Terminal",
    "websocket": "websocket:WebsocketHandler",
}


@dataclass(frozen=True)
class About:
    """What runs, for handlers that keep more of it than its events."""

    job_id: str
    workflow: Workflow
    inputs: Mapping[NodeId, Mapping[Any, Any]]  #: given for this run
    executor: str
    results: str | None  #: the file of results


def handler_names() -> list[str]:
    """The names that :func:`make_handler` knows: our own, and those of installed packages."""
    return sorted({*_OWN, *_installed()})


def _installed() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group="beamcanvas.events")}


def make_handler(handler: str | Handler) -> Handler:
    """A handler by its name, ``name`` or ``name:argument``; a callable is one already.

    Raises
    ------
    InputError
        When there is none of that name, or it can't use what it is given.
    """
    if not isinstance(handler, str):
        return handler
    name, colon, argument = handler.partition(":")
    make: Callable[..., Handler]
    if name in _OWN:
        from importlib import import_module

        module, _, attribute = _OWN[name].partition(":")
        make = getattr(import_module(f".handlers.{module}", __package__), attribute)
    else:
        installed = _installed()
        if name not in installed:
            known = handler_names()
            raise InputError(
                f"There is no handler of events '{name}'.{did_you_mean(name, known)} "
                f"There are: {', '.join(known)}."
            )
        make = installed[name].load()
    try:
        return make(argument) if colon else make()
    except TypeError as error:
        raise InputError(f"The handler of events '{handler}' can't be made: {error}.") from error


class Events:
    """The events of one run, sent to its handlers. A handler that fails is left out.

    Parameters
    ----------
    handlers:
        Who gets them; without any, nothing is done at all.
    workflow:
        What runs.
    job_id:
        Name of this run among others; made up by default.
    """

    def __init__(
        self, handlers: Iterable[str | Handler], workflow: Workflow, job_id: str | None = None
    ) -> None:
        self._handlers = [make_handler(handler) for handler in handlers]
        self.job_id = job_id
        if not self._handlers:
            return
        if job_id is None:
            self.job_id = _unique()
        self._blank: Event = dict.fromkeys((*FIELDS, "message"))
        self._blank.update(
            host_name=os.uname().nodename,
            process_id=os.getpid(),
            user_name=_user_name(),
            job_id=self.job_id,
            engine="beamcanvas",
        )
        self._workflow = workflow
        self._workflow_id = str(workflow.id)

    def __bool__(self) -> bool:
        return bool(self._handlers)

    def begin(
        self,
        inputs: Mapping[NodeId, Mapping[Any, Any]] | None = None,
        executor: str = "",
        results: str | Path | None = None,
    ) -> None:
        """The job and the workflow start."""
        if self._handlers and self.job_id is not None:
            about = About(
                self.job_id,
                self._workflow,
                inputs or {},
                executor,
                None if results is None else str(Path(results).absolute()),
            )
            for handler in tuple(self._handlers):
                tell = getattr(handler, "about", None)
                if tell is not None:
                    self._safely(handler, tell, about)
            self._send(context="job", type="start")
            self._send(context="workflow", type="start", workflow_id=self._workflow_id)

    def end(self, error: BaseException | None) -> None:
        """The workflow and the job end; handlers are closed."""
        if not self._handlers:
            return
        told = _error_fields(error, str(error) or type(error).__name__ if error else "")
        if isinstance(error, (Cancelled, KeyboardInterrupt)):
            told["message"] = "stopped"
        self._send(context="workflow", type="end", workflow_id=self._workflow_id, **told)
        self._send(context="job", type="end", **told)
        for handler in self._handlers:
            close = getattr(handler, "close", None)
            if close is not None:
                self._safely(handler, close)

    def node_start(self, node: Node, time: float, process_id: int) -> None:
        """The work of a node begins."""
        self._node(node, time, process_id, type="start")

    def node_progress(
        self, node: Node, process_id: int, fraction: float | None, message: str
    ) -> None:
        """A node tells how far it is."""
        if self._handlers:
            percent = None if fraction is None else round(100 * fraction)
            self._node(node, None, process_id, type="progress", progress=percent, message=message)

    def node_end(
        self, node: Node, time: float, process_id: int, error: BaseException | None = None
    ) -> None:
        """The work of a node ended."""
        if self._handlers:
            told = _error_fields(error, _root_cause(error))
            self._node(node, time, process_id, type="end", **told)

    def _node(self, node: Node, time: float | None, process_id: int, **fields: Any) -> None:
        if self._handlers:
            self._send(
                time,
                context="node",
                workflow_id=self._workflow_id,
                node_id=id_text(node.id),
                task_id=node.task_identifier,
                process_id=process_id,
                **fields,
            )

    def pass_on(self, event: Event) -> None:
        """An event as another process told it."""
        for handler in tuple(self._handlers):
            self._safely(handler, handler, {**self._blank, **event})

    def _send(self, time: float | None = None, **fields: Any) -> None:
        when = datetime.now() if time is None else datetime.fromtimestamp(time)
        event = {**self._blank, "time": when.astimezone().isoformat(), **fields}
        for handler in tuple(self._handlers):
            self._safely(handler, handler, event)

    def _safely(self, handler: Handler, call: Callable[..., object], *args: Any) -> None:
        try:
            call(*args)
        except Exception as error:
            import logging

            log = logging.getLogger(__name__)
            words = "The handler of events %s failed and gets no more of them: %s: %s"
            name = getattr(handler, "__qualname__", type(handler).__name__)
            log.error(words, name, type(error).__name__, error)
            log.debug("where it failed", exc_info=error)
            self._handlers = [h for h in self._handlers if h is not handler]


def _error_fields(error: BaseException | None, message: str) -> dict[str, Any]:
    if error is None:
        return {"error": False}
    from traceback import format_exception

    traceback = "".join(format_exception(error))
    return {"error": True, "error_message": message, "error_traceback": traceback}


def _root_cause(error: BaseException | None) -> str:
    if error is None:
        return ""
    seen = {id(error)}  # what raised what can go round in circles
    while True:
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        if cause is None or id(cause) in seen:
            break
        seen.add(id(cause))
        error = cause
    return str(error) or type(error).__name__


def _unique() -> str:
    """A random UUID; the module for them takes longer to import than a small run."""
    n = int.from_bytes(os.urandom(16)) & ~(0xF << 76) & ~(0x3 << 62) | 4 << 76 | 2 << 62
    text = f"{n:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _user_name() -> str | None:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError, ImportError):  # a user id without a name, in containers
        return None
