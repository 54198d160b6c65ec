"""One run of some of the nodes: what it covers, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...execution.scheduler import Firing, Scheduler
from ...workflow import NodeId, Workflow
from .jobs import Job
from .recorded import Record


class CurrentRun:
    """The run under way.

    Parameters
    ----------
    flat:
        The graph as it stood when the run began.
    wanted:
        The nodes that it covers.
    given:
        The outputs of other nodes, which count as they are.
    kept:
        Work of the run before that goes on in this one.
    tops:
        The node on the canvas that each node of the flat graph is, or is inside of.
    record:
        Where it is told what happens.
    """

    def __init__(
        self,
        flat: Workflow,
        wanted: set[NodeId],
        given: Mapping[NodeId, Mapping[str, Any]],
        kept: dict[NodeId, Job],
        tops: Mapping[NodeId, NodeId],
        record: Record,
    ) -> None:
        self.scheduler = Scheduler(flat, given=given, only=wanted)
        self.wanted = wanted
        self.record = record
        self.kept = kept
        self.done: set[NodeId] = set()
        self.failed = False  #: something in it did, or was cancelled
        self.error: BaseException | None = None  #: the first failure
        self.begun: set[Job] = set()  #: work elsewhere that was seen to begin
        #: the nodes on the canvas that it covers, each with those of the flat graph
        self.inside: dict[NodeId, set[NodeId]] = {}
        for node_id in wanted:
            self.inside.setdefault(tops[node_id], set()).add(node_id)

    def takes_over(self, job: Job, firing: Firing) -> None:
        """Work that was under way before is that of a firing of this run."""
        job.firing = firing
        if job.began is not None:
            self.record.began(job)
            self.begun.add(job)
