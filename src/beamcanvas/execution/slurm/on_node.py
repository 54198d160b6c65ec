"""What a job does: it reads an order, carries it out and tells of it in files.

    python -m beamcanvas.execution.slurm FOLDER NUMBER

In the folder, ``NUMBER.order`` is what to do; ``NUMBER.told`` grows by a pickle for each news,
``NUMBER.done`` is the last one, and ``NUMBER.cancel`` appears when all should stop.
"""

from __future__ import annotations

import os
import pickle
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..work import Work

#: seconds after which it is looked again whether to stop
_LOOK = 0.2
#: seconds between two news of a progress that isn't a percent further
_SELDOM = 1.0


class Desk:
    """Where a job tells what becomes of its order, and is told to stop."""

    def __init__(self, folder: Path, number: str) -> None:
        self.folder = folder
        self.number = number
        self._cancel = folder / f"{number}.cancel"
        self._told = (folder / f"{number}.told").open("ab", buffering=0)
        self._looked = 0.0
        self._is_cancelled = False

    def tell(self, what: str, *details: Any) -> None:
        """Something that happened; a write of its own each, so that it is read whole."""
        self._told.write(pickle.dumps((what, *details), protocol=5))

    def is_cancelled(self) -> bool:
        """Whether all should stop."""
        if not self._is_cancelled and monotonic() - self._looked > _LOOK:
            self._looked = monotonic()
            self._is_cancelled = self._cancel.exists()
        return self._is_cancelled

    def finish(self, *news: Any) -> None:
        """The last of the news; what was printed is in the log before."""
        from .values import write

        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        write(self.folder / f"{self.number}.done", news)


class Order(ABC):
    """What a job is to do."""

    @abstractmethod
    def carry_out(self, desk: Desk) -> bool:
        """Do it and tell of it; whether it went well."""


@dataclass(slots=True)
class WorkOrder(Order):
    """The work of a node, and of those that follow it alone: a pickle."""

    data: bytes

    def carry_out(self, desk: Desk) -> bool:
        from ...task import Progress
        from ..work import portable, thinned

        try:
            work: Work = pickle.loads(self.data)  # noqa: S301 - our own
            outputs: dict[str, Any] = {}
            for one in (work, *work.then):
                if outputs and desk.is_cancelled():
                    break
                one.feed(outputs)
                desk.tell("started", time(), os.getpid())
                report = thinned(partial(desk.tell, "progressed"), _SELDOM)
                outputs = one.do(Progress(report, desk.is_cancelled))
                _deliver(desk, one, outputs, one is (work, *work.then)[-1])
        except (Exception, SystemExit) as error:
            desk.finish("failed", portable(error), time())
            return False
        return True


def _deliver(desk: Desk, work: Work, outputs: dict[str, Any], is_last: bool) -> None:
    """Tell the outputs, those that are large and that no condition looks at in files."""
    from ..doubts import doubts_of
    from ..executors.elsewhere import is_small
    from ..work import not_picklable
    from .values import write

    end = time()
    looked_at = work.looked_at
    filed: dict[str, tuple[Path, tuple[str, ...]]] = {}
    for name, value in outputs.items():
        if looked_at is not None and name not in looked_at and not is_small(value):
            path = desk.folder / f"{desk.number}-{work.serial}-{len(filed)}.value"
            filed[name] = path, doubts_of({name: value})
    told = {name: None if name in filed else value for name, value in outputs.items()}
    tell = desk.finish if is_last else desk.tell
    try:
        for name, (path, _) in filed.items():
            if work.is_wanted:
                write(path, outputs[name])
        tell("finished", told, filed, end)
    except Exception as error:
        for path, _ in filed.values():
            path.unlink(missing_ok=True)
        raise not_picklable(outputs.items(), "output", error) from error


def order(folder: Path, number: str, what: Order, path: Sequence[str]) -> None:
    """Put an order for a job into a folder, with the path on which modules are found here."""
    new = folder / f".{number}.order"
    new.write_bytes(pickle.dumps(list(path), protocol=5) + pickle.dumps(what, protocol=5))
    new.replace(folder / f"{number}.order")


def news(data: bytes) -> tuple[list[tuple[Any, ...]], int]:
    """The news at the begin of what was told, and how many bytes of it they are."""
    stream, found, end = BytesIO(data), [], 0
    with suppress(EOFError, pickle.UnpicklingError):  # the last one isn't there as a whole
        while True:
            found.append(pickle.load(stream))  # noqa: S301 - our own job's
            end = stream.tell()
    return found, end


def main(folder: str, number: str) -> int:
    """Carry out an order; the exit code."""
    desk = Desk(Path(folder), number)
    with (desk.folder / f"{number}.order").open("rb") as file:
        sys.path += [one for one in pickle.load(file) if one not in sys.path]  # noqa: S301
        what: Order = pickle.load(file)  # noqa: S301 - written by who made this job
    return 0 if what.carry_out(desk) else 1
