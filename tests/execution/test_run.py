"""Whole runs: results, inputs and outputs in the words of who runs them, failures."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import running_tasks as tasks

import beamcanvas
from beamcanvas.errors import InputError, TaskError, WorkflowError
from beamcanvas.execution import run
from beamcanvas.execution.executors import Executor
from beamcanvas.task import MISSING
from beamcanvas.workflow import Workflow


def adding(**values: float) -> Workflow:
    """first -> second -> third, each adds one."""
    workflow = Workflow(id="adding")
    workflow.add(tasks.add, id="first", label="Start", inputs={"a": 0, "b": 1})
    workflow.add(tasks.add, id="second", label="Step", inputs={"b": 1})
    workflow.add(tasks.add, id="third", label="Step", inputs={"b": 1})
    workflow.link("first", "second", {"a": "result"})
    workflow.link("second", "third", {"a": "result"})
    return workflow


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (None, 3),
        ([], 3),
        ({"first": {"a": 10}}, 13),
        ({"Start": {"a": 10}}, 13),
        ({"Step": {"b": 5}}, 11),
        ({"Step": {"b": 5}, "second": {"b": 2}}, 8),
        ([{"name": "a", "value": 10}], 13),
        ([{"name": "a", "value": 10, "all": False}], 13),
        ([{"name": "b", "value": 2, "all": True}], 6),
        ([{"name": "b", "value": 2, "id": "second"}], 4),
        ([{"name": "b", "value": 2, "label": "Step"}], 5),
        (
            [
                {
                    "name": "b",
                    "value": 2,
                    "task_identifier": "beamcanvas.execution.conformance.tasks.add",
                }
            ],
            6,
        ),
        ([{"name": "b", "value": 2, "task_identifier": "add", "label": "Start"}], 4),
        ([{"name": "b", "value": 9, "all": True}, {"name": "b", "value": 2, "all": True}], 6),
    ],
)
def test_inputs(inputs: Any, expected: float) -> None:
    workflow = adding()
    before = copy.deepcopy(workflow)
    assert run(workflow, inputs).outputs == {"result": expected}
    assert workflow == before


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"frist": {"a": 1}}, "no node 'frist'. Did you mean 'first'?"),
        ({"first": 1}, "The inputs of 'first' should be values by name."),
        ([{"name": "a", "value": 1, "id": "secnd"}], "id 'secnd'. Did you mean 'second'?"),
        ([{"name": "a", "value": 1, "label": "Stop"}], "label 'Stop'. Did you mean 'Step'?"),
        ([{"name": "a", "value": 1, "task_identifier": "sub"}], "the task 'sub'"),
        ([{"nam": "a", "value": 1}], "no 'nam' in an input. Did you mean 'name'?"),
        ([{"name": "a"}], "needs a 'value'"),
        (["a"], "should be a mapping with a name and a value, not 'a'"),
    ],
)
def test_inputs_for_nothing_are_errors(inputs: Any, words: str) -> None:
    with pytest.raises(InputError) as info:
        run(adding(), inputs)
    assert words in str(info.value)


@pytest.mark.parametrize(
    ("outputs", "merge", "expected"),
    [
        (None, True, {"result": 3}),
        (None, False, {"third": {"result": 3}}),
        ([], True, {}),
        ([], False, {}),
        ([{"all": False}], True, {"result": 3}),
        ([{"all": True}], True, {"result": 3}),
        (
            [{"all": True}],
            False,
            {"first": {"result": 1}, "second": {"result": 2}, "third": {"result": 3}},
        ),
        ([{"id": "second"}], True, {"result": 2}),
        ([{"label": "Start"}], True, {"result": 1}),
        ([{"id": "first", "name": "result", "new_name": "one"}], True, {"one": 1}),
        ([{"id": "first", "name": "other"}], True, {"other": MISSING}),
        ([{"task_identifier": "add", "name": "result"}], True, {"result": 3}),
        (
            [
                {"id": "first", "name": "result", "new_name": "x"},
                {"id": "third", "name": "result"},
            ],
            True,
            {"x": 1, "result": 3},
        ),
    ],
)
def test_outputs(outputs: Any, merge: bool, expected: Any, executor: Executor) -> None:
    result = run(adding(), outputs=outputs, merge_outputs=merge, executor=executor)
    assert result.outputs == expected


def test_outputs_of_unknown_nodes_are_errors() -> None:
    with pytest.raises(InputError, match=r"no node with the id 'thrid'. Did you mean 'third'"):
        run(adding(), outputs=[{"id": "thrid"}])
    with pytest.raises(InputError, match=r"no 'ids' in an output. Did you mean 'id'"):
        run(adding(), outputs=[{"ids": "third"}])


def test_only_the_outputs_that_are_asked_for_are_kept() -> None:
    assert list(run(adding(), outputs=[{"id": "second"}]).nodes) == ["second"]
    assert list(run(adding()).nodes) == ["first", "second", "third"]


def test_outputs_merge_in_the_order_of_the_graph_whoever_is_faster(executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="late", inputs={"a": 1})
    workflow.add(tasks.add, id="early", inputs={"a": 2})
    workflow.add(tasks.add, id="step", inputs={"a": 3})
    workflow.link("step", "late")
    assert run(workflow, executor=executor).outputs == {"result": 1}


def test_what_a_result_tells() -> None:
    result = run(adding(), {"first": {"a": 1}})
    assert result.inputs["second"] == {"a": 2, "b": 1}
    assert result.firings == {"first": 1, "second": 1, "third": 1}
    assert result.times["first"][0] <= result.times["first"][1] <= result.times["third"][0]
    assert result.seconds > 0
    assert result.workflow.nodes.keys() == {"first", "second", "third"}


def test_a_workflow_from_a_file_and_from_a_mapping(tmp_path: Path) -> None:
    path = adding().save(tmp_path / "adding.json")
    assert beamcanvas.run(path).outputs == {"result": 3}
    assert run(str(path)).outputs == {"result": 3}
    from beamcanvas.workflow.formats import to_dict

    assert run(to_dict(adding())).outputs == {"result": 3}


def test_subgraphs_run(executor: Executor) -> None:
    from beamcanvas.workflow import Alias

    inner = adding()
    inner.input_nodes = [Alias(id="in", node="first")]
    inner.output_nodes = [Alias(id="out", node="third")]
    workflow = Workflow(id="outer")
    workflow.add(tasks.add, id="begin", inputs={"a": 10})
    workflow.add(inner, id="inner")
    workflow.add(tasks.add, id="end", inputs={"b": 100})
    workflow.link("begin", "inner", {"a": "result"}, sub_target="in")
    workflow.link("inner", "end", {"a": "result"}, sub_source="out")
    result = run(workflow, {"inner:second": {"b": 5}}, executor=executor)
    assert result.outputs == {"result": 117}
    assert result.nodes["inner", "second"] == {"result": 16}


def test_paths_are_relative_to_the_folder_of_the_workflow(tmp_path: Path) -> None:
    workflow = Workflow()
    workflow.add(tasks.path_is, id="open", inputs={"path": "data/image.edf"})
    workflow.path = tmp_path / "scheme.json"
    assert run(workflow).outputs == {"result": str(tmp_path / "data/image.edf")}
    elsewhere = tmp_path / "elsewhere"
    assert run(workflow, folder=elsewhere).outputs["result"].startswith(str(elsewhere))


def test_all_outputs_go_only_to_inputs_that_the_task_has(executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.add_below_ten, id="a", inputs={"a": 1})
    workflow.add(tasks.collect, id="b", inputs={"a": "x"})
    workflow.link("a", "b", map_all_data=True)
    assert run(workflow, executor=executor).outputs == {"values": {"a": "x"}}


# -- failures


def failing() -> Workflow:
    """a fails, b follows it; c and d don't."""
    workflow = Workflow(id="failing")
    workflow.add(tasks.add_or_fail, id="a", label="Bad one", inputs={"raise_error": True})
    for node_id in "bcd":
        workflow.add(tasks.add, id=node_id, inputs={"a": 1})
    workflow.link("a", "b", {"a": "result"})
    workflow.link("c", "d", {"a": "result"})
    return workflow


def test_a_failure_names_the_node_and_independent_branches_finish(executor: Executor) -> None:
    with pytest.raises(TaskError) as info:
        run(failing(), executor=executor)
    error = info.value
    assert str(error) == (
        "Node 'Bad one' (a), task beamcanvas.execution.conformance.tasks.add_or_fail, failed: "
        "RuntimeError: Intentional error"
    )
    assert error.node_id == "a"
    assert error.task_identifier == "beamcanvas.execution.conformance.tasks.add_or_fail"
    assert error.result.nodes == {"c": {"result": 1}, "d": {"result": 1}}
    assert error.result.outputs == {"result": 1}
    assert list(error.result.errors) == ["a"]
    assert isinstance(error.__cause__, RuntimeError)


def test_a_failure_can_be_asked_for_instead_of_raised(executor: Executor) -> None:
    result = run(failing(), executor=executor, raise_on_error=False)
    assert str(result.errors["a"]) == "Intentional error"
    assert result.nodes.keys() == {"c", "d"}


def test_a_wrong_input_is_named(executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.bounded, id="length", inputs={"x": -1})
    with pytest.raises(TaskError) as info:
        run(workflow, executor=executor)
    assert "Node 'length', task running_tasks.bounded, failed:" in str(info.value)
    assert "'x' should be at least 0 mm, not -1." in str(info.value)


def test_a_task_that_is_not_there_is_a_failure_of_its_node(executor: Executor) -> None:
    workflow = failing()
    workflow.nodes["a"].task_identifier = "running_tasks.ad"
    with pytest.raises(TaskError, match="Node 'Bad one'") as info:
        run(workflow, executor=executor)
    assert "running_tasks" in str(info.value)
    assert info.value.result.nodes.keys() == {"c", "d"}


def test_a_task_that_leaves_python_is_a_failure(executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.leave, id="leave")
    with pytest.raises(TaskError, match="SystemExit: 2"):
        run(workflow, executor=executor)


def test_an_error_handler_gets_the_error(executor: Executor) -> None:
    workflow = failing()
    workflow.nodes["a"].default_inputs["b"] = 0
    workflow.add(tasks.add, id="before", inputs={"a": 7})
    workflow.link("before", "a", {"a": "result"})
    workflow.add(tasks.describe_error, id="handler")
    workflow.link("a", "handler", map_all_data=True, on_error=True)
    result = run(workflow, executor=executor)
    assert result.nodes["handler"] == {"result": "Intentional error with a=7.0"}
    assert not result.errors


def test_default_error_handlers(executor: Executor) -> None:
    workflow = failing()
    workflow.add(tasks.describe_error, id="handler", default_error_node=True)
    result = run(workflow, executor=executor)
    assert result.nodes["handler"] == {"result": "Intentional error with a=None"}
    assert result.nodes.keys() == {"c", "d", "handler"}


def test_a_cycle_without_a_start_is_an_error() -> None:
    workflow = Workflow(id="round")
    for node_id in "ab":
        workflow.add(tasks.add, id=node_id)
    workflow.link("a", "b", {"a": "result"})
    workflow.link("b", "a", {"a": "result"})
    with pytest.raises(WorkflowError, match="Nothing starts the workflow"):
        run(workflow)


def test_an_unknown_executor() -> None:
    with pytest.raises(InputError, match=r"no executor 'thread'. Did you mean 'threads'"):
        run(adding(), executor="thread")


@pytest.mark.parametrize("name", ["inline", "threads"])
def test_executors_by_name(name: str) -> None:
    assert run(adding(), executor=name).outputs == {"result": 3}


def test_intermediate_outputs_are_let_go() -> None:
    """With outputs asked for, what nothing needs any more is freed while the run goes on."""
    import gc
    import weakref

    workflow = Workflow()
    workflow.add("running_tasks.Box", id="make")
    workflow.add("running_tasks.unbox", id="use")
    workflow.add("running_tasks.boxes", id="count")
    workflow.link("make", "use", {0: "return_value"})
    workflow.link("use", "count")
    tasks.BOXES = weakref.WeakSet()
    gc.collect()
    assert run(workflow, outputs=[{"id": "count"}]).outputs == {"return_value": 0}
    assert run(workflow).outputs == {"return_value": 1}


def test_what_results_warn_of_is_known_wherever_they_are(every_executor: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.doubt, id="first", inputs={"words": ["It is dark.", "It is cold."]})
    workflow.add(tasks.pass_on, id="second")
    workflow.link("first", "second", {"value": "result"})
    workflow.add(tasks.add, id="third", inputs={"a": 1})
    result = run(workflow, executor=every_executor, outputs=[])
    assert result.nodes == {}
    assert {node_id: said for node_id, said in result.warnings.items() if said} == {
        "first": ("It is dark.", "It is cold."),
        "second": ("It is dark.", "It is cold.", "It was passed on."),
    }
