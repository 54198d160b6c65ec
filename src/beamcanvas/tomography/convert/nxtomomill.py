"""nxtomomill as a part of a task: its progress bar is ours, and it is quiet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...task import Progress


class Bar:
    """What nxtomomill moves as if it were a bar of tqdm; cancels where it does."""

    def __init__(self, progress: Progress, message: str) -> None:
        self._progress = progress
        self._message = message
        self.total: float = 100
        self.n: float = 0

    def update(self, n: float = 1) -> None:
        self.n += n
        self.refresh()

    def refresh(self, *_: Any, **__: Any) -> None:
        self._progress(self.n / self.total if self.total else None, self._message)

    def reset(self, total: float | None = None) -> None:
        self.n, self.total = 0, total or self.total
        self.refresh()

    def set_postfix_str(self, *_: Any, **__: Any) -> None:
        self.refresh()

    def set_description_str(self, *_: Any, **__: Any) -> None:
        self.refresh()

    set_description = set_description_str
    set_postfix = set_postfix_str

    def close(self) -> None:
        pass


class Said(logging.Handler):
    """Remembers the last error that was logged: it often says more than what was raised."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._message = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._message = record.getMessage()

    def last(self, error: Exception) -> str:
        """One sentence that says what went wrong."""
        words = " ".join((str(error) or self._message or type(error).__name__).split())
        return words if words.endswith(".") else f"{words}."


@contextmanager
def quiet() -> Iterator[Said]:
    """Keep what these packages log off the terminal, and remember the last error."""
    said = Said()
    loggers = [logging.getLogger(name) for name in ("nxtomomill", "nxtomo", "tomoscan")]
    before = [(log.propagate, log.level) for log in loggers]
    for log in loggers:
        log.addHandler(said)
        log.propagate = False
    try:
        yield said
    finally:
        for log, (propagate, _) in zip(loggers, before, strict=True):
            log.removeHandler(said)
            log.propagate = propagate
