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
        When the task was asked to stop; nothing runs any more then.
    """
    items = list(items)
    with ThreadPoolExecutor(min(threads, len(items)) or 1, thread_name_prefix="slices") as pool:
        waiting: set[Future[None]] = {pool.submit(do, item) for item in items}
        try:
            while waiting:
                progress(1 - len(waiting) / len(items), message)
                done, waiting = wait(waiting, _PATIENCE, FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            stop()
            for future in waiting:
                future.cancel()
            raise
