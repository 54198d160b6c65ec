"""Workflows as actors of pypushflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import running_tasks as tasks

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance import CHECKS, GRAPHS
from beamcanvas.execution.executors import Executor, make_executor
from beamcanvas.execution.scheduler import Scheduler
from beamcanvas.execution.work import Work
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import to_dict
from beamcanvas.workflow.validation import check

pytest.importorskip("pypushflow")

from pypushflow.persistence.interface import WorkflowDbClient

from beamcanvas.execution.executors.pypushflow import Pypushflow
from beamcanvas.execution.executors.pypushflow.actors import Compiled


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with make_executor("pypushflow:thread:2") as executor:
        yield executor


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with make_executor("pypushflow:2") as executor:
        yield executor


@pytest.mark.parametrize("name", CHECKS)
def test_conformance_in_threads(name: str, threads: Executor) -> None:
    CHECKS[name](threads)


@pytest.mark.parametrize("name", [n for n in CHECKS if n != "progress"])
def test_conformance_in_processes(name: str, processes: Executor) -> None:
    CHECKS[name](processes)  # whose pools have no words for a progress


@pytest.mark.peer
@pytest.mark.parametrize("name", ["acyclic2", "cyclic1"])
def test_the_same_as_ewoks_on_pypushflow(name: str, threads: Executor) -> None:
    ewoksppf = pytest.importorskip("ewoksppf")
    workflow, _ = GRAPHS[name]()
    ours = run(workflow, executor=threads).outputs
    theirs = ewoksppf.execute_graph(
        to_dict(workflow), pool_type="thread", scaling_workers=False, max_workers=1
    )
    assert {n: theirs[n] for n in ours} == ours


def test_actors_are_connected_as_the_nodes_are() -> None:
    workflow = check(GRAPHS["acyclic2"]()[0])
    compiled = Compiled(workflow, None)
    following = {
        n: [a.name for a in actor.listDownStreamActor] for n, actor in compiled.actors.items()
    }
    assert following == {
        "1": ["2"], "2": ["3"], "3": ["5"], "4": ["6"], "5": ["Stop actor"], "6": ["Stop actor"]
    }  # fmt: skip
    assert [a.name for a in compiled.actors["2"].listErrorHandler] == ["4"]
    assert [a.name for a in compiled.startActor.listDownStreamActor] == ["1"]


class _Told(WorkflowDbClient, register_name="told"):
    """A database of pypushflow that only notes what it is told."""

    news: list[tuple[str, Any]] = []  # noqa: RUF012

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def ensureEndWorkflow(self) -> None: ...

    def startWorkflow(self, name: str) -> None:
        self.news.append(("begins", name))

    def endWorkflow(self, status: str = "finished") -> None:
        self.news.append(("ends", status))

    def startActor(self, name: str, info: Any = None, script: Any = None) -> str:
        self.news.append((name, info["inData"]))
        return name

    def updateActorInfo(self, actor: str, info: Any) -> None:
        self.news.append((f"{actor} {info['status']}", info["outData"]))


def test_its_database_is_told_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Told, "news", [])
    workflow = Workflow(id="sum")
    workflow.add(tasks.add, id="first", inputs={"a": 1})
    workflow.add(tasks.add_or_fail, id="second", inputs={"raise_error": True})
    workflow.link("first", "second", {"a": "result"})
    with Pypushflow("thread:1", {"db_type": "told"}) as executor, pytest.raises(TaskError):
        run(workflow, executor=executor)
    assert _Told.news == [
        ("begins", "sum"),
        ("/sum/first", {"a": 1}),
        ("/sum/first finished", {"result": 1}),
        ("/sum/second", {"raise_error": True, "a": 1}),
        ("/sum/second error", {"errorMessage": "RuntimeError: Intentional error"}),
        ("ends", "error"),
    ]


def test_maps_and_retries(threads: Executor, tmp_path: Path) -> None:
    workflow = Workflow(id="map")
    many = {"execution": {"map": "a"}}
    workflow.add(tasks.add, id="many", inputs={"a": [1, 2, 3], "b": 1}, extra=many)
    again = {"execution": {"retries": 2}}
    inputs: dict[Any, Any] = {"file": str(tmp_path / "calls"), "times": 2}
    workflow.add(tasks.fails_at_first, id="again", inputs=inputs, extra=again)
    found = run(workflow, executor=threads).nodes
    assert found == {"many": {"result": [2, 3, 4]}, "again": {"result": 3}}


def test_a_process_that_dies_is_told_and_the_next_run_is_served(processes: Executor) -> None:
    workflow = Workflow(id="crash")
    workflow.add(tasks.crash, id="crash")
    with pytest.raises(TaskError, match=r"'crash'.* A process of its pool died"):
        run(workflow, executor=processes)
    CHECKS["graph acyclic1"](processes)


def test_work_of_no_run_is_done_too() -> None:
    workflow = check(GRAPHS["acyclic1"]()[0])
    work = Work.of(Scheduler(workflow).start()[0], Path())
    told: list[Any] = []

    class Report:
        def __getattr__(self, what: str) -> Any:
            return lambda *details: told.append((what, *details[:2]))

    with Pypushflow("thread:1") as executor:
        executor.submit(work)
        for _ in range(50):
            executor.wait(Report(), 0.1)
            if told and told[-1][0] == "finished":
                break
    assert told[-1] == ("finished", 0, {"result": 1})


@pytest.mark.parametrize("pool", ["fibres", "thread:many", "process:0"])
def test_pools_that_there_are_not(pool: str) -> None:
    with pytest.raises(InputError, match=r"the pool should be one of thread, process, "):
        make_executor(f"pypushflow:{pool}")
