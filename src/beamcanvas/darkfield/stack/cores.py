"""Work on all cores, each with memory of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from ...nexus.chunks import Buffers
from ...task import Progress

T = TypeVar("T")

_local = threading.local()


def usable_cores() -> int:
    """Threads that work on a stack."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(int(said), cores or 1) if said.isdigit() and int(said) > 0 else cores or 1


def own_buffers(name: str) -> Buffers:
    """Memory that only this thread uses, under a name."""
    kept: dict[str, Buffers] = _local.__dict__.setdefault("buffers", {})
    return kept.setdefault(name, Buffers())


#: names of the kernels that are being compiled
COMPILING: list[str] = []


@contextmanager
def all_cores() -> Iterator[ThreadPoolExecutor]:
    """A thread for each core, until the block ends.

    What they are working on when it fails is left to end by itself, as a kernel that is
    compiled can't be stopped.
    """
    pool = ThreadPoolExecutor(usable_cores())
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()  # and what they kept is free


def on_all_cores(
    one: Callable[[Any], Any],
    items: Sequence[Any],
    progress: Progress,
    pool: ThreadPoolExecutor | None = None,
) -> Iterator[Any]:
    """What `one` gives for each item, in the order in which they are done.

    A cancel is looked for five times a second, and doesn't wait for what is under way. Without
    a `pool` of threads it has its own.
    """
    if pool is None:
        with all_cores() as pool:
            yield from on_all_cores(one, items, progress, pool)
        return
    left: set[Future[Any]] = {pool.submit(one, item) for item in items}
    while left:
        done, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
        if COMPILING:
            progress(None, "Compiling, the first time only")
        progress.check()
        for future in done:
            yield future.result()


def left_alone(call: Callable[[], T], progress: Progress) -> T:
    """What `call` gives, which can't be stopped: a cancel leaves it to end by itself."""
    (result,) = on_all_cores(lambda _: call(), [None], progress)
    found: T = result
    return found
