"""Required links, start and end nodes, as ewokscore finds them but in linear time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamcanvas.workflow import Link, Workflow
from beamcanvas.workflow.analysis import end_nodes, required_links, start_nodes
from beamcanvas.workflow.flat import flatten
from beamcanvas.workflow.formats import from_dict, to_dict

SUM = {"task_type": "class", "task_identifier": "ewokscore.tests.examples.tasks.sumtask.SumTask"}


def made(links: list[tuple], **attributes: dict[str, Any]) -> Workflow:
    """A workflow of the links (source, target, attributes); node attributes by id."""
    workflow = Workflow()
    for name in dict.fromkeys(end for link in links for end in link[:2]):
        workflow.add("builtins.max", id=name, **attributes.get(name, {}))
    for source, target, *said in links:
        workflow.link(source, target, **(said[0] if said else {}))
    return workflow


IF = {"when": {"x": True}}


@pytest.mark.parametrize(
    ("links", "required"),
    [
        ([("a", "b"), ("b", "c")], [True, True]),
        ([("a", "b", IF), ("b", "c"), ("c", "d")], [False, False, False]),
        ([("a", "b", {**IF, "required": True}), ("b", "c")], [True, True]),
        ([("a", "b", {"required": False}), ("b", "c")], [False, False]),
        ([("a", "b", {"on_error": True}), ("b", "c")], [False, False]),
        ([("a", "b", IF), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")],
         [False, True, False, True, False]),
        ([("a", "b", IF), ("b", "c", {**IF, "required": True}), ("c", "d")], [False, True, False]),
        ([("a", "b"), ("b", "a")], [True, True]),
        ([("a", "b"), ("b", "c"), ("c", "b", IF), ("c", "d")], [True, False, False, False]),
    ],
)  # fmt: skip
def test_required(links: list[tuple], required: list[bool]) -> None:
    assert required_links(made(links)) == required


LINK = st.sampled_from(
    [
        {},
        IF,
        {"on_error": True},
        {"required": False},
        {"required": True},
        {**IF, "required": True},
    ]
)


@pytest.mark.peer
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_required_as_ewokscore_says(data: st.DataObject) -> None:
    analysis = pytest.importorskip("ewokscore.graph.analysis")
    import ewokscore

    size = data.draw(st.integers(2, 6))
    workflow = Workflow()
    for i in range(size):
        workflow.add("builtins.max", id=f"n{i}")
    for source in range(size):
        for target in data.draw(st.sets(st.integers(source + 1, size), max_size=2)):
            if target < size:
                workflow.link(f"n{source}", f"n{target}", **data.draw(LINK))
    theirs = ewokscore.load_graph(to_dict(workflow)).graph
    assert required_links(workflow) == [
        analysis.link_is_required(theirs, link.source, link.target) for link in workflow.links
    ]
    assert set(start_nodes(workflow)) == analysis.start_nodes(theirs)
    assert set(end_nodes(workflow)) == analysis.end_nodes(theirs)


@pytest.mark.peer
@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("empty", "", ""), ("acyclic1", "12", "6"), ("acyclic2", "1", "56"),
        ("acyclic3", "12", "8"),
        ("demo", "02", "6"), ("cyclic1", "1", "7"), ("triangle1", "1", "123"),
        ("self_trigger", "12", "3"),
    ],
)  # fmt: skip
def test_ewokscores_own_graphs(name: str, start: str, end: str) -> None:
    graphs = pytest.importorskip("ewokscore.tests.examples.graphs")
    flat = flatten(from_dict(graphs.get_graph(name)[0]))
    assert start_nodes(flat) == [f"task{n}" for n in start]
    assert end_nodes(flat) == [f"task{n}" for n in end]


def test_a_node_that_is_only_reached_back_does_not_start() -> None:
    workflow = made([("start", "loop"), ("loop", "start2", IF), ("start2", "loop")])
    assert start_nodes(workflow) == ["start"]


def test_an_error_branch_ends_too() -> None:
    links = [("a", "always"), ("a", "on_error", {"on_error": True})]
    assert end_nodes(made(links)) == ["always", "on_error"]


@pytest.mark.peer
def test_where_all_wait_the_one_that_has_its_inputs_starts() -> None:
    pytest.importorskip("ewokscore")
    workflow = from_dict({
        "nodes": [{"id": "a", **SUM, "default_inputs": [{"name": "a", "value": 1}]},
                  {"id": "b", **SUM}],
    })  # fmt: skip
    for ends in ("ab", "ba"):
        workflow.links.append(Link(source=ends[0], target=ends[1], conditions={"result": 1}))
    assert start_nodes(workflow) == ["a"]


@pytest.mark.parametrize(
    ("values", "else_value", "ends"),
    [([True], None, True), ([True, False], None, False), ([1], None, True),
     ([1, None], None, False),
     ([True, "else"], "else", False), ([1, 2], "else", True), ([[1]], None, True)],
)  # fmt: skip
def test_a_loop_ends_where_a_condition_leaves_a_case_open(
    values: list, else_value: Any, ends: bool
) -> None:
    workflow = made([], a={})
    workflow.add("builtins.max", id="a", conditions_else_value=else_value)
    for i, value in enumerate(values):
        workflow.add("builtins.max", id=f"b{i}")
        workflow.link("a", f"b{i}", when={"x": value})
        workflow.link(f"b{i}", "a")
    assert end_nodes(workflow) == (["a"] if ends else [])


def test_long_chains_and_ladders_are_no_work() -> None:
    chain = made([(f"n{i}", f"n{i + 1}") for i in range(20_000)])
    assert all(required_links(flatten(chain)))
    ladder = made([(f"{s}{i}", f"{t}{i + 1}") for i in range(3000) for s in "ab" for t in "ab"])
    assert all(required_links(ladder))
    assert end_nodes(ladder) == ["a3000", "b3000"]
