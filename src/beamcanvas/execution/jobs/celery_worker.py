"""A worker of celery whose tasks are the jobs of a board."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event as Flag
from threading import Thread
from typing import Any

from celery import Celery, bootsteps
from celery.apps import worker as program
from celery.concurrency import thread
from celery.worker import state

from .job import Attendant


class _Pool(thread.TaskPool):  # type: ignore[misc] # celery has no types
    """Threads that say when one of them is free, so that the next message is asked for."""

    free: socket.socket

    def on_apply(
        self,
        target: object,
        args: object,
        kwargs: object,
        callback: Callable[..., None],
        **how: Any,
    ) -> object:
        def done(*result: object, **options: object) -> None:
            callback(*result, **options)
            with suppress(OSError):
                self.free.send(b".")

        return super().on_apply(target, args, kwargs, done, **how)


class _Worker(program.Worker):  # type: ignore[misc]
    """Without celery's own words, title of the process and answers to signals."""

    def setup_logging(self, colorize: bool | None = None) -> bool:
        return True

    def install_platform_tweaks(self, worker: object) -> None: ...

    def set_process_status(self, info: str) -> None: ...


def _at_each_connection(ready: Callable[[], None]) -> type:
    """A step that celery takes when it has connected, also after the connection was lost."""

    class Connected(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.consumer:Tasks",)

        def start(self, consumer: Any) -> None:
            # who has no place free asks for no message, and nothing else wakes it
            told, consumer.pool.free = socket.socketpair()
            consumer.hub.add_reader(told, told.recv, 4096)
            ready()

    return Connected


def serve(
    app: Celery,
    task: str,
    do: Callable[[str], str | None],
    attendant: Attendant,
    ready: Callable[[], None],
    ending: Flag,
) -> None:
    """Take jobs from celery until `ending` is set and those under way have ended.

    Parameters
    ----------
    task:
        The name by which celery knows what is to be done.
    do:
        Does a job by its id, in one of as many threads as the attendant has places.
    ready:
        Called when jobs can come, also when the connection was lost and is there again.
    """
    for handler in logging.getLogger().handlers:
        handler.addFilter(_without_traceback)
    app.task(do, name=task)
    app.steps["consumer"].add(_at_each_connection(ready))
    made = _Worker(
        app=app,
        pool_cls=_Pool,
        concurrency=attendant.places,
        queues=list(attendant.queues),
        hostname=f"beamcanvas@{attendant.id}",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        loglevel="WARNING",
    )

    def end() -> None:
        ending.wait()
        state.should_stop = 0

    Thread(target=end, name="beamcanvas worker end", daemon=True).start()
    made.start()


def _without_traceback(record: logging.LogRecord) -> bool:
    """A broker that is away is no fault of the program: the sentence is enough."""
    if record.name.startswith(("celery", "kombu")):
        record.exc_info = None
        record.msg = record.getMessage().strip()
        record.args = None
    return True
