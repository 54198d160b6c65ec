"""Work in threads that reports its progress and can be stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from ...task import Progress

T = TypeVar("T")

#: seconds between looks at whether to stop
_PATIENCE = 0.2


def in_threads(
    do: Callable[[T], None],
    items: Iterable[T],
    threads: int,
    progress: Progress,
    message: str = "",
    stop: Callable[[], None] = lambda: None,
) -> None:
    """Do something for each item, several at a time.

    Parameters
    ----------
    stop:
        Called when the rest is no longer wanted, to end what is under way.

    Raises
    ------
    Cancelled
        When the task was asked to stop.
    """
    items = list(items)
    pool = ThreadPoolExecutor(min(threads, len(items)) or 1, thread_name_prefix="slices")
    waiting: set[Future[None]] = {pool.submit(do, item) for item in items}
    try:
        while waiting:
            progress(1 - len(waiting) / len(items), message)
            done, waiting = wait(waiting, _PATIENCE, FIRST_COMPLETED)
            for future in done:
                future.result()
    except BaseException:
        stop()
        raise
    finally:
        # what can't be stopped ends by itself; nobody waits for it
        pool.shutdown(wait=False, cancel_futures=True)


def apart(do: Callable[[], T], progress: Progress, message: str = "") -> T:
    """What `do` gives, done in a thread that is left alone when the task is cancelled.

    For calls into libraries that can't be stopped.

    Raises
    ------
    Cancelled
        When the task was asked to stop.
    """
    progress(None, message)
    pool = ThreadPoolExecutor(1, thread_name_prefix="apart")
    future = pool.submit(do)
    try:
        while not wait([future], _PATIENCE).done:
            progress(None, message)
        return future.result()
    finally:
        pool.shutdown(wait=False)
