"""ewoks' nested mapping: every attribute, old spellings, versions, and what is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import WorkflowError
from beamcanvas.workflow import Link, Workflow
from beamcanvas.workflow.formats import dumps, from_dict, loads, to_dict

TASK = {"task_type": "method", "task_identifier": "builtins.max"}
FULL: dict[str, Any] = {
    "graph": {
        "id": "full",
        "label": "Everything",
        "schema_version": "1.2",
        "requirements": ["numpy>=1"],
        "input_nodes": [
            {"id": "in", "node": "a", "link_attributes": {"required": True}, "uiProps": {"x": 1}},
            {"id": "loose"},
        ],
        "output_nodes": [{"id": "out", "node": "g", "sub_node": "inner"}],
        "keywords": {"tag": ["x"]},
    },
    "nodes": [
        {
            "id": "a",
            "label": "First",
            **TASK,
            "default_inputs": [{"name": 0, "value": [1, 2]}, {"name": "b", "value": None, "ui": 5}],
            "force_start_node": True,
            "conditions_else_value": "other",
            "default_error_node": True,
            "default_error_attributes": {"map_all_data": True},
            "uiProps": {"position": {"x": 1, "y": 2}},
            "varinfo": {"root_uri": "/tmp"},
        },
        {"id": ["g", ["h", 1]], "task_type": "ppfport"},
        {"id": "g", "task_type": "graph", "task_identifier": "sub.json"},
    ],
    "links": [
        {
            "source": "a",
            "target": ["g", ["h", 1]],
            "data_mapping": [
                {"source_output": "return_value", "target_input": 0, "comment": "hi"},
                {"source_output": None, "target_input": "all"},
            ],
            "conditions": [{"source_output": "return_value", "value": 3, "comment": "three"}],
            "required": False,
            "cache_if_optional": True,
            "uiProps": {"label": "yes"},
        },
        {"source": "g", "target": "a", "sub_source": ["s", "t"], "map_all_data": True},
        {"source": "a", "target": "g", "sub_target": "in", "on_error": True, "required": True,
         "sub_target_attributes": {"default_inputs": [{"name": "x", "value": 1}]}},
    ],
    "layout": {"zoom": 2},
}  # fmt: skip


def test_every_attribute_is_kept() -> None:
    assert json.loads(dumps(from_dict(FULL))) == FULL


def test_a_mapping_is_left_as_it_is_unless_it_is_given_away() -> None:
    mapping = copy.deepcopy(FULL)
    kept = from_dict(mapping)
    assert mapping == FULL
    assert to_dict(from_dict(mapping, consume=True)) == to_dict(kept)
    assert mapping["nodes"] == mapping["links"] == []


def test_the_callers_mapping_is_left_as_it_is() -> None:
    before = copy.deepcopy(FULL)
    workflow = from_dict(FULL)
    workflow.nodes["a"].default_inputs[0].append(3)
    workflow.nodes["a"].extra["uiProps"]["position"]["x"] = 9
    to_dict(workflow)["nodes"][0]["default_inputs"][0]["value"].append(4)
    assert before == FULL
    assert workflow.nodes["a"].default_inputs[0] == [1, 2, 3]


def test_a_disabled_link_is_out_of_the_way_of_ewoks_and_keeps_its_place() -> None:
    workflow = from_dict({"nodes": [{"id": n, **TASK} for n in "abc"]})
    for target, enabled in (("b", True), ("c", False), ("a", True)):
        workflow.links.append(Link(source="a", target=target, enabled=enabled))
    document = json.loads(dumps(workflow))
    assert [link["target"] for link in document["links"]] == ["b", "a"]
    assert document["graph"]["disabled_links"] == [{"index": 1, "source": "a", "target": "c"}]
    assert loads(dumps(workflow)) == workflow


@pytest.mark.parametrize(
    ("key", "task_type"),
    [("class", "class"), ("method", "method"), ("ppfmethod", "ppfmethod"), ("script", "script"),
     ("notebook", "notebook"), ("graph", "graph"), ("task", "generated"), ("ppfport", "ppfport")],
)  # fmt: skip
def test_old_keys_of_a_task(key: str, task_type: str) -> None:
    node = from_dict({"nodes": [{"id": "a", key: "what", "task_generator": "g"}]}).nodes["a"]
    assert node.task_type == task_type
    assert node.task_identifier == (None if key == "ppfport" else "what")
    assert node.extra == {}


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", 1.1, None])
def test_versions_that_are_read(version: Any) -> None:
    assert from_dict({"graph": {"schema_version": version}}) == Workflow()


@pytest.mark.parametrize(("version", "said"), [("0.0", "pip install"), ("99999.0", "pip install")])
def test_versions_that_are_not(version: str, said: str) -> None:
    with pytest.raises(WorkflowError, match=said):
        from_dict({"graph": {"schema_version": version}})


def version_written(workflow: Workflow) -> str:
    return json.loads(dumps(workflow))["graph"]["schema_version"]


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        ({}, "1.1"),
        ({"required": True}, "1.1"),
        ({"required": False}, "1.2"),
        ({"cache_if_optional": True}, "1.2"),
    ],
)
def test_the_oldest_version_that_can_say_it_is_written(attributes: dict, version: str) -> None:
    workflow = Workflow(id="inner")
    node = workflow.add("builtins.max")
    workflow.link(node, node, **attributes)
    assert version_written(workflow) == version
    outer = Workflow()
    outer.add(workflow)
    assert version_written(outer) == version


def test_values_that_json_has_no_word_for_need_the_newest_version() -> None:
    workflow = Workflow()
    workflow.add("builtins.max", id="a", inputs={"x": (1, {2}), "y": 1j, "z": {3: b"4"}})
    assert version_written(workflow) == "1.2"
    assert loads(dumps(workflow)).nodes["a"].default_inputs == {
        "x": (1, {2}), "y": 1j, "z": {3: b"4"},
    }  # fmt: skip


def test_numpy_becomes_plain() -> None:
    workflow = Workflow()
    inputs = {"a": np.float64(0.1), "b": np.arange(3), "c": np.bool_(True)}
    workflow.add("builtins.max", id="a", inputs=inputs)
    assert version_written(workflow) == "1.1"
    assert loads(dumps(workflow)).nodes["a"].default_inputs == {"a": 0.1, "b": [0, 1, 2], "c": True}


@pytest.mark.parametrize(
    "value", [object(), np.zeros(1_000_000), 10**5000], ids=["object", "large array", "long number"]
)
@pytest.mark.parametrize("name", ["json", "yaml", "ows"])
def test_what_no_file_can_hold_is_named(name: str, value: Any) -> None:
    workflow = Workflow()
    workflow.add("builtins.max", id="a", inputs={"x": value})
    with pytest.raises(WorkflowError, match=r"'a'.*can't be stored|'a'.*too large"):
        dumps(workflow, name)


def with_node(**said: Any) -> dict[str, Any]:
    return {"nodes": [{"id": "a", **TASK, **said}]}


def with_link(**said: Any) -> dict[str, Any]:
    return {**with_node(), "links": [{"source": "a", "target": "a", **said}]}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"directed": False}, "undirected"),
        ({"nodes": {}}, "'nodes' should be a list"),
        ({"nodes": [1]}, "node 1 should be a mapping"),
        ({"nodes": [{}]}, "node 1 should say its 'id'"),
        ({"nodes": [{"id": 1.5, **TASK}]}, "not 1.5"),
        ({"nodes": [{"id": "a", **TASK}] * 2}, "two nodes 'a'"),
        ({"nodes": [{"id": "a"}]}, "'a' should say its 'task_type'"),
        ({"nodes": [{"id": "a", "class": "x", "method": "y"}]}, "several kinds"),
        (with_node(task_identifier=3), "'task_identifier' should be text"),
        (with_node(force_start_node="yes"), "'force_start_node' should be true or false"),
        (with_node(default_inputs=3), "'default_inputs' should be a list"),
        (with_node(default_inputs=[{"name": "x"}]), "gives 'x' no 'value'"),
        (with_node(default_inputs=[{"value": 1}]), "should say its 'name'"),
        (with_node(default_inputs=[{"name": "x", "value": 1}] * 2), "names 'x' twice"),
        (with_link(data_mapping=[{"source_output": "x"}]), "should say its 'target_input'"),
        (with_link(data_mapping=[{"source_output": [], "target_input": "x"}]), "name of an output"),
        (with_link(conditions=[{"source_output": "x", "value": 1}] * 2), "names 'x' twice"),
        (with_link(required="no"), "'required' should be true or false"),
        ({"links": [{"source": "a"}]}, "link 1 should say its 'target'"),
        ({"graph": {"input_nodes": [{"node": "a"}]}}, "'input_nodes' item 1 should say its 'id'"),
        ({"graph": {"requirements": [1]}}, "list of texts"),
        ({"graph": {"disabled_links": [{}]}}, "disabled link 1"),
        ({"__ewoks_serialize__": {"serializer": "other"}}, "unknown serializer"),
        ({"__ewoks_serialize__": {"serializer_version": "2"}}, "1.0.0"),
    ],
)
def test_what_is_wrong_is_named(mapping: dict[str, Any], said: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        from_dict(mapping)
    assert said in str(caught.value)


def test_all_problems_at_once() -> None:
    with pytest.raises(WorkflowError) as caught:
        from_dict(
            {"nodes": [{"id": "a"}, {"id": "b", **TASK, "force_start_node": 3}], "links": [0]}
        )
    assert len(caught.value.problems) == 3


def test_tags_that_are_none() -> None:
    spelled = {"serializer": "json_pickle", "serializer_version": "1.0.0"}
    for value in (
        {"__ewoks__": "who"},
        {"__ewoks__": "set", "items": [[]]},
        {"__ewoks__": "bytes"},
    ):
        with pytest.raises(WorkflowError, match="tag"):
            from_dict({**with_node(x=value), "__ewoks_serialize__": spelled})
        assert from_dict(with_node(x=value)).nodes["a"].extra == {"x": value}
