"""What comes of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..workflow import NodeId, Workflow


@dataclass
class Result:
    """What a run produced; also of one that failed or was cancelled, as far as it got."""

    #: the outputs that were asked for, those of the end nodes by default
    outputs: dict[Any, Any] = field(default_factory=dict)
    #: the latest outputs of each node, by node id; of a run that was asked for certain
    #: outputs, of those nodes alone
    nodes: dict[NodeId, dict[str, Any]] = field(default_factory=dict)
    #: the latest inputs of the same nodes, as they were before the task checked them; of a
    #: run that was asked for certain outputs, without those that never came here
    inputs: dict[NodeId, dict[str | int, Any]] = field(default_factory=dict)
    #: what failed, without that an error link handled it
    errors: dict[NodeId, BaseException] = field(default_factory=dict)
    #: when the latest firing of each node started and ended, in seconds since 1970
    times: dict[NodeId, tuple[float, float]] = field(default_factory=dict)
    #: what the outputs of the latest firing of each node warn of, a sentence each
    warnings: dict[NodeId, tuple[str, ...]] = field(default_factory=dict)
    #: how often each node fired
    firings: dict[NodeId, int] = field(default_factory=dict)
    started: float = 0.0  #: in seconds since 1970
    seconds: float = 0.0  #: that the run took
    job_id: str | None = None
    #: the file of results, when one was asked for and anything came of the run
    file: Path | None = None
    #: what ran: without subgraphs
    workflow: Workflow = field(default_factory=Workflow, repr=False)
