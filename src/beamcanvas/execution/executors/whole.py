"""Executors that take a run as a whole, not node by node."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

from ...errors import InputError
from ...workflow import NodeId, Workflow
from ..events import Events
from ..result import Result
from ..selection import Outputs
from ..work import Report, Work
from .base import Executor


@dataclass(frozen=True, slots=True)
class Whole:
    """A run, in words that cross any border."""

    workflow: Workflow
    inputs: Mapping[NodeId, Mapping[Any, Any]]
    outputs: Outputs
    merge_outputs: bool
    results: Path | None
    cache: Path | None
    job_id: str | None
    folder: Path  #: that relative paths are relative to


class WholeRuns(Executor):
    """Runs workflows elsewhere, or in another way; single nodes it doesn't take."""

    @abstractmethod
    def run(
        self, whole: Whole, flat: Workflow, events: Events, cancelled: Flag | None
    ) -> tuple[Result, BaseException | None]:
        """What came of a run, and why it isn't all: what failed or that it was cancelled.

        `flat` is the workflow without subgraphs, which was checked. Events of nodes are told
        as they happen.
        """

    def submit(self, work: Work) -> None:
        """Refuse.

        Raises
        ------
        InputError
            Always.
        """
        name = type(self).__name__
        raise InputError(f"{name} runs a workflow as a whole, and not '{work.title}' alone.")

    def wait(self, report: Report, seconds: float) -> None:
        """Nothing is ever waited for."""

    def cancel(self) -> None:
        """Nothing is ever under way outside of `run`."""
