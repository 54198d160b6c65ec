"""Subgraphs, parallel links and default error nodes; ewokscore is the oracle where it is right."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from beamcanvas.errors import WorkflowError
from beamcanvas.workflow import Link, Workflow
from beamcanvas.workflow.flat import flatten
from beamcanvas.workflow.formats import dumps, from_dict, load, save, to_dict

METHOD = {"task_type": "method", "task_identifier": "builtins.max"}


def node(node_id: Any, **said: Any) -> dict[str, Any]:
    return {"id": node_id, **METHOD, **said}


def graph_node(node_id: str, graph: Any, **said: Any) -> dict[str, Any]:
    return {"id": node_id, "task_type": "graph", "task_identifier": graph, **said}


def data(output: str, name: str) -> list[dict[str, str]]:
    return [{"source_output": output, "target_input": name}]


def graph(nodes: list, links: list | None = None, **attributes: Any) -> dict[str, Any]:
    return {"graph": {"id": "g", **attributes}, "nodes": nodes, "links": links or []}


# -- graphs that ewokscore flattens too

INNERMOST = graph(
    [node("t1"), node("t2", default_inputs=[{"name": "x", "value": 0}])],
    [{"source": "t1", "target": "t2", "data_mapping": data("return_value", "a")}],
    input_nodes=[{"id": "in", "node": "t1", "link_attributes": {"required": True, "my": 1}}],
    output_nodes=[
        {"id": "out", "node": "t2", "link_attributes": {"conditions": [
            {"source_output": "return_value", "value": 3}]}},
        {"id": "notconnected"},
    ],
)  # fmt: skip
MIDDLE = graph(
    [graph_node("deep", INNERMOST), node("m")],
    [{"source": "deep", "target": "m", "sub_source": "t1", "data_mapping": data("r", "b")}],
    input_nodes=[
        {"id": "in", "node": "deep", "sub_node": "in"},
        {"id": "twice", "node": "deep", "sub_node": "in"},
        {"id": "twice", "node": "m"},
        {"id": "direct", "node": "deep", "sub_node": "t2"},
    ],
    output_nodes=[{"id": "out", "node": "deep", "sub_node": "out"}, {"id": "both", "node": "m"},
                  {"id": "both", "node": "deep", "sub_node": "t1"}],
)  # fmt: skip


def top(*links: dict[str, Any], **said: Any) -> dict[str, Any]:
    ends = [node("s"), graph_node("g", MIDDLE, **said), graph_node("h", MIDDLE), node("e")]
    return graph(ends, list(links))


FLATTENED_ALIKE = {
    "nested": top(
        {"source": "s", "target": "g", "sub_target": "in", "data_mapping": data("r", "x")},
        {"source": "g", "target": "e", "sub_source": "out", "data_mapping": data("r", "x")},
    ),
    "inner ids": top(
        {"source": "s", "target": "g", "sub_target": ["deep", "t2"],
         "data_mapping": data("r", "y")},
        {"source": "g", "target": "e", "sub_source": ["deep", "t1"],
         "data_mapping": data("r", "x")},
    ),
    "several nodes by one alias": top(
        {"source": "s", "target": "g", "sub_target": "twice", "data_mapping": data("r", "x")},
        {"source": "g", "target": "e", "sub_source": "both", "map_all_data": True},
    ),
    "graph to graph": top(
        {"source": "g", "target": "h", "sub_source": "out", "sub_target": "in",
         "data_mapping": data("r", "z")}
    ),
    "the link's own word wins": top(
        {"source": "s", "target": "g", "sub_target": "in", "required": False, "my": 3},
    ),
    "inputs from outside": top(
        {"source": "s", "target": "g", "sub_target": "direct", "data_mapping": data("r", "a2"),
         "sub_target_attributes": {"default_inputs": [{"name": "x", "value": 5}], "mine": "yes"}},
    ),
    "attributes of the graph node": top(
        force_start_node=True, default_inputs=[{"name": "x", "value": 6}], conditions_else_value=2
    ),
    "the outer alias wins": graph(
        [node("s"), graph_node("g", graph(
            [graph_node("deep", INNERMOST)],
            input_nodes=[{"id": "in", "node": "deep", "sub_node": "in",
                          "link_attributes": {"my": 2}}]))],
        [{"source": "s", "target": "g", "sub_target": "in"}],
    ),
    "parallel links": graph(
        [node("a"), node("b"), node("c")],
        [{"source": "a", "target": "b", "data_mapping": data("r", "x"), "required": True},
         {"source": "b", "target": "c"},
         {"source": "a", "target": "b", "data_mapping": data("s", "y")},
         {"source": "a", "target": "b", "conditions": [{"source_output": "r", "value": 1}]},
         {"source": "a", "target": "b", "conditions": [{"source_output": "s", "value": 2}]}],
    ),
    "default error node": graph(
        [node("a"), node("b"), node("c"), node("error", default_error_node=True), node("after"),
         node("special")],
        [{"source": "a", "target": "b"}, {"source": "b", "target": "c"},
         {"source": "error", "target": "after"},
         {"source": "c", "target": "special", "on_error": True, "map_all_data": True}],
    ),
    "default error nodes at two levels": graph(
        [node("a"), node("error", default_error_node=True,
                         default_error_attributes={"data_mapping": data("Exc", "e")}),
         graph_node("g", graph([node("x"), node("y"), node("own", default_error_node=True)],
                               [{"source": "x", "target": "y"}],
                               input_nodes=[{"id": "in", "node": "x"}]))],
        [{"source": "a", "target": "g", "sub_target": "in"}],
    ),
    "a graph as default error node": graph(
        [node("a"), graph_node("g", INNERMOST, default_error_node=True)],
    ),
}  # fmt: skip


@pytest.mark.peer
@pytest.mark.parametrize("name", FLATTENED_ALIKE)
def test_as_ewokscore_flattens(name: str, caplog) -> None:
    ewokscore = pytest.importorskip("ewokscore")
    mapping = FLATTENED_ALIKE[name]
    ours = flatten(from_dict(mapping))
    as_ids_are = to_dict(from_dict(mapping))  # nested ids as tuples
    theirs = ewokscore.load_graph(copy.deepcopy(as_ids_are))
    expected = from_dict(theirs.dump())
    assert ours.nodes == {n: expected.nodes[n] for n in ours.nodes}
    assert set(ours.nodes) == set(expected.nodes)
    key = repr
    assert sorted(ours.links, key=key) == sorted(expected.links, key=key)


@pytest.mark.peer
def test_ewokscores_own_graphs(caplog) -> None:
    graphs = pytest.importorskip("ewokscore.tests.examples.graphs")
    import ewokscore

    for name in graphs.graph_names():
        mapping, _ = graphs.get_graph(name)
        flat = flatten(from_dict(mapping))
        if flat.nodes:
            assert ewokscore.load_graph(to_dict(flat)) == ewokscore.load_graph(mapping)


# -- what is ours alone


def test_a_workflow_is_left_as_it_is() -> None:
    for mapping in FLATTENED_ALIKE.values():
        workflow = from_dict(mapping)
        before = repr(workflow)
        flatten(workflow)
        assert repr(workflow) == before


def test_flattening_twice_changes_nothing() -> None:
    for mapping in FLATTENED_ALIKE.values():
        once = flatten(from_dict(mapping))
        assert flatten(once) == once
        assert flatten(from_dict(to_dict(once))) == once


def test_disabled_links_are_dropped() -> None:
    workflow = from_dict(graph([node("a"), node("b")], [{"source": "a", "target": "b"}]))
    workflow.links.append(Link(source="b", target="a", enabled=False))
    assert [(k.source, k.target) for k in flatten(workflow).links] == [("a", "b")]


def test_a_data_link_and_an_error_link_between_the_same_nodes_stay_two() -> None:
    links = [{"source": "a", "target": "b", "data_mapping": data("r", "x")},
             {"source": "a", "target": "b", "on_error": True, "map_all_data": True}]  # fmt: skip
    flat = flatten(from_dict(graph([node("a"), node("b")], links)))
    assert [k.on_error for k in flat.links] == [False, True]


def test_a_default_error_node_that_nothing_needs_goes_with_what_follows_it() -> None:
    links = [{"source": "error", "target": "after"}, {"source": "after", "target": "last"}]
    alone = graph([node("error", default_error_node=True), node("after"), node("last")], links)
    assert flatten(from_dict(alone)).nodes == {}
    inside = graph([graph_node("g", alone), node("a")])
    assert list(flatten(from_dict(inside)).nodes) == ["a"]


def test_relative_paths_start_in_the_folder_of_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    save(from_dict(graph([node("t")])), tmp_path / "sub" / "inner.json")
    save(from_dict(graph([graph_node("g", "inner.json")])), tmp_path / "sub" / "middle.yaml")
    path = save(from_dict(graph([graph_node("m", "sub/middle"), node("o")])), tmp_path / "top.ows")
    flat = flatten(load(path))
    assert flat.folder == tmp_path
    assert flat.nodes["m", ("g", "t")].folder == tmp_path / "sub"
    assert flat.nodes["o"].folder is None


@pytest.mark.parametrize("kind", [to_dict, dumps, lambda w: w], ids=["mapping", "json", "workflow"])
def test_a_subgraph_in_any_form(kind: Any) -> None:
    inner = from_dict(graph([node("t")]))
    workflow = Workflow()
    workflow.add("x", id="g", task_type="graph").task_identifier = kind(inner)
    assert list(flatten(workflow).nodes) == [("g", "t")]


def nested(depth: int) -> Workflow:
    workflow = Workflow(id="deepest")
    workflow.add("builtins.max", id="t")
    for _ in range(depth):
        outer = Workflow(id="outer")
        outer.add(workflow, id="g")
        workflow = outer
    return workflow


def test_depth() -> None:
    (node_id,) = flatten(nested(150)).nodes
    for _ in range(150):
        _, node_id = node_id
    assert node_id == "t"
    with pytest.raises(WorkflowError, match="more than 200 deep"):
        flatten(nested(250))


def test_a_file_that_holds_its_subgraphs_without_ids(tmp_path: Path) -> None:
    inside = {"nodes": [graph_node("h", {"nodes": [node("t")]})]}
    path = save(from_dict({"nodes": [graph_node("g", inside)]}), tmp_path / "nested.json")
    assert list(flatten(load(path)).nodes) == [("g", ("h", "t"))]


def test_a_file_that_contains_itself(tmp_path: Path) -> None:
    path = save(from_dict(graph([graph_node("g", "me.json")])), tmp_path / "me.json")
    with pytest.raises(WorkflowError, match="contains itself"):
        flatten(load(path))
    workflow = Workflow()
    workflow.add(workflow, id="g")
    with pytest.raises(WorkflowError, match="contains itself"):
        flatten(workflow)


G = graph_node("g", MIDDLE)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (graph([node("s"), G], [{"source": "s", "target": "g"}]), "by 'sub_target'"),
        (graph([node("s"), G], [{"source": "g", "target": "s"}]), "by 'sub_source'"),
        (graph([node("s"), G], [{"source": "s", "target": "g", "sub_target": "no"}]),
         "no input node 'no'"),
        (graph([node("s"), node("t")], [{"source": "s", "target": "t", "sub_target": "x"}]),
         "'t' is not a graph"),
        (graph([node("s"), node("t")],
               [{"source": "s", "target": "t", "sub_target_attributes": {"x": 1}}]), "not a graph"),
        (graph([node("s")], [{"source": "s", "target": "zz"}]), "no node 'zz'"),
        (graph([graph_node("g", "not_here.json")]), "graph node 'g'"),
        (graph([graph_node("g", {"nodes": [node("a"), node("a")]})]), "two nodes 'a'"),
        (graph([node("a"), node("b")],
               [{"source": "a", "target": "b", "data_mapping": data(o, "x")} for o in "rs"]),
         "both 'r' and 's'"),
        (graph([node("a"), node("b")],
               [{"source": "a", "target": "b", "required": r} for r in (True, False)]), "required"),
        (graph([node("a")], input_nodes=[{"id": "in", "node": "b"}]), "no node 'b'"),
        (graph([node("a")], input_nodes=[{"id": "in", "node": "a", "sub_node": "x"}]),
         "not a graph"),
        (graph([G], input_nodes=[{"id": "in", "node": "g"}]), "by 'sub_node'"),
        (graph([G], input_nodes=[{"id": "in", "node": "g", "sub_node": "x"}]), "has no 'x'"),
        (graph([graph_node("g", graph([node("a")]), force_start_node=True)]), "no input_nodes"),
        (graph([node("a"), node("e", default_error_node=True,
                                default_error_attributes={"required": 3})]), "true or false"),
    ],
)  # fmt: skip
def test_nothing_is_dropped_silently(mapping: dict[str, Any], said: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        flatten(from_dict(mapping))
    assert said in str(caught.value)
