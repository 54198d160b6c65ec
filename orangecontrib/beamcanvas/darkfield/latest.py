"""Work for a plot, done beside the window: only what was asked for last is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from beamcanvas.canvas.threads import pool
from beamcanvas.errors import BeamcanvasError, Cancelled
from beamcanvas.task import Progress


class Latest(QObject):
    """Does one thing at a time; what was asked before and isn't done is told to stop."""

    _done = Signal(int, object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked = 0
        self._shows: dict[int, tuple[Callable[[Any], None], Callable[[str], None]]] = {}
        self._done.connect(self._came_back)

    def ask(
        self,
        work: Callable[[Progress], Any],
        show: Callable[[Any], None],
        failed: Callable[[str], None] = lambda words: None,
    ) -> None:
        """Do `work` in a thread, then `show` what it gave, in the window's thread."""
        self._asked += 1
        number = self._asked
        self._shows = {number: (show, failed)}
        progress = Progress(None, lambda: self._asked != number)

        def do() -> None:
            try:
                found, problem = work(progress), None
            except Cancelled:
                return
            except BeamcanvasError as error:
                found, problem = None, str(error)
            except Exception as error:
                found, problem = None, f"This can't be shown: {error}"
            try:
                self._done.emit(number, found, problem)
            except RuntimeError:
                pass  # the window is gone

        pool().submit(do)

    def _came_back(self, number: int, found: Any, problem: str | None) -> None:
        shows = self._shows.pop(number, None)
        if shows is None:
            return
        show, failed = shows
        if problem is None:
            show(found)
        else:
            failed(problem)
