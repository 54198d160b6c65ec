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

#: blocks of frames that a thread takes at a time: as many as may be added up at once
_TOGETHER = 8


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

    Memory does not grow with the number of frames: no more than a job for each thread and one
    that waits, of a few blocks each, are under way at a time.
    """
    own = threading.local()

    def work(job: Sequence[tuple[int, int]]) -> list[FrameResult]:
        if not hasattr(own, "buffers"):
            own.buffers = [Buffers() for _ in range(_TOGETHER)]
        found = _at_once(reader, job, factor_of, way, own.buffers)
        if found is not None:
            return found
        memory = own.buffers[0]
        return [one for block in job for one in _block(reader, block, factor_of, way, memory)]

    pool = ThreadPoolExecutor(threads, thread_name_prefix="frames")
    waiting: deque[Future[list[FrameResult]]] = deque()
    blocks = iter(blocks)
    try:
        while job := list(islice(blocks, _TOGETHER)):
            waiting.append(pool.submit(work, job))
            if len(waiting) > threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _at_once(
    reader: FrameReader,
    job: Sequence[tuple[int, int]],
    factor_of: Callable[[int], float],
    way: Way,
    buffers: Sequence[Buffers],
) -> list[FrameResult] | None:
    """The frames of a whole job; None: each must go for itself, and maybe fail."""
    alone = all(stop == start + 1 for start, stop in job)
    if not isinstance(way, ByOperator) or len(job) < _TOGETHER or not alone:
        return None
    numbers = [start for start, _ in job]
    try:
        frames = [reader.read_packed(n, own) for n, own in zip(numbers, buffers, strict=True)]
        factors = [factor_of(number) for number in numbers]
    except InputError:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        found = way.together(frames, factors, buffers[0])
    return None if found is None else list(map(_result, numbers, found))


def _result(number: int, found: Integrated) -> FrameResult:
    if np.isnan(found.intensity).all():
        return FrameResult(number, None, "No pixel that is used holds a measurement.")
    return FrameResult(number, found)


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
        yield _result(number, found)
