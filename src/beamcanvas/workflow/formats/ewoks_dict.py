"""A workflow as the nested mapping that ewoks' JSON and YAML files hold.

What is normalised on the way: attributes that say their default (``"required": null``,
an empty list) aren't kept; the old keys ``class``, ``method`` ... of a node become
``task_type`` and ``task_identifier``; a subgraph given as a mapping becomes a `Workflow`.
Every attribute without a meaning here stays in ``extra``, also those of single inputs
and data mappings. Disabled links stand apart, under ``disabled_links`` of the graph, so
that ewoks doesn't follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import WorkflowError
from ..model import Alias, Link, Node, NodeId, Workflow
from ..values import Encoder, to_literal
from .ewoks_reader import LINK_KEYS, NODE_KEYS, Reader

__all__ = ["from_dict", "needs_version_1_2", "spell", "to_dict"]


def from_dict(mapping: Mapping[str, Any], *, consume: bool = False) -> Workflow:
    """The workflow that a mapping in ewoks' structure describes.

    Parameters
    ----------
    consume:
        Take the nodes and links out of the mapping's lists, so that one's memory serves the
        next; else the mapping is left as it is.

    Raises
    ------
    WorkflowError
        With every problem found.
    """
    return Reader(consume).workflow(mapping)


def to_dict(workflow: Workflow) -> dict[str, Any]:
    """The workflow in ewoks' structure, with Python's own values and tuples as nested ids."""
    return _Writer(_copied, _same).document(workflow)


def spell(workflow: Workflow) -> dict[str, Any]:
    """The workflow in ewoks' structure, with nothing but what JSON and YAML can hold."""
    encode = Encoder()
    document = _Writer(encode, _id_as_list).document(workflow)
    if encode.tagged:
        document["graph"]["schema_version"] = "1.2"
        document["__ewoks_serialize__"] = {
            "serializer": "json_pickle",
            "serializer_version": "1.0.0",
        }
    return document


def needs_version_1_2(workflow: Workflow) -> bool:
    """Whether version 1.1 of the schema has no word for something in the graph."""
    for link in workflow.links:
        if link.required is False or link.cache_if_optional:
            return True
    aliases = [*workflow.input_nodes, *workflow.output_nodes]
    attributes = [alias.link_attributes for alias in aliases]
    for node in workflow.nodes.values():
        if isinstance(node.task_identifier, Workflow) and needs_version_1_2(node.task_identifier):
            return True
        attributes.append(node.default_error_attributes)
    return any(a and (a.get("required") is False or a.get("cache_if_optional")) for a in attributes)


def _copied(value: Any) -> Any:
    if type(value) in (dict, list, tuple, set):
        if type(value) is dict:
            return {k: _copied(v) for k, v in value.items()}
        return type(value)(map(_copied, value))
    return value


def _same(node_id: NodeId) -> Any:
    return node_id


def _id_as_list(node_id: NodeId) -> Any:
    return [_id_as_list(part) for part in node_id] if isinstance(node_id, tuple) else node_id


class _Writer:
    def __init__(self, value: Callable[[Any], Any], node_id: Callable[[NodeId], Any]) -> None:
        self._value = value
        self._id = node_id

    def document(self, workflow: Workflow) -> dict[str, Any]:
        graph: dict[str, Any] = {"id": workflow.id}
        if workflow.label:
            graph["label"] = workflow.label
        graph["schema_version"] = "1.2" if needs_version_1_2(workflow) else "1.1"
        if workflow.requirements is not None:
            graph["requirements"] = list(workflow.requirements)
        for key in ("input_nodes", "output_nodes"):
            if aliases := getattr(workflow, key):
                graph[key] = [self._alias(a) for a in aliases]
        graph.update(self._value(workflow.extra))
        disabled = [
            {"index": i, **self._link(link)}
            for i, link in enumerate(workflow.links)
            if not link.enabled
        ]
        if disabled:
            graph["disabled_links"] = disabled
        return {
            "graph": graph,
            "nodes": [self._node(node) for node in workflow.nodes.values()],
            "links": [self._link(link) for link in workflow.links if link.enabled],
            **self._value(workflow.document),
        }

    def _node(self, node: Node) -> dict[str, Any]:
        item: dict[str, Any] = {"id": self._id(node.id)}
        if node.label:
            item["label"] = node.label
        item["task_type"] = node.task_type
        if isinstance(node.task_identifier, Workflow):
            item["task_identifier"] = self.document(node.task_identifier)
        elif node.task_identifier is not None:
            item["task_identifier"] = self._in(node, "task_identifier", node.task_identifier)
        if node.task_generator is not None:
            item["task_generator"] = node.task_generator
        extra = node.extra
        if node.default_inputs:
            item["default_inputs"] = [
                {"name": name, "value": self._in(node, f"input '{name}'", value)}
                for name, value in node.default_inputs.items()
            ]
            self._further(item, "default_inputs", "name", extra)
        if node.force_start_node:
            item["force_start_node"] = True
        if node.conditions_else_value is not None:
            item["conditions_else_value"] = self._value(node.conditions_else_value)
        if node.default_error_node:
            item["default_error_node"] = True
        if node.default_error_attributes is not None:
            item["default_error_attributes"] = self._value(node.default_error_attributes)
        if extra:
            further = {k: v for k, v in extra.items() if k not in NODE_KEYS}
            item.update(self._value(self._orange_settings(further)))
        return item

    def _orange_settings(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Settings of a widget that JSON can't hold (the place of its window) as a literal.

        So they need no tagged values, which only the newest ewoks reads.
        """
        ows = extra.get("ows")
        settings = ows.get("settings") if isinstance(ows, dict) else None
        if not isinstance(self._value, Encoder) or not isinstance(settings, dict):
            return extra
        trial = Encoder()
        trial(settings)
        if not trial.tagged:
            return extra
        return {**extra, "ows": {**extra["ows"], "settings": to_literal(settings)}}

    def _in(self, node: Node, field: str, value: Any) -> Any:
        try:
            return self._value(value)
        except WorkflowError as error:
            raise WorkflowError(f"The node '{node.title}', {field}: {error}") from None

    def _link(self, link: Link) -> dict[str, Any]:
        item: dict[str, Any] = {"source": self._id(link.source), "target": self._id(link.target)}
        extra = link.extra
        if link.sub_source is not None:
            item["sub_source"] = self._id(link.sub_source)
        if link.sub_target is not None:
            item["sub_target"] = self._id(link.sub_target)
        if link.sub_target_attributes is not None:
            item["sub_target_attributes"] = self._value(link.sub_target_attributes)
        if link.data_mapping:
            item["data_mapping"] = [
                {"source_output": output, "target_input": name}
                for name, output in link.data_mapping.items()
            ]
            self._further(item, "data_mapping", "target_input", extra)
        if link.map_all_data:
            item["map_all_data"] = True
        if link.conditions:
            item["conditions"] = [
                {"source_output": output, "value": self._value(value)}
                for output, value in link.conditions.items()
            ]
            self._further(item, "conditions", "source_output", extra)
        if link.on_error:
            item["on_error"] = True
        if link.required is not None:
            item["required"] = link.required
        if link.cache_if_optional:
            item["cache_if_optional"] = True
        if extra:
            item.update(self._value({k: v for k, v in extra.items() if k not in LINK_KEYS}))
        return item

    def _further(self, item: dict[str, Any], key: str, name: str, extra: dict[str, Any]) -> None:
        """Give the items of a list the attributes that are kept for them in `extra`."""
        if key in extra:
            by_name = {repr(said.get(name)): said for said in extra[key]}
            item[key] = [{**self._value(by_name.get(repr(i[name]), {})), **i} for i in item[key]]

    def _alias(self, alias: Alias) -> dict[str, Any]:
        item: dict[str, Any] = {"id": self._id(alias.id)}
        if alias.node is not None:
            item["node"] = self._id(alias.node)
        if alias.sub_node is not None:
            item["sub_node"] = self._id(alias.sub_node)
        if alias.link_attributes is not None:
            item["link_attributes"] = self._value(alias.link_attributes)
        item.update(self._value(alias.extra))
        return item
