"""What runs, and what came of it, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import BeamcanvasError, InputError, TaskError, WorkflowError
from ...execution.doubts import doubts_of
from .node_run import State

if TYPE_CHECKING:
    from .step_run import StepRun

_MOST = 4  #: sentences that a message holds


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


def doubts(outputs: Mapping[str, Any]) -> str:
    """What the outputs themselves warn of, the first few sentences; ``""`` when nothing."""
    return " ".join(_first(doubts_of(outputs)))


def refusal(error: BeamcanvasError) -> str:
    """Why a scheme can't run, the first few problems in a line each."""
    problems = error.problems if isinstance(error, WorkflowError) else (str(error),)
    return "\n".join(_first(problems))


def _first(sentences: Iterable[str]) -> list[str]:
    said = list(dict.fromkeys(sentences))
    return said if len(said) <= _MOST else [*said[:_MOST], f"And {len(said) - _MOST} more."]


def error_words(error: BaseException | None) -> tuple[str, BaseException | None]:
    """An error as one sentence, and the error itself when its traceback says more."""
    if isinstance(error, TaskError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, InputError):
        return str(error), None
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__, error
