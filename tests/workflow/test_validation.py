"""Every problem at once, with its node and field."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import pytest

from beamcanvas.errors import WorkflowError
from beamcanvas.task import Param, task
from beamcanvas.workflow import Link, Node, Workflow
from beamcanvas.workflow.validation import check, problems


class Split(NamedTuple):
    low: float
    high: float


@task
def split(values: list[float], limit: Annotated[float, Param(ge=0, unit="keV")] = 1.0) -> Split:
    return Split(0, 0)


@task
def scale(value: float, factor: float = 2) -> float:
    return value * factor


def found(workflow: Workflow, tasks: bool = False) -> list[tuple[Any, str]]:
    said = problems(workflow, tasks=tasks)
    for problem in said:
        assert problem.message.endswith((".", "?", ")"))
        assert str(problem.node or "") in problem.message
    return [(problem.node, problem.field) for problem in said]


def good() -> Workflow:
    workflow = Workflow()
    workflow.add(split, id="split", inputs={"values": [1.0]})
    workflow.add(scale, id="scale")
    workflow.link("split", "scale", {"value": "high"})
    return workflow


def test_nothing_is_wrong() -> None:
    assert problems(good(), tasks=True) == []
    check(good(), tasks=True)
    assert problems(Workflow()) == []


def test_nodes_and_links_by_themselves() -> None:
    workflow = good()
    for node in (
        Node(id="1", task_type="metod", task_identifier="x"),
        Node(id="2", task_type="method"),
        Node(id="3", task_type="ppfport", task_identifier="x"),
        Node(id="4", task_type="generated", task_identifier="x"),
        Node(id="5", task_type="method", task_identifier="x", task_generator="y"),
    ):
        workflow.nodes[node.id] = node
    workflow.links += [
        Link(source="split", target="scal"),
        Link(source="split", target="scale", map_all_data=True, data_mapping={"a": "b"}),
        Link(source="split", target="scale", on_error=True, conditions={"a": 1}),
    ]
    assert found(workflow) == [
        ("1", "task_type"), ("2", "task_identifier"), ("3", "task_identifier"),
        ("4", "task_generator"), ("5", "task_generator"), ("scal", "target"),
        ("scale", "map_all_data"), ("scale", "on_error"),
    ]  # fmt: skip
    said = str(problems(workflow))
    assert "Did you mean 'method'?" in said
    assert "Did you mean 'scale'?" in said
    with pytest.raises(WorkflowError) as caught:
        check(workflow)
    assert len(caught.value.problems) == 8


def test_an_input_that_two_links_feed() -> None:
    workflow = good()
    workflow.add(split, id="other", inputs={"values": []})
    workflow.link("other", "scale", {"value": "low"}, when={"low": 1})
    assert found(workflow) == []
    workflow.links[-1].required = True
    assert found(workflow) == [("scale", "value")]


def test_a_loop_that_nothing_starts() -> None:
    workflow = Workflow()
    for name in "ab":
        workflow.add("builtins.max", id=name)
    workflow.link("a", "b")
    workflow.link("b", "a")
    assert found(workflow) == [(None, "links")]
    workflow.nodes["a"].force_start_node = True
    assert found(workflow) == []


def test_nodes_that_wait_for_each_other() -> None:
    workflow = Workflow()
    for name in "sabc":
        workflow.add("builtins.max", id=name)
    for source, target in ("sa", "ab", "ba", "bc"):
        workflow.link(source, target)
    assert found(workflow) == [("a", "links"), ("b", "links"), ("c", "links")]
    workflow.links[2].conditions = {"x": 1}
    assert found(workflow) == []


def test_a_subgraph_that_is_not_there() -> None:
    workflow = Workflow()
    workflow.add("nowhere.json", id="g", task_type="graph")
    assert found(workflow) == [(None, "graph")]


def test_tasks_inputs_and_outputs() -> None:
    workflow = good()
    workflow.nodes["split"].default_inputs = {"values": 3, "limit": -1, "limits": 2}
    workflow.nodes["scale"].default_inputs = {"factor": "two"}
    workflow.links[0].data_mapping = {"valu": "hig"}
    workflow.links[0].conditions = {"lo": 1}
    workflow.add("not.there", id="gone")
    workflow.add(scale, id="empty")
    assert sorted(found(workflow, tasks=True), key=str) == sorted(
        [
            ("gone", "task_identifier"), ("scale", "data_mapping"), ("scale", "conditions"),
            ("split", "limits"), ("split", "values"), ("split", "limit"), ("scale", "valu"),
            ("scale", "value"), ("scale", "factor"), ("empty", "value"),
        ],
        key=str,
    )  # fmt: skip
    said = str(problems(workflow, tasks=True))
    for part in ("Did you mean 'high'?", "Did you mean 'limit'?", "Did you mean 'value'?",
                 "at least 0 keV", "should be a number, not 'two'"):  # fmt: skip
        assert part in said


def test_a_link_to_nowhere_hides_no_unknown_task() -> None:
    workflow = Workflow(id="both")
    workflow.add("builtins.abs", id="here")
    workflow.add("not_installed_here.f", id="gone")
    workflow.links.append(Link(source="here", target="nowhere"))
    said = " ".join(p.message for p in problems(workflow, tasks=True))
    assert "nowhere" in said
    assert "not_installed_here" in said


def test_a_task_whose_module_fails(tmp_path, monkeypatch) -> None:
    (tmp_path / "failing_module.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    workflow = Workflow()
    workflow.add("failing_module.f", id="a")
    assert found(workflow, tasks=True) == [("a", "task_identifier")]


def test_what_a_link_with_all_data_brings_is_not_missing() -> None:
    workflow = good()
    workflow.links = [Link(source="split", target="scale", map_all_data=True)]
    assert found(workflow, tasks=True) == []
