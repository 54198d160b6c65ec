"""What a worker of dask does: the work of a node, its outputs staying where they are."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from functools import partial
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
    name: str | None


def do(data: bytes, where: tuple[str, int, int, Path | None], given: list[Any]) -> dict[str, Any]:
    """What a worker does: the work of a node. Its result are the outputs that stay there."""
    from distributed import get_worker

    topic, run, serial, note = where
    worker = get_worker()
    key = worker.get_current_task()
    if note is not None:
        note.write_text(str(os.getpid()))

    def tell(what: str, *details: Any) -> None:
        worker.log_event(topic, pickle.dumps((run, serial, what, details), protocol=5))

    def is_cancelled() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    tell("started", time(), os.getpid())
    try:
        work: Work = pickle.loads(data)  # noqa: S301 - what the client made
        work.inputs = _filled(work.inputs, given)
        outputs = work.do(Progress(thinned(partial(tell, "progressed")), is_cancelled))
        left = {
            name: value
            for name, value in outputs.items()
            if work.looked_at is not None and name not in work.looked_at and not is_small(value)
        }
        told = {name: None if name in left else value for name, value in outputs.items()}
        try:
            doubts = {name: doubts_of({name: value}) for name, value in left.items()}
            tell("finished", told, doubts, time())
        except Exception as error:
            raise not_picklable(told.items(), "output", error) from error
    except (Exception, SystemExit) as error:
        tell("failed", portable(error), time())
        return {}
    finally:
        if note is not None:
            note.unlink(missing_ok=True)
    return left


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
