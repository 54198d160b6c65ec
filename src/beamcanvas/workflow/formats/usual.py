"""Nearly all nodes and links of a file have one shape: these read it several times faster.

For any other shape, and for what is wrong, they return None: `Reader` reads that.
"""

from __future__ import annotations

from typing import Any

from ..model import Link, Node

_SCALARS = {str, int, float, bool, type(None)}


def usual_node(item: Any) -> Node | None:
    if type(item) is not dict:
        return None
    get = item.get
    node_id, task_type, identifier = get("id"), get("task_type"), get("task_identifier")
    label, generator, given = get("label", ""), get("task_generator"), get("default_inputs")
    if not (type(node_id) is type(task_type) is type(identifier) is type(label) is str):
        return None
    known = 3 + ("label" in item) + (given is not None)
    if generator:
        known += 1
        if type(generator) is not str:
            return None
    if len(item) != known:
        return None
    inputs: dict[Any, Any] = {}
    if given:
        if type(given) is not list:
            return None
        try:
            for entry in given:
                name, value = entry["name"], entry["value"]
                if type(name) is not str or type(value) not in _SCALARS or len(entry) != 2:
                    return None
                if name in inputs:
                    return None
                inputs[name] = value
        except (KeyError, TypeError):  # an entry that is no mapping, or has no value
            return None
    return Node(
        id=node_id,
        task_type=task_type,
        task_identifier=identifier,
        task_generator=generator or None,
        label=label,
        default_inputs=inputs,
        extra={},
    )


def usual_link(item: Any) -> Link | None:
    if type(item) is not dict or len(item) != 3:
        return None
    mapping: dict[Any, Any] = {}
    try:
        source, target, given = item["source"], item["target"], item["data_mapping"]
        if not (type(source) is type(target) is str and type(given) is list):
            return None
        for entry in given:
            output, name = entry["source_output"], entry["target_input"]
            if not (type(output) is type(name) is str) or len(entry) != 2 or name in mapping:
                return None
            mapping[name] = output
    except (KeyError, TypeError):  # an entry that is no mapping
        return None
    return Link(source=source, target=target, data_mapping=mapping, conditions={}, extra={})
