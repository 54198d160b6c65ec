"""Firings one after the other on an executor that stays, as a canvas has them done."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import running_tasks as tasks

from beamcanvas.execution.crew import Crew
from beamcanvas.execution.executors import make_executor
from beamcanvas.execution.scheduler import Firing, Scheduler
from beamcanvas.workflow import Workflow


class Asked:
    """Who wants a firing done."""

    folder = Path.cwd()

    def __init__(self, firing: Firing) -> None:
        self.firing = firing
        self.starts = 0
        self.said: list[str] = []
        self.outputs: dict[str, Any] | None = None
        self.error: BaseException | None = None

    def began(self, time: float, process_id: int) -> None:
        self.starts += 1

    def progressed(self, fraction: float | None, message: str) -> None:
        self.said.append(message)

    def finished(self, outputs: dict[str, Any]) -> None:
        self.outputs = outputs

    def failed(self, error: BaseException) -> None:
        self.error = error


def asked(task: Any, rules: dict[str, Any] | None = None, **inputs: Any) -> Asked:
    workflow = Workflow()
    node = workflow.add(task, id="one", inputs=inputs)
    if rules:
        node.extra["execution"] = rules
    return Asked(Scheduler(workflow).start()[0])


def wait(crew: Crew, seconds: float = 20) -> None:
    end = monotonic() + seconds
    while crew.is_busy:
        assert monotonic() < end
        crew.wait(0.05)


@pytest.mark.parametrize("name", ["inline", "threads:2", "processes:2"])
def test_one_after_the_other_and_several_at_once(name: str) -> None:
    with make_executor(name) as executor:
        crew = Crew(executor)
        for _ in range(2):
            some = [asked(tasks.add, a=n, b=1) for n in range(3)]
            for one in some:
                crew.do(one)
            wait(crew)
            assert [one.outputs for one in some] == [{"result": n + 1} for n in range(3)]
            assert [one.starts for one in some] == [1, 1, 1]


def test_maps_tries_and_limits_are_those_of_a_run(tmp_path: Path) -> None:
    with make_executor("threads:2") as executor:
        crew = Crew(executor)
        mapped = asked(tasks.add, {"map": ["a"]}, a=[1, 2, 3], b=1)
        wrong = asked(tasks.add, {"map": ["a"]}, a=5, b=1)
        again = asked(tasks.fails_at_first, {"retries": 2}, file=str(tmp_path / "tries"), times=2)
        long = asked(tasks.patient, {"timeout": 0.2}, begun=str(tmp_path / "begun"))
        strange = asked(tasks.add, {"tries": 2}, a=1, b=1)
        for one in (mapped, wrong, again, long, strange):
            crew.do(one)
        wait(crew)
    assert mapped.outputs == {"result": [2, 3, 4]}
    assert "should be a list" in str(wrong.error)
    assert again.error is None
    assert any("tried again" in words for words in again.said)
    assert "longer than the 0.2 s" in str(long.error)
    assert "there is no 'tries' in it" in str(strange.error)


def test_a_task_may_see_that_it_takes_too_long_before_the_run_does(tmp_path: Path) -> None:
    with make_executor("threads:1") as executor:
        crew = Crew(executor)
        long = asked(tasks.patient, {"timeout": 0.1}, begun=str(tmp_path / "begun"))
        crew.do(long)
        sleep(0.4)  # the news of its start is heard after its end
        wait(crew)
    assert "longer than the 0.1 s" in str(long.error)


def test_what_is_given_up_is_ended_and_not_told_of(tmp_path: Path) -> None:
    with make_executor("processes:1") as executor:
        crew = Crew(executor)
        long = asked(tasks.stubborn, begun=str(tmp_path / "begun"), seconds=30.0)
        crew.do(long)
        while not (tmp_path / "begun").exists():
            crew.wait(0.05)
        crew.drop(long)
        assert not crew.is_busy
        other = asked(tasks.add, a=1, b=1)
        crew.do(other)  # in the place that the first had
        wait(crew)
        assert (long.outputs, long.error, other.outputs) == (None, None, {"result": 2})
