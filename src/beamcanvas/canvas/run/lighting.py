"""A scheme that is opened again shows what earlier sessions kept of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from AnyQt import sip

from ...errors import BeamcanvasError
from ...workflow import NodeId
from ...workflow.flat import flatten
from ..threads import pool, window_thread
from ..toolbox.registry import catalogue
from . import kept
from .jobs import Job

if TYPE_CHECKING:
    from .engine import Engine


class Lighting:
    """Keeps what the jobs of an engine give, and finds it again, both in the background."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def _results(self) -> kept.KeptResults:
        return kept.KeptResults()

    def keep(self, job: Job) -> None:
        """Keep what a job gave, if that is wanted."""
        if kept.is_on():
            pool().submit(
                self._results.keep, job.firing, self._engine.folder, job.outputs, job.seconds
            )

    def light_up(self) -> None:
        """Show what there is of the scheme, in a moment; nothing runs for it."""
        engine = self._engine
        try:
            flat = flatten(engine.scheme.workflow())
        except BeamcanvasError:  # what is wrong with it is said when it is run
            return
        tasks = set(catalogue().task_of.values())
        known = {n for n, node in flat.nodes.items() if node.task_identifier in tasks}
        if not known or not kept.folder().is_dir():
            return
        back, folder, results = window_thread().call, engine.folder, self._results

        def look() -> None:
            try:
                found = results.found(flat, folder, known)
            except BeamcanvasError:  # a rule that can't be read
                return
            back(lambda: None if sip.isdeleted(engine) else self._show(found))

        pool().submit(look)

    def _show(self, found: dict[NodeId, dict[str, Any]]) -> None:
        engine = self._engine
        if not engine.automatic.started and not engine.is_running:  # else it comes too late
            engine.take_results(found)
