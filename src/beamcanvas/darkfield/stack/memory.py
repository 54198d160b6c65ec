"""Frames that were read and are kept, within a limit."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from .cores import own_buffers, usable_cores
from .saturation import SATURATED
from .source import ArraySource, Source


def half_of_memory() -> int:
    """Half of the bytes that the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError):
        return 4 << 30


def working_type(dtype: Any) -> Any:
    """What frames of a type are worked on as: small counts as uint16, all else as float32."""
    dtype = np.dtype(dtype)
    small = dtype.kind in "bu" and dtype.itemsize <= 2
    return np.dtype(np.uint16) if small else np.dtype(np.float32)


def read(
    source: Source, frames: Sequence[int], rows: slice, columns: slice, progress: Progress
) -> NDArray[Any]:
    """Frames of a source in the order asked for, cut to rows and columns, read by all cores."""
    target: dict[int, int] = {number: k for k, number in enumerate(frames)}
    shape = (len(frames), rows.stop - rows.start, columns.stop - columns.start)
    out = np.empty(shape, working_type(source.dtype))
    clean = np.dtype(source.dtype).kind == "f"
    key = source.key

    with source.reading() as reader:
        wanted = sorted(target)
        runs = [run for first, last in _runs(wanted) for run in reader.blocks(first, last)]

        def one(run: tuple[int, int]) -> int:
            block = reader.read(*run, own_buffers("read"))[:, rows, columns]
            SATURATED.look(key, run[0], block)
            for k, frame in zip(range(*run), block, strict=True):
                out[target[k]] = frame
                if clean:
                    np.nan_to_num(out[target[k]], copy=False)
            return run[1] - run[0]

        done = 0
        with ThreadPoolExecutor(usable_cores()) as pool:
            try:
                for count in pool.map(one, runs):
                    done += count
                    progress(done / max(len(frames), 1), f"Reading frame {done} of {len(frames)}")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    return out


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1] = runs[-1][0], number + 1
        else:
            runs.append((number, number + 1))
    return runs


class _Kept:
    """The last stacks that were read, as long as they fit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stacks: OrderedDict[Any, NDArray[Any]] = OrderedDict()

    def get(self, key: Any) -> NDArray[Any] | None:
        with self._lock:
            if key in self._stacks:
                self._stacks.move_to_end(key)
            return self._stacks.get(key)

    def put(self, key: Any, frames: NDArray[Any], limit: int) -> None:
        with self._lock:
            self._stacks[key] = frames
            while len(self._stacks) > 1 and sum(f.nbytes for f in self._stacks.values()) > limit:
                self._stacks.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._stacks.clear()


KEPT = _Kept()
_READING = threading.Lock()  #: a stack that two ask for at once is read once


def in_memory(
    source: Source, frames: NDArray[np.intp], limit: int, progress: Progress
) -> NDArray[Any] | None:
    """All frames of a source in the order asked for, kept for the next time; None if too big."""
    plain = np.array_equal(frames, np.arange(source.count))
    if isinstance(source, ArraySource) and plain:
        if source.frames.dtype == working_type(source.dtype):
            return source.frames
    key = source.key, frames.tobytes()
    found = KEPT.get(key)
    if found is not None:
        return found
    rows, columns = source.shape
    if len(frames) * rows * columns * working_type(source.dtype).itemsize > limit:
        return None
    while not _READING.acquire(timeout=0.2):
        progress.check()
    try:
        found = KEPT.get(key)
        if found is None:
            found = read(source, frames.tolist(), slice(0, rows), slice(0, columns), progress)
            KEPT.put(key, found, limit)
        return found
    finally:
        _READING.release()
