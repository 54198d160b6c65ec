"""What a worker of dask does: the work of a node, its outputs staying where they are."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from ....task import Progress
from ...doubts import doubts_of
from ...work import Work, not_picklable, portable, thinned
from ..elsewhere import is_small


@dataclass(slots=True, frozen=True)
class Place:
    """Stands for an output among inputs: which of the futures, and the name in that."""

    index: int
    name: tuple[int, str] | None


def do(
    data: bytes, where: tuple[str, int, int, Path | None], given: list[Any]
) -> dict[tuple[int, str], Any]:
    """What a worker does: the work of a node, and of those that follow it alone.

    Its result are the outputs that stay there, by the number of the work and their name.
    """
    from distributed import get_worker

    topic, run, serial, note = where
    worker = get_worker()
    key = worker.get_current_task()
    if note is not None:
        note.write_text(str(os.getpid()))

    def tell(*news: bytes) -> None:
        worker.log_event(topic, pickle.dumps((run, news), protocol=5))

    def is_cancelled() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    left: dict[tuple[int, str], Any] = {}
    try:
        work: Work = pickle.loads(data)  # noqa: S301 - what the client made
        work.inputs = _filled(work.inputs, given)
        outputs: dict[str, Any] = {}
        ended: tuple[bytes, ...] = ()  # is told with the begin of the next
        for one in (work, *work.then):
            if ended and is_cancelled():
                break
            serial = one.serial
            one.feed(outputs)
            tell(*ended, _news(serial, "started", time(), os.getpid()))
            report = thinned(lambda *said, n=serial: tell(_news(n, "progressed", *said)))
            outputs = one.do(Progress(report, is_cancelled))
            ended = (_finished(one, outputs, left),)
        tell(*ended)
    except (Exception, SystemExit) as error:
        tell(_news(serial, "failed", portable(error), time()))
    finally:
        if note is not None:
            note.unlink(missing_ok=True)
    return left


def _news(serial: int, what: str, *details: Any) -> bytes:
    return pickle.dumps((serial, what, details), protocol=5)


def _finished(work: Work, outputs: dict[str, Any], left: dict[tuple[int, str], Any]) -> bytes:
    """The news of outputs; what is large and what no condition looks at is left here."""
    large = {
        name: value
        for name, value in outputs.items()
        if work.looked_at is not None and name not in work.looked_at and not is_small(value)
    }
    told = {name: None if name in large else value for name, value in outputs.items()}
    doubts = {name: doubts_of({name: value}) for name, value in large.items()}
    is_alone = len(large) == 1 and not work.then and work.delivery is None
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
