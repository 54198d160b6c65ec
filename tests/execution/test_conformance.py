"""Our executors pass the checks that we ship, and one that does wrong doesn't."""

from __future__ import annotations

import pytest

from beamcanvas.execution.conformance import CHECKS
from beamcanvas.execution.conformance.checks import Check
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.executors.inline import Inline
from beamcanvas.execution.work import Report, Work

#: one node at a time, in the thread of the run: who doesn't look at its progress is waited for
NOT_INLINE = ("cancel stubborn",)


@pytest.mark.parametrize("name", CHECKS)
def test_conformance(name: str, every_executor: Executor) -> None:
    if isinstance(every_executor, Inline) and name in NOT_INLINE:
        pytest.skip("a task can't be left alone in the thread of the run")
    CHECKS[name](every_executor)


class _Wrong(Inline):
    """Loses an input, and tells nothing on the way."""

    def submit(self, work: Work) -> None:
        work.inputs.pop("b", None)
        super().submit(work)

    def wait(self, report: Report, seconds: float) -> None:
        report.progressed = lambda *_: None  # type: ignore[method-assign]
        super().wait(report, seconds)


@pytest.mark.parametrize("name", ["graph acyclic1", "graph defaults", "progress"])
def test_an_executor_that_does_wrong_is_found_out(name: str) -> None:
    check: Check = CHECKS[name]
    with _Wrong() as executor, pytest.raises(AssertionError, match=", not "):
        check(executor)
