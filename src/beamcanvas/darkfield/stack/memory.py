"""Frames that were read and are kept, within a limit."""

from __future__ import annotations

import ctypes
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
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


def working_type(dtype: Any) -> np.dtype[Any]:
    """What frames of a type are worked on as: small counts as uint16, all else as float32."""
    dtype = np.dtype(dtype)
    small = dtype.kind in "bu" and dtype.itemsize <= 2
    return np.dtype(np.uint16) if small else np.dtype(np.float32)


def read(
    source: Source,
    frames: Sequence[int],
    rows: Sequence[tuple[int, int]],
    progress: Progress,
    pool: ThreadPoolExecutor,
    buffers: Buffers,
) -> NDArray[Any]:
    """Frames of a source in the order asked for, read by all threads of a pool.

    Of each frame the rows asked for, first and last of some runs, one run below the other;
    in memory of `buffers` that the next call uses again.
    """
    target: dict[int, int] = {number: k for k, number in enumerate(frames)}
    shape = (len(frames), sum(last - first for first, last in rows), source.shape[1])
    dtype = working_type(source.dtype)
    out = buffers.get("frames", prod(shape), dtype)[: prod(shape)].reshape(shape)
    clean = np.dtype(source.dtype).kind == "f"
    key = source.key

    with source.reading() as reader:
        wanted = sorted(target)
        runs = [run for first, last in _runs(wanted) for run in reader.blocks(first, last)]

        def one(run: tuple[int, int]) -> int:
            block = reader.read(*run, own_buffers("read"))
            SATURATED.look(key, run[0], block)
            at = 0
            for first, last in rows:
                for k, frame in zip(range(*run), block[:, first:last], strict=True):
                    into = out[target[k], at : at + last - first]
                    into[...] = frame
                    if clean:
                        np.nan_to_num(into, copy=False)
                at += last - first
            return run[1] - run[0]

        done = 0
        under_way = [pool.submit(one, run) for run in runs]
        try:
            for each in under_way:
                done += each.result()
                progress(done / max(len(frames), 1), f"Reading frame {done} of {len(frames)}")
        except BaseException:
            for each in under_way:
                each.cancel()
            wait(under_way)  # or the file would close under them
            raise
    return out


def memory_to_read(source: Source) -> int:
    """Bytes that all threads together need to read frames, beside these frames."""
    if isinstance(source, ArraySource):
        return 0
    with source.reading() as reader:
        first, last = next(reader.blocks(0, source.count), (0, 0))
    # a frame as it is in the file, and unpacked
    size = 2 * (last - first) * prod(source.shape) * np.dtype(source.dtype).itemsize
    return usable_cores() * size


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1] = runs[-1][0], number + 1
        else:
            runs.append((number, number + 1))
    return runs


def give_back() -> None:
    """Give freed memory back to the system, of which glibc keeps some for each thread."""
    with suppress(AttributeError, OSError, TypeError):  # another library of C
        ctypes.CDLL(None).malloc_trim(0)


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


def size_in_memory(source: Source, frames: NDArray[np.intp]) -> int:
    """Bytes that frames of a source take, all at once; 0 where they are in memory anyway."""
    if _are_there(source, frames):
        return 0
    width: int = working_type(source.dtype).itemsize
    return len(frames) * prod(source.shape) * width


def _are_there(source: Source, frames: NDArray[np.intp]) -> bool:
    return (
        isinstance(source, ArraySource)
        and source.frames.dtype == working_type(source.dtype)
        and np.array_equal(frames, np.arange(source.count))
    )


def in_memory(
    source: Source, frames: NDArray[np.intp], limit: int, progress: Progress
) -> NDArray[Any]:
    """All frames of a source in the order asked for, kept for the next time."""
    if isinstance(source, ArraySource) and _are_there(source, frames):
        return source.frames
    key = source.key, frames.tobytes()
    found = KEPT.get(key)
    if found is not None:
        return found
    while not _READING.acquire(timeout=0.2):
        progress.check()
    try:
        found = KEPT.get(key)
        if found is None:
            whole = [(0, source.shape[0])]
            with ThreadPoolExecutor(usable_cores()) as pool:
                found = read(source, frames.tolist(), whole, progress, pool, Buffers())
            KEPT.put(key, found, limit)
        return found
    finally:
        _READING.release()
