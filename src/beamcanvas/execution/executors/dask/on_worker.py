"""What a worker of dask does: the work of a node, its outputs staying where they are."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from ....task import Progress
from ...doubts import doubts_of
from ...work import Work, not_picklable, portable, thinned
from ..elsewhere import is_small
from .telling import Teller


@dataclass(slots=True, frozen=True)
class Place:
    """Stands for an output among inputs: which of the futures, and the name in that."""

    index: int
    name: tuple[int, str] | None


def do(
    orders: list[bytes], where: tuple[str, int, list[int], Path | None], given: list[list[Any]]
) -> dict[tuple[int, str], Any]:
    """What a worker does: the work of a node, or several, each with those that follow it alone.

    Its result are the outputs that stay there, by the number of the work and their name.
    """
    from distributed import get_worker

    topic, run, serials, note = where
    worker = get_worker()
    key = worker.get_current_task()
    teller = Teller(worker, topic, run)
    under_way = None if note is None else os.open(note, os.O_CREAT | os.O_WRONLY)

    def note_down(serial: int) -> None:
        if under_way is not None:  # in place: a file that is written anew waits for the disk
            os.pwrite(under_way, f"{os.getpid()} {serial:<12}".encode(), 0)

    def is_cancelled() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    left: dict[tuple[int, str], Any] = {}
    try:
        for data, serial, inputs in zip(orders, serials, given, strict=True):
            if left and is_cancelled():
                break
            is_only = len(orders) == 1
            _do(data, serial, inputs, teller.tell, is_cancelled, note_down, left, is_only)
    finally:
        if note is not None and under_way is not None:
            os.close(under_way)
            note.unlink(missing_ok=True)
        teller.flush()
    return left


def _do(
    data: bytes,
    serial: int,
    given: list[Any],
    tell: Callable[[bytes], None],
    is_cancelled: Callable[[], bool],
    note_down: Callable[[int], None],
    left: dict[tuple[int, str], Any],
    is_only: bool,
) -> None:
    try:
        work: Work = pickle.loads(data)  # noqa: S301 - what the client made
        work.inputs = _filled(work.inputs, given)
        outputs: dict[str, Any] = {}
        for one in (work, *work.then):
            if one is not work and is_cancelled():
                return
            serial = one.serial
            note_down(serial)
            one.feed(outputs)
            tell(_news(serial, "started", time(), os.getpid()))
            report = thinned(lambda *said, n=serial: tell(_news(n, "progressed", *said)))
            outputs = one.do(Progress(report, is_cancelled))
            tell(_finished(one, outputs, left, is_only))
    except (Exception, SystemExit) as error:
        tell(_news(serial, "failed", portable(error), time()))


def _news(serial: int, what: str, *details: Any) -> bytes:
    return pickle.dumps((serial, what, details), protocol=5)


def _finished(
    work: Work, outputs: dict[str, Any], left: dict[tuple[int, str], Any], is_only: bool
) -> bytes:
    """The news of outputs; what is large and what no condition looks at is left here."""
    large = {
        name: value
        for name, value in outputs.items()
        if work.looked_at is not None and name not in work.looked_at and not is_small(value)
    }
    told = {name: None if name in large else value for name, value in outputs.items()}
    doubts = {name: doubts_of({name: value}) for name, value in large.items()}
    is_alone = is_only and len(large) == 1 and not work.then and work.delivery is None
    try:
        news = _news(work.serial, "finished", told, doubts, is_alone, time())
    except Exception as error:
        raise not_picklable(told.items(), "output", error) from error
    if work.is_wanted:
        left.update({(work.serial, name): value for name, value in large.items()})
    return news


def _filled(inputs: Any, given: list[Any]) -> Any:
    """The inputs with what came from other nodes in its places."""
    if isinstance(inputs, Place):
        found = given[inputs.index]
        return found if inputs.name is None else found[inputs.name]
    if type(inputs) is dict:
        return {name: _filled(value, given) for name, value in inputs.items()}
    if type(inputs) in (list, tuple) and given:
        return type(inputs)(_filled(value, given) for value in inputs)
    return inputs
