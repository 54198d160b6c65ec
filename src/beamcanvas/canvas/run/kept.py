"""Results kept from session to session: a scheme that is opened again lights up at once.

What runs on the canvas always runs; its outputs are kept in a folder of the user's, in the
background. When a scheme is opened, the steps whose task, inputs and files are what they were
get what was kept. Nothing is run for that, and only tasks of widgets that are installed are
looked for, so that a file can't name code to be imported.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from AnyQt.QtCore import QSettings

from ...errors import BeamcanvasError
from ...execution.cache import Cache
from ...execution.scheduler import Firing, Scheduler
from ...execution.work import Work
from ...workflow import NodeId, Workflow

_ON = "results/kept"
#: bytes that all of them may take, and that one of them may; what more is kept between two
#: looks at the room that they take
_ROOM, _LARGE, _MORE = 1_000_000_000, 100_000_000, 50_000_000


def is_on() -> bool:
    """Whether results are kept."""
    return bool(QSettings().value(_ON, True, type=bool))


def set_on(on: bool) -> None:
    """Keep results from now on, or no more."""
    QSettings().setValue(_ON, on)


def folder() -> Path:
    """Where they are kept: among the user's caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "beamcanvas" / "results"


class KeptResults:
    """Results to be kept and found again; used in threads."""

    def __init__(self) -> None:
        self._cache = Cache(folder())
        self._lock = Lock()
        self._more = _MORE  #: bytes kept since it was last looked at the room that they take

    def keep(self, firing: Firing, folder: Path, outputs: dict[str, Any], seconds: float) -> None:
        """Keep outputs; what can't be kept isn't, and nobody is told."""
        size = _size(outputs)
        if size > _LARGE:
            return
        work = Work.of(firing, folder)
        key = None if work.rules.map else self._cache.key(work)
        if key is None:
            return
        try:
            self._cache.keep(key, work, outputs, seconds)
        except BeamcanvasError:  # the disk is full
            return
        with self._lock:
            self._more += size
            if self._more >= _MORE:
                self._more = 0
                self._make_room()

    def _make_room(self) -> None:
        """Forget what wasn't used for longest, beyond the room that there is."""
        size = 0
        for entry in sorted(self._cache.entries(), key=lambda entry: entry.used, reverse=True):
            size += entry.size
            if size > _ROOM:
                self._cache.remove(entry)

    def found(
        self, flat: Workflow, folder: Path, known: Collection[NodeId]
    ) -> dict[NodeId, dict[str, Any]]:
        """The outputs that a run of a flat graph would have, as far as they are kept.

        Parameters
        ----------
        known:
            The nodes whose tasks may be looked at.
        """
        scheduler = Scheduler(flat)
        found: dict[NodeId, dict[str, Any]] = {}
        due = deque(scheduler.start())
        while due and scheduler.firings[due[0].node.id] <= _LOOPS:
            firing = due.popleft()
            work = Work.of(firing, folder) if firing.node.id in known else None
            key = None if work is None or work.rules.map else self._cache.key(work)
            outputs = None if key is None else self._cache.find(key)
            if outputs is not None:
                found[firing.node.id] = outputs
                due += scheduler.finished(firing, outputs)
        return found


#: a loop is followed so often
_LOOPS = 100


def _size(value: Any, depth: int = 3) -> int:
    """About how many bytes of arrays there are in a value."""
    own = getattr(value, "nbytes", None)
    if isinstance(own, int):
        return own
    if not depth:
        return 0
    if isinstance(value, Mapping):
        return sum(_size(v, depth - 1) for v in value.values())
    if isinstance(value, (list, tuple)):
        return sum(_size(v, depth - 1) for v in value[:1000])
    if is_dataclass(value):
        return sum(_size(getattr(value, f.name, None), depth - 1) for f in fields(value))
    return 0
