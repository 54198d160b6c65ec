"""How a running task tells how far it is, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any, TypeVar

from ..errors import Cancelled

T = TypeVar("T")

Look = Callable[[], Mapping[str, Any]]  #: outputs as they are by now, by name


class Progress:
    """Progress and cancelling of one task, given to it as a keyword parameter.

    A task that wants it declares ``progress: Progress = SILENT``; a plain call
    then needs nothing. Executors pass one that reports and that can be cancelled.

    Parameters
    ----------
    report:
        Called with the fraction done (0 to 1, or None while unknown) and a message.
    is_cancelled:
        Asked whether the task should stop.
    show:
        Called with a function that gives outputs that are not whole yet.
    """

    def __init__(
        self,
        report: Callable[[float | None, str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        show: Callable[[Look], None] | None = None,
    ) -> None:
        self._report = report
        self._is_cancelled = is_cancelled
        self._show = show

    def __call__(self, fraction: float | None, message: str = "") -> None:
        """Report how far the task is, and stop it here when it was cancelled.

        Raises
        ------
        Cancelled
            When the task was asked to stop.
        """
        self.check()
        if self._report is not None:
            self._report(None if fraction is None else min(max(fraction, 0.0), 1.0), message)

    @property
    def cancelled(self) -> bool:
        """Whether the task was asked to stop."""
        return self._is_cancelled is not None and self._is_cancelled()

    @property
    def can_cancel(self) -> bool:
        """Whether anybody could ask the task to stop."""
        return self._is_cancelled is not None

    def check(self) -> None:
        """Raise :class:`Cancelled` when the task was asked to stop."""
        if self.cancelled:
            raise Cancelled("The task was cancelled.")

    def show(self, look: Look) -> None:
        """Let whoever looks on see outputs before they are whole.

        Parameters
        ----------
        look:
            Gives what is to be seen by now, by the outputs' names: values that stay as they
            are while the task goes on. Called from another thread, whenever someone looks.
        """
        if self._show is not None:
            self._show(look)

    def each(self, items: Iterable[T], message: str = "", total: int | None = None) -> Iterator[T]:
        """Iterate over `items`, reporting progress before each and checking for a cancel."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        for done, item in enumerate(items):
            self(done / total if total else None, message)
            yield item
        self(1.0, message)

    def until(self, is_over: Callable[[], bool]) -> Progress:
        """This progress for a step that is asked to stop also when `is_over`."""
        return Progress(self._report, lambda: is_over() or self.cancelled, self._show)

    def part(self, start: float, stop: float) -> Progress:
        """A progress whose 0 to 1 is `start` to `stop` of this one, for a step of the task."""

        def report(fraction: float | None, message: str) -> None:
            if self._report is not None:
                scaled = None if fraction is None else start + (stop - start) * fraction
                self._report(scaled, message)

        return Progress(report, self._is_cancelled, self._show)


#: Reports to nobody and is never cancelled.
SILENT = Progress()
