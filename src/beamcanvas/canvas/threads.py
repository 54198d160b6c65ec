"""Threads for what must not keep a window waiting."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that windows share."""
    # more threads than cores: one that was cancelled may still be at its last step
    return ThreadPoolExecutor((os.cpu_count() or 1) + 4, thread_name_prefix="task")
