"""What an executor is to a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any

from ...workflow import Workflow
from ..work import Report, Work


class Executor(ABC):
    """Runs the work of nodes somewhere and reports what becomes of it.

    A run submits work and calls `wait` over and over; `wait` is where everything is
    reported, so that a report needs no locks. An executor can serve one run after another,
    and is closed at the end by whoever made it.
    """

    #: whether it also does the work in `Work.then`, each reported under its own number
    goes_on = False

    def begin(self, flat: Workflow) -> None:  # noqa: B027 - most look at the work alone
        """A run of this workflow, without subgraphs, begins."""

    def end(self, error: BaseException | None) -> None:  # noqa: B027
        """It ended: its failure, or why it was stopped, if any."""

    @abstractmethod
    def submit(self, work: Work) -> None:
        """Take work; start it now, or later in `wait`."""

    @abstractmethod
    def wait(self, report: Report, seconds: float) -> None:
        """Report what happened since the last call, waiting for something to happen."""

    @abstractmethod
    def cancel(self) -> None:
        """Ask all work to stop, forget what hasn't begun, and be ready for new work.

        Returns within about a second, whatever the tasks do. Nothing is reported of this
        work afterwards.
        """

    def stop(self, serial: int) -> None:  # noqa: B027 - some can't
        """Give up one piece of work: end it where that is possible, free its place.

        Returns at once. What is still reported of it is ignored.
        """

    def home(self, values: Any) -> Any:
        """Values with all that this executor kept `Elsewhere` in them brought here.

        An executor that runs tasks in other processes may report outputs that are
        `Elsewhere`, and takes them as inputs of further work. Of these, only what the caller
        of the run wants is ever asked for here.

        Raises
        ------
        TaskError
            When something is lost.
        """
        return values

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what it holds."""

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
