"""Threads for what must not keep a window waiting, and the way back from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from AnyQt.QtCore import QObject, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtCore import pyqtSlot as Slot


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that windows share."""
    # more threads than cores: one that was cancelled may still be at its last step
    return ThreadPoolExecutor((os.cpu_count() or 1) + 4, thread_name_prefix="task")


class WindowThread(QObject):
    """Calls functions in the thread of the windows.

    It outlives them all: a thread that told a window's own object of its end could do so
    while Qt deletes that object. What is called looks itself whether its window is there.
    """

    _asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._asked.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def call(self, function: Callable[[], object]) -> None:
        """Have it called soon; from any thread."""
        self._asked.emit(function)

    @Slot(object)
    def _call(self, function: Callable[[], object]) -> None:
        function()


@cache
def window_thread() -> WindowThread:
    """The one of this program; first asked for in the thread of the windows."""
    return WindowThread()
