"""Small products of matrices in one thread.

BLAS shares out what takes it half a millisecond, and then waits for its threads: on a busy
machine a hundred times as long.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

FEW = 100  #: spectra from which on several threads are worth it

_lock = threading.Lock()
_asking = 0  #: tasks that ask for one thread now
_before: list[int] = []  #: threads of each library when the first of them asked


@cache
def _libraries() -> list[Any]:
    import scipy.linalg  # noqa: F401 - has a BLAS of its own, that is to be found too
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def few_threads(spectra: int) -> Iterator[None]:
    """Keep BLAS to one thread while so many spectra are few.

    The limit is that of the whole program: it is lifted when the last who asks is done.
    """
    global _asking
    if spectra >= FEW:
        yield
        return
    with _lock:
        _asking += 1
        if _asking == 1:
            _before[:] = [library.get_num_threads() for library in _libraries()]
            _set([1] * len(_before))
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if _asking == 0:
                _set(_before)


def _set(counts: Sequence[int]) -> None:
    from threadpoolctl import OpenBLASController

    # it heeds one thread of ours only, the first; which of the tasks is last can't be said
    OpenBLASController.clear_controlling_thread(force=True)
    for library, count in zip(_libraries(), counts, strict=True):
        library.set_num_threads(count)
    OpenBLASController.clear_controlling_thread(force=True)
