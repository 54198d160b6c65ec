"""Short work of one kind goes to a worker several at once: each task of dask costs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from time import monotonic
from typing import Protocol, TypeVar

#: seconds that the work of one group should take together
TARGET = 0.02
#: seconds for which it is waited to learn how long a kind of work takes
_PATIENCE = 0.1
#: so much work for each worker is sent before that is known, and so many groups at least after
_FIRST, _GROUPS = 2, 4
_LAST = 9  # times that are remembered: the middle one counts, as a busy machine has hiccups


class Due(Protocol):
    """Work that waits to be sent."""

    task: str
    alone: bool


Item = TypeVar("Item", bound=tuple[int, Due])


class Groups:
    """How long each kind of work took, and what follows from it."""

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}
        self._asked: dict[str, float] = {}  #: kinds that are being tried out, and since when

    def learn(self, task: str, seconds: float) -> None:
        """Work of a kind took so long."""
        self._seconds.setdefault(task, deque(maxlen=_LAST)).append(seconds)
        self._asked.pop(task, None)

    def forget_waiting(self) -> None:
        """Nobody waits any more."""
        self._asked.clear()

    def of(
        self, due: list[Item], count_workers: Callable[[], int]
    ) -> tuple[list[list[Item]], list[Item]]:
        """The groups in which work is sent now, and what is better sent a little later."""
        groups: list[list[Item]] = []
        later: list[Item] = []
        by_task: dict[str, list[Item]] = {}
        for item in due:
            if item[1].alone:
                groups.append([item])
            else:
                by_task.setdefault(item[1].task, []).append(item)
        for task, items in by_task.items():
            if len(items) < _FIRST * _GROUPS:
                groups += [[item] for item in items]
                continue
            workers = max(count_workers(), 1)
            seconds = median(self._seconds[task]) if task in self._seconds else None
            if seconds is None and task not in self._asked:
                self._asked[task] = monotonic()
                first = _FIRST * workers
                groups += [[item] for item in items[:first]]
                later += items[first:]
            elif seconds is None and monotonic() - self._asked[task] < _PATIENCE:
                later += items
            else:
                even = -(-len(items) // (_GROUPS * workers))
                size = 1 if seconds is None else int(TARGET / max(seconds, 1e-6))
                size = max(min(size, even), 1)
                groups += [items[i : i + size] for i in range(0, len(items), size)]
        return groups, later
