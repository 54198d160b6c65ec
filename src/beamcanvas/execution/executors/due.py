"""Work that waits for a place: what has more priority first, else as it came."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count

from ..work import Work


class Due:
    """A queue of work."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Work]] = []
        self._number = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, work: Work) -> None:
        """Let it wait."""
        heappush(self._heap, (-work.priority, next(self._number), work))

    def next(self) -> Work:
        """What goes first."""
        return heappop(self._heap)[2]

    def remove(self, serial: int) -> None:
        """Forget a piece of work, if it waits."""
        self._heap = [item for item in self._heap if item[2].serial != serial]
        heapify(self._heap)

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()
