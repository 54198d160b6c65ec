"""What our graphs say beyond ewoks: map, retries, timeout, priority; conditions of any kind."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas.errors import InputError, TaskError, WorkflowError
from beamcanvas.execution import run
from beamcanvas.execution.conformance.tasks import ramp, shift, stubborn, total_of
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.executors.inline import Inline
from beamcanvas.execution.executors.processes import Processes
from beamcanvas.execution.executors.threads import Threads
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.analysis import required_links
from beamcanvas.workflow.formats import load, to_dict


def mapped(over: Any = "a", values: Any = (1, 2, 3)) -> Workflow:
    """'many' adds 10 to each; 'sum' takes them all."""
    workflow = Workflow(id="mapped")
    how = {"execution": {"map": over}}
    workflow.add(tasks.add, id="many", inputs={"a": list(values), "b": 10}, extra=how)
    workflow.add(tasks.total, id="sum")
    workflow.link("many", "sum", {"list": "result"})
    return workflow


# -- map


def test_a_mapped_node_runs_for_each_item_and_gathers(every_executor: Executor) -> None:
    told: list[dict[str, Any]] = []
    result = run(mapped(), executor=every_executor, events=[told.append])
    assert result.nodes == {"many": {"result": [11, 12, 13]}, "sum": {"sum": 36}}
    assert result.inputs["many"] == {"a": [1, 2, 3], "b": 10}
    assert result.firings == {"many": 1, "sum": 1}
    of_many = [(e["type"], e["progress"]) for e in told if e["node_id"] == "many"]
    assert of_many == [("start", None), ("progress", 33), ("progress", 67), ("end", None)]


def test_several_inputs_go_together_and_mapped_nodes_follow_each_other(
    every_executor: Executor,
) -> None:
    workflow = Workflow()
    how = {"execution": {"map": ["rows", "columns"]}}
    sizes = {"rows": [2, 3, 300], "columns": [5, 7, 400]}
    workflow.add(ramp, id="ramps", inputs=sizes, extra=how)
    how = {"execution": {"map": "image"}}
    workflow.add(shift, id="shifted", inputs={"offset": 1.0}, extra=how)
    workflow.add(total_of, id="totals", extra=how)
    workflow.link("ramps", "shifted", {"image": "image"})
    workflow.link("shifted", "totals", {"image": "image"})
    result = run(workflow, executor=every_executor, outputs=[{"all": False}])
    assert result.outputs == {"sum": [55, 231, 120000 * 120001 / 2]}


def test_an_array_is_mapped_along_its_first_axis(executor: Executor) -> None:
    workflow = Workflow()
    stack = np.arange(12.0).reshape(3, 4)
    workflow.add(
        total_of, id="totals", inputs={"image": stack}, extra={"execution": {"map": "image"}}
    )
    assert run(workflow, executor=executor).outputs == {"sum": [6, 22, 38]}


def test_no_items_give_empty_lists(executor: Executor) -> None:
    assert run(mapped(values=()), executor=executor).nodes == {
        "many": {"result": []},
        "sum": {"sum": 0},
    }


def test_an_item_that_fails_is_named_and_the_others_were_tried(executor: Executor) -> None:
    workflow = Workflow()
    how = {"execution": {"map": ["a", "raise_error"]}}
    inputs = {"a": [1, 2, 3], "raise_error": [False, True, False]}
    workflow.add(tasks.add_or_fail, id="many", inputs=inputs, extra=how)
    workflow.add(tasks.add, id="other", inputs={"a": 1})
    with pytest.raises(TaskError, match="Item 2 of 3: Intentional error") as info:
        run(workflow, executor=executor)
    assert info.value.result.nodes == {"other": {"result": 1}}


@pytest.mark.parametrize(
    ("over", "inputs", "words"),
    [
        ("a", {"a": 5}, "mapped over the input 'a', which should be a list, not int"),
        ("a", {"a": "text"}, "should be a list, not str"),
        ("c", {"a": [1]}, "mapped over the input 'c', which has no value"),
        (["a", "b"], {"a": [1, 2], "b": [1]}, "different lengths: 'a' has 2, 'b' has 1"),
    ],
)
def test_what_can_not_be_mapped_is_a_failure(over: Any, inputs: Any, words: str) -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="many", inputs=inputs, extra={"execution": {"map": over}})
    with pytest.raises(TaskError, match=words):
        run(workflow)


def test_work_that_nobody_took_apart_does_the_same() -> None:
    """As on the canvas, where a node is one job."""
    from beamcanvas.execution.scheduler import Scheduler
    from beamcanvas.execution.work import Work
    from beamcanvas.task import SILENT

    (firing,) = Scheduler(mapped()).start()
    assert Work.of(firing, Path()).do(SILENT) == {"result": [11, 12, 13]}


# -- retries and timeouts


@pytest.mark.parametrize(("retries", "works"), [(2, True), (1, False)])
def test_what_fails_is_tried_again(
    every_executor: Executor, tmp_path: Path, retries: int, works: bool
) -> None:
    workflow = Workflow()
    how = {"execution": {"retries": retries}}
    inputs = {"file": str(tmp_path / "count"), "times": 2}
    workflow.add(tasks.fails_at_first, id="one", inputs=inputs, extra=how)
    told: list[dict[str, Any]] = []
    result = run(workflow, executor=every_executor, raise_on_error=False, events=[told.append])
    assert result.outputs == ({"result": 3} if works else {})
    assert bool(result.errors) is not works
    types = [e["type"] for e in told if e["node_id"] == "one"]
    assert types == ["start", *["progress"] * retries, "end"]


def test_a_wrong_input_is_not_tried_again() -> None:
    workflow = Workflow()
    how = {"execution": {"retries": 5}}
    workflow.add(tasks.bounded, id="one", inputs={"x": -1}, extra=how)
    told: list[dict[str, Any]] = []
    run(workflow, raise_on_error=False, events=[told.append])
    assert not [e for e in told if e["type"] == "progress"]


def test_a_process_that_dies_is_tried_again(tmp_path: Path) -> None:
    workflow = Workflow()
    inputs = {"file": str(tmp_path / "count"), "times": 1, "how": "die"}
    workflow.add(tasks.fails_at_first, id="one", inputs=inputs, extra={"execution": {"retries": 1}})
    with Processes(1) as executor:
        assert run(workflow, executor=executor).outputs == {"result": 2}


def test_a_task_that_takes_too_long_is_ended_and_the_others_go_on(
    every_executor: Executor, tmp_path: Path
) -> None:
    workflow = Workflow()
    inputs = {
        "begun": str(tmp_path / "begun"),
        "seconds": 1.0 if isinstance(every_executor, Inline) else 12.0,
    }
    workflow.add(stubborn, id="slow", inputs=inputs, extra={"execution": {"timeout": 0.5}})
    for i in range(3):
        workflow.add(tasks.add, id=str(i), inputs={"a": i})
    begin = time.monotonic()
    with pytest.raises(TaskError, match=r"longer than the 0\.5 s that it may take") as info:
        run(workflow, executor=every_executor)
    assert time.monotonic() - begin < 10
    assert info.value.result.nodes == {str(i): {"result": i} for i in range(3)}
    assert run(mapped(), executor=every_executor).outputs == {"sum": 36}


def test_a_task_that_looks_is_asked_to_stop_when_its_time_is_over(tmp_path: Path) -> None:
    workflow = Workflow()
    inputs = {"begun": str(tmp_path / "begun")}
    workflow.add(tasks.patient, id="slow", inputs=inputs, extra={"execution": {"timeout": 0.3}})
    with pytest.raises(TaskError, match=r"longer than the 0\.3 s that it may take"):
        run(workflow)


# -- priority


@pytest.mark.parametrize("make", [Inline, lambda: Threads(1), lambda: Processes(1)])
def test_what_has_priority_goes_first(make: Any, tmp_path: Path) -> None:
    workflow = Workflow()
    # while it runs, all the others are there to choose from
    first = {"execution": {"priority": 9}}
    begun = str(tmp_path / "begun")
    workflow.add(stubborn, id="9", inputs={"begun": begun, "seconds": 1.0}, extra=first)
    for i in range(5):
        how = {"execution": {"priority": i}}
        workflow.add(tasks.add, id=str(i), inputs={"a": i}, extra=how)
    told: list[str] = []
    with make() as executor:
        run(
            workflow,
            executor=executor,
            events=[lambda e: told.append(e["node_id"]) if e["type"] == "start" else None],
        )
    assert [n for n in told if n is not None] == ["9", "4", "3", "2", "1", "0"]


# -- conditions


@pytest.mark.parametrize(
    ("relation", "value", "holds"),
    [
        ("<", 5, True),
        ("<", 3, False),
        ("<=", 3, True),
        (">", 2.5, True),
        (">=", 4, False),
        ("!=", 3, False),
        ("==", 3, True),
        ("in", [1, 3], True),
        ("not in", [1, 3], False),
        ("<", "text", False),
        ("in", 7, False),
    ],
)
def test_conditions_of_order_and_membership(relation: str, value: Any, holds: bool) -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="1", inputs={"a": 3})
    workflow.add(tasks.add, id="2", inputs={"a": 0})
    when = [{"source_output": "result", "is": relation, "value": value}]
    workflow.link("1", "2", {"a": "result"}, extra={"when": when})
    assert ("2" in run(workflow).nodes) is holds
    assert required_links(workflow) == [False]


def test_a_condition_on_what_is_not_there_does_not_hold() -> None:
    workflow = Workflow()
    workflow.add(tasks.nothing, id="1")
    workflow.add(tasks.add, id="2", inputs={"a": 0})
    when = [{"source_output": "result", "is": "!=", "value": 3}]
    workflow.link("1", "2", extra={"when": when})
    assert list(run(workflow).nodes) == ["1"]


def test_a_loop_until_it_is_good_enough(executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="1", inputs={"a": 0, "b": 3}, force_start_node=True)
    workflow.add(tasks.add, id="2", inputs={"b": 0})
    again = [{"source_output": "result", "is": "<", "value": 20}]
    enough = [{"source_output": "result", "is": ">=", "value": 20}]
    workflow.link("1", "1", {"a": "result"}, extra={"when": again})
    workflow.link("1", "2", {"a": "result"}, extra={"when": enough})
    result = run(workflow, executor=executor)
    assert result.nodes["2"] == {"result": 21}
    assert result.firings["1"] == 7


# -- files


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".ows"])
def test_every_format_keeps_them(suffix: str, tmp_path: Path) -> None:
    workflow = mapped()
    workflow.nodes["sum"].extra["execution"] = {"retries": 2, "timeout": 60, "priority": 1}
    when = [{"source_output": "result", "is": "!=", "value": []}]
    workflow.links[0].extra["when"] = when
    again = load(workflow.save(tmp_path / f"mapped{suffix}"))
    assert again.links[0].extra["when"] == when
    assert again.nodes["sum"].extra["execution"] == workflow.nodes["sum"].extra["execution"]
    assert run(again).outputs == {"sum": 36}


@pytest.mark.peer
def test_ewoks_ignores_them() -> None:
    ewoks = pytest.importorskip("ewoks")
    workflow = Workflow(id="plain")
    how = {"execution": {"retries": 2, "timeout": 60}}
    workflow.add(tasks.add, id="1", inputs={"a": 3}, extra=how)
    workflow.add(tasks.add, id="2", inputs={"b": 1})
    when = [{"source_output": "result", "is": ">", "value": 2}]
    workflow.link("1", "2", {"a": "result"}, extra={"when": when})
    assert ewoks.execute_graph(to_dict(workflow)) == {"result": 4}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"retry": 2}, "there is no 'retry' in it. Did you mean 'retries'?"),
        ({"retries": -1}, "'retries' should be a whole number from 0, not -1."),
        ({"priority": "high"}, "'priority' should be a whole number, not 'high'."),
        ({"timeout": 0}, "'timeout' should be a number of seconds above 0, not 0."),
        ({"map": 1.5}, "'map' should be the name of an input or a list of them, not 1.5."),
        ([], "it should be a mapping, not []."),
    ],
)
def test_what_a_node_says_wrong_is_told_before_anything_runs(how: Any, words: str) -> None:
    workflow = mapped()
    workflow.nodes["sum"].extra["execution"] = how
    with pytest.raises(WorkflowError) as info:
        run(workflow)
    assert f"The node 'sum', execution: {words}" in str(info.value)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({}, "it should be a list, not {}."),
        ([{"is": "<"}], "a condition has a source_output, an 'is' and a value"),
        ([{"source_output": "x", "is": "=<", "value": 1}], "'is' should be one of ==, !=, <"),
    ],
)
def test_what_a_link_says_wrong_is_told_before_anything_runs(when: Any, words: str) -> None:
    workflow = mapped()
    workflow.links[0].extra["when"] = when
    with pytest.raises(WorkflowError) as info:
        run(workflow)
    assert f"The link from 'many' to 'sum', when: {words}" in str(info.value)


def test_parallel_links_add_up_their_conditions() -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="1", inputs={"a": 3})
    workflow.add(tasks.add, id="2", inputs={"a": 0})
    for relation, value in ((">", 2), ("<", 3)):
        when = [{"source_output": "result", "is": relation, "value": value}]
        workflow.link("1", "2", {"a": "result"}, extra={"when": when})
    assert list(run(workflow).nodes) == ["1"]


# -- where


def test_a_node_runs_where_it_says_and_the_rest_goes_on(every_executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    how = {"execution": {"executor": "processes:1"}}
    workflow.add(tasks.where, id="there", extra=how)
    workflow.add(shift, id="shifted", inputs={"offset": 1.0}, extra=how)
    workflow.add(total_of, id="total")
    workflow.link("ramp", "shifted", {"image": "image"})
    workflow.link("shifted", "total", {"image": "image"})
    for _ in range(2):
        result = run(workflow, executor=every_executor)
        assert result.nodes["total"] == {"sum": 120000 * 119999 / 2 + 120000}
        assert result.nodes["there"] != {"return_value": os.getpid()}


def test_what_takes_too_long_elsewhere_is_ended(tmp_path: Path) -> None:
    workflow = Workflow()
    how = {"execution": {"executor": "processes:1", "timeout": 0.3}}
    workflow.add(stubborn, id="long", inputs={"begun": str(tmp_path / "begun")}, extra=how)
    workflow.add(tasks.add, id="short", inputs={"a": 1})
    with pytest.raises(TaskError, match=r"took longer than the 0\.3 s") as info:
        run(workflow)
    assert info.value.result.nodes == {"short": {"result": 1}}


def test_an_executor_that_a_node_names_must_be_there() -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="1", extra={"execution": {"executor": ["dask"]}})
    with pytest.raises(WorkflowError, match="'executor' should be the name of one"):
        run(workflow)
    workflow.nodes["1"].extra["execution"]["executor"] = "desk"
    with pytest.raises(InputError, match=r"There is no executor .desk"):
        run(workflow)
