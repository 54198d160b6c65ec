"""Small products of matrices in one thread.

BLAS shares out what takes it half a millisecond, and then waits for its threads: on a busy
machine a hundred times as long.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

FEW = 100  #: spectra from which on several threads are worth it


@cache
def _libraries() -> Any:
    import scipy.linalg  # noqa: F401 - has a BLAS of its own, that is to be found too
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def few_threads(spectra: int) -> AbstractContextManager[object]:
    """Keep BLAS to one thread while so many spectra are few.

    The limit is that of the whole program; while one thread holds it, others leave it alone.
    """
    limit: AbstractContextManager[object] = (
        _libraries().limit(limits=1) if spectra < FEW else nullcontext()
    )
    return limit
