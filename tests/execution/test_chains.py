"""Nodes that follow one other node alone go in one, on executors that go on by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas.errors import TaskError
from beamcanvas.execution import run
from beamcanvas.execution.chains import LONGEST, chains
from beamcanvas.execution.conformance import GRAPHS
from beamcanvas.execution.conformance.tasks import ramp, shift, total_of
from beamcanvas.execution.executors import Executor
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.validation import check


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acyclic1", {"1": "3", "2": "4", "5": "6"}),
        ("acyclic2", {"1": "2", "2": "3", "3": "5"}),  # not into the branch of an error
        ("cyclic1", {}),
        ("triangle1", {}),
        ("self_trigger", {}),
        ("otherwise", {}),
        ("order_only", {"1": "2"}),
        ("arrays", {"shifted": "total shifted"}),
    ],
)
def test_who_follows_whom_for_sure(name: str, expected: dict[str, str]) -> None:
    found = {source: link.target for source, link in chains(check(GRAPHS[name]()[0])).items()}
    assert found == expected


@pytest.mark.parametrize("rule", [{"retries": 1}, {"priority": 1}, {"resources": {"cores": 2}}])
def test_who_says_how_it_runs_runs_by_itself(rule: dict[str, Any]) -> None:
    workflow = check(line(4))
    assert len(chains(workflow)) == 3
    workflow.nodes["1"].extra["execution"] = rule
    assert list(chains(workflow)) == ([] if "priority" in rule else ["2"])


def line(nodes: int) -> Workflow:
    workflow = Workflow(id="line")
    for i in range(nodes):
        workflow.add(tasks.add_or_fail, id=str(i), inputs={"b": 1})
        if i:
            workflow.link(str(i - 1), str(i), {"a": "result"})
    return workflow


@pytest.fixture(params=["dask"])
def going_on(request: pytest.FixtureRequest) -> Executor:
    executor: Executor = request.getfixturevalue(request.param)
    assert executor.goes_on
    return executor


def test_a_long_line(going_on: Executor) -> None:
    workflow = line(LONGEST + 20)
    told: list[dict[str, Any]] = []
    result = run(workflow, executor=going_on, events=[told.append])
    assert result.outputs == {"result": LONGEST + 20}
    news = [(e["node_id"], e["type"]) for e in told if e["context"] == "node"]
    assert news == [(n, what) for n in workflow.nodes for what in ("start", "end")]
    assert set(result.firings.values()) == {1}
    assert result.inputs["7"] == {"a": 7, "b": 1}


def test_a_failure_on_the_way_ends_it_there(going_on: Executor) -> None:
    workflow = line(5)
    workflow.nodes["2"].default_inputs["raise_error"] = True
    workflow.add(tasks.describe_error, id="handler")
    workflow.link("2", "handler", on_error=True, map_all_data=True)
    result = run(workflow, executor=going_on)
    assert set(result.nodes) == {"0", "1", "handler"}
    assert result.nodes["handler"] == {"result": "Intentional error with a=2.0"}
    del workflow.nodes["handler"]
    workflow.links.pop()
    with pytest.raises(TaskError, match=r"Node '2'.*Intentional error"):
        run(workflow, executor=going_on)


@pytest.mark.parametrize("outputs", [None, [{"all": False}]])
def test_arrays_on_the_way_are_there_when_they_are_wanted(going_on: Executor, outputs: Any) -> None:
    workflow = Workflow(id="arrays")
    workflow.add(ramp, id="ramp", inputs={"rows": 30, "columns": 40})
    workflow.add(shift, id="shift", inputs={"offset": 1.0})
    workflow.add(total_of, id="total")
    workflow.link("ramp", "shift", {"image": "image"})
    workflow.link("shift", "total", {"image": "image"})
    result = run(workflow, executor=going_on, outputs=outputs)
    assert result.outputs == {"sum": 1200 * 1199 / 2 + 1200}
    image = np.arange(1200.0).reshape(30, 40)
    if outputs is None:
        np.testing.assert_array_equal(result.nodes["shift"]["image"], image + 1)
        np.testing.assert_array_equal(result.inputs["shift"]["image"], image)
    else:
        assert set(result.nodes) == {"total"}
