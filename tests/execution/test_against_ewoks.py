"""The same graph, the same outputs, here and in ewoks."""

from __future__ import annotations

from typing import Any

import pytest

from beamcanvas.execution import run
from beamcanvas.execution.executors import Executor
from beamcanvas.workflow.formats import to_dict

pytest.importorskip("ewokscore")
pytest.importorskip("ewoks")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]

ACYCLIC = ["acyclic1", "acyclic3", "demo", "empty"]
CYCLIC = ["acyclic2", "cyclic1", "triangle1"]


def graph_of_ewoks(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from ewokscore.tests.examples.graphs import get_graph

    graph, expected = get_graph(name)
    return graph, expected


@pytest.mark.parametrize("name", [*ACYCLIC, *CYCLIC, "self_trigger"])
def test_their_graphs_give_their_results(name: str, executor: Executor) -> None:
    graph, expected = graph_of_ewoks(name)
    result = run(graph, executor=executor)
    if name in ("triangle1", "cyclic1", "self_trigger"):  # listed as the outputs of the run
        assert [result.outputs] == list(expected.values())
        return
    for node_id, outputs in expected.items():
        found = result.nodes.get(node_id)
        assert (
            not found if outputs in (None,) or not isinstance(outputs, dict) else (found == outputs)
        )


@pytest.mark.parametrize("name", ACYCLIC)
@pytest.mark.parametrize("outputs", [None, [{"all": True}], [{"all": False}], []])
@pytest.mark.parametrize("merge", [True, False])
def test_the_same_outputs_as_core(name: str, outputs: Any, merge: bool) -> None:
    from ewoks import execute_graph

    graph, _ = graph_of_ewoks(name)
    options: dict[str, Any] = {"outputs": outputs, "merge_outputs": merge}
    assert run(graph, **options).outputs == execute_graph(graph, **options)


@pytest.mark.parametrize("name", CYCLIC)
def test_the_same_outputs_as_ppf(name: str) -> None:
    from ewoksppf import execute_graph

    graph, _ = graph_of_ewoks(name)
    theirs = execute_graph(graph, pool_type="thread", scaling_workers=False, max_workers=1)
    assert run(graph).outputs == {n: theirs[n] for n in ("result", "too_small") if n in theirs}


@pytest.mark.parametrize(
    "inputs",
    [
        [{"id": "task1", "name": "a", "value": 10}],
        [{"name": "a", "value": 10}],
        [{"label": "task1", "name": "a", "value": 10}],
        [{"task_identifier": "SumTask", "name": "delay", "value": 0}],
        [{"all": True, "name": "b", "value": 3}],
        [{"all": True, "name": "b", "value": 3}, {"id": "task2", "name": "b", "value": 5}],
    ],
)
def test_inputs_mean_the_same(inputs: Any) -> None:
    from ewoks import execute_graph

    graph, _ = graph_of_ewoks("acyclic1")
    options: dict[str, Any] = {"outputs": [{"all": True}], "merge_outputs": False}
    assert run(graph, inputs, **options).outputs == execute_graph(graph, inputs=inputs, **options)


@pytest.mark.parametrize("name", ["acyclic1", "acyclic3", "demo"])
def test_graphs_of_our_tasks_run_in_ewoks(name: str) -> None:
    from ewoks import execute_graph

    from beamcanvas.execution.conformance.graphs import GRAPHS, OUTPUTS

    assert execute_graph(to_dict(GRAPHS[name]()[0])) == OUTPUTS[name]


@pytest.mark.parametrize("name", ["acyclic2", "cyclic1"])
def test_conditional_graphs_of_our_tasks_run_in_ppf(name: str) -> None:
    from ewoksppf import execute_graph

    from beamcanvas.execution.conformance.graphs import GRAPHS, OUTPUTS

    theirs = execute_graph(
        to_dict(GRAPHS[name]()[0]), pool_type="thread", scaling_workers=False, max_workers=1
    )
    assert {n: theirs[n] for n in OUTPUTS[name]} == OUTPUTS[name]


def ppf(*names: str) -> list[dict[str, Any]]:
    path = "ewoksppf.tests.test_ppf_actors.pythonActor{}.run"
    return [
        {"id": n, "task_type": "ppfmethod", "task_identifier": path.format(n.partition(" ")[0])}
        for n in names
    ]


def test_a_loop_of_ppf_methods_with_several_conditions() -> None:
    nodes = ppf("AddA before", "AddA in loop", "AddB in loop", "AddA after", "AddB after")
    begin = {"a": 1, "b": 1, "a_is_5": False, "b_is_4": False}
    nodes[0]["default_inputs"] = [{"name": n, "value": v} for n, v in begin.items()]
    links: list[dict[str, Any]] = [
        {"source": "AddA before", "target": "AddA in loop"},
        {"source": "AddB in loop", "target": "AddA in loop"},
    ]
    for target, a, b in (
        ("AddB in loop", False, False),
        ("AddA after", True, False),
        ("AddB after", True, True),
    ):
        conditions = [
            {"source_output": "a_is_5", "value": a},
            {"source_output": "b_is_4", "value": b},
        ]
        links.append({"source": "AddA in loop", "target": target, "conditions": conditions})
    for link in links:
        link["map_all_data"] = True
    graph = {"graph": {"id": "loop"}, "nodes": nodes, "links": links}
    result = run(graph)
    assert result.outputs["_ppfdict"] == {"a": 6, "a_is_5": False, "b": 3, "b_is_4": False}
    assert result.firings["AddA in loop"] == 3


def test_a_loop_of_ppf_methods_until_a_limit() -> None:
    nodes = ppf("AddWithoutSleep", "Check")
    nodes[0]["default_inputs"] = [{"name": "value", "value": 1}, {"name": "limit", "value": 10}]
    nodes[0]["force_start_node"] = True
    again = [{"source_output": "doContinue", "value": "true"}]
    links = [
        {"source": "AddWithoutSleep", "target": "Check", "map_all_data": True},
        {
            "source": "Check",
            "target": "AddWithoutSleep",
            "map_all_data": True,
            "conditions": again,
        },
    ]
    result = run({"graph": {"id": "loop"}, "nodes": nodes, "links": links})
    found = result.nodes["Check"]["_ppfdict"]
    assert found == {"doContinue": "false", "limit": 10, "value": 10}
