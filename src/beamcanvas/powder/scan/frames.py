"""Integrating frames one after another or in parallel, each for itself: what fails, fails alone."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.bliss import FrameReader
from ...nexus.chunks import Buffers
from ..integration.one_frame import ByOperator, Integrated, Way

#: blocks of frames that a thread takes at a time: handing one over costs as much as a small one
_TOGETHER = 4


class FrameResult(NamedTuple):
    """What came of one frame."""

    number: int
    found: Integrated | None  #: None: it failed
    problem: str = ""


def usable_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def integrate_frames(
    reader: FrameReader,
    blocks: Iterable[tuple[int, int]],
    factor_of: Callable[[int], float],
    way: Way,
    threads: int,
) -> Iterator[FrameResult]:
    """The frames of `blocks` in their order, computed by several threads.

    Memory does not grow with the number of frames: no more than two jobs a thread, of a few
    blocks each, are under way at a time.
    """
    own = threading.local()

    def work(job: Sequence[tuple[int, int]]) -> list[FrameResult]:
        if not hasattr(own, "buffers"):
            own.buffers = Buffers()
        return [one for block in job for one in _block(reader, block, factor_of, way, own.buffers)]

    pool = ThreadPoolExecutor(threads, thread_name_prefix="frames")
    waiting: deque[Future[list[FrameResult]]] = deque()
    blocks = iter(blocks)
    try:
        while job := list(islice(blocks, _TOGETHER)):
            waiting.append(pool.submit(work, job))
            if len(waiting) > 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _block(
    reader: FrameReader,
    block: tuple[int, int],
    factor_of: Callable[[int], float],
    way: Way,
    buffers: Buffers,
) -> Iterator[FrameResult]:
    start, stop = block
    try:
        if isinstance(way, ByOperator) and stop == start + 1:
            frames: Iterable[Any] = [reader.read_packed(start, buffers)]
        else:
            frames = reader.read(start, stop, buffers)
    except InputError as error:
        for number in range(start, stop):
            yield FrameResult(number, None, str(error))
        return
    for number, frame in zip(range(start, stop), frames, strict=True):
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = way(frame, factor_of(number), buffers)
        except InputError as error:
            yield FrameResult(number, None, str(error))
            continue
        if np.isnan(found.intensity).all():
            yield FrameResult(number, None, "No pixel that is used holds a measurement.")
        else:
            yield FrameResult(number, found)
