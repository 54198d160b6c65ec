"""How much of a scan is worked on at a time."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import InputError
from .backends import MANY
from .engine import Slices

#: rows of a chunk at most: what an interrupted volume loses, and what workers share
_ROWS = 64
#: the same where each chunk reads whole frames, as compressed ones are
_ROWS_OF_WHOLE = 256


def free_memory() -> float:
    """Bytes that this machine can still give; of all there are where it doesn't say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except OSError:
        pass
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def used_memory() -> float:
    """Bytes that this process holds already; 0 where the system doesn't say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def rows_at_once(slices: Slices, limit: float | None, rows: int) -> int:
    """How many of `rows` rows fit into `limit` bytes of the whole process.

    By default it is half of the memory that is free. Rows come in pairs, as the fast
    backend takes them.

    Raises
    ------
    InputError
        When not even two rows fit.
    """
    room = free_memory() / 2 if limit is None else limit - used_memory()
    most = min(rows, _ROWS_OF_WHOLE if slices.projections.reads_whole_frames else _ROWS)

    def fits(pairs: int) -> bool:
        return slices.memory_for(min(2 * pairs, rows)) <= room

    # few rows are done in another way, that may take more
    pairs, many = most // 2 + most % 2, MANY // 2
    low, high = (many, pairs) if pairs >= many and fits(many) else (0, min(pairs, many - 1))
    while low < high:  # pairs that fit, by halving
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    if low == 0:
        needed = (slices.memory_for(min(2, rows)) + (0 if limit is None else used_memory())) / 1e9
        given = (room if limit is None else limit) / 1e9
        raise InputError(
            f"{slices.projections.scan.name}: two rows at a time need {needed:.2g} GB of memory, "
            f"more than the {given:.2g} GB allowed; bin the projections, or allow more."
        )
    return min(2 * low, rows)
