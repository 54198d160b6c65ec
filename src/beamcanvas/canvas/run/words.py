"""What runs, and what came of it, in words."""

from __future__ import annotations

from collections.abc import Collection

from .node_run import State
from .step_run import StepRun


def under_way(runs: Collection[StepRun]) -> str:
    """How far a run of these nodes is."""
    done = sum(run.state in (State.DONE, State.STALE, State.FAILED) for run in runs)
    words = f"{done} of {len(runs)} done"
    busy = next((run for run in runs if run.state is State.RUNNING), None)
    if busy is not None:
        words += f" – {busy.node.title}"
        if busy.fraction is not None:
            words += f" {busy.fraction:.0%}"
    return words


def ended(runs: Collection[StepRun], stopped: bool) -> str:
    """What came of a run, as the scheme stands after it."""
    if stopped:
        return "Stopped"
    failed = [run.node.title for run in runs if run.state is State.FAILED]
    return f"Failed: {', '.join(failed[:3])}" if failed else "Done"
