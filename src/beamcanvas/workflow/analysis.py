"""What follows from a flat graph: required links, start and end nodes. In linear time."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ..errors import TaskNotFoundError
from .model import Node, NodeId, Workflow
from .rules import comparisons


def required_links(flat: Workflow) -> list[bool]:
    """For each link whether its target needs its data before the first run.

    What a link says itself counts; else one with conditions or on error is optional, and so
    is everything downstream of an optional link.
    """
    said = [
        (
            False
            if link.conditions or link.on_error or (link.extra and link.is_conditional)
            else None
        )
        if link.required is None
        else link.required
        for link in flat.links
    ]
    if False not in said:
        return [True] * len(said)
    downstream: dict[NodeId, list[NodeId]] = defaultdict(list)
    for link in flat.links:
        downstream[link.source].append(link.target)
    reached = {
        link.target
        for link, is_required in zip(flat.links, said, strict=True)
        if is_required is False
    }
    front = list(reached)
    while front:
        for target in downstream.get(front.pop(), ()):
            if target not in reached:
                reached.add(target)
                front.append(target)
    return [
        link.source not in reached if is_required is None else is_required
        for link, is_required in zip(flat.links, said, strict=True)
    ]


def start_nodes(flat: Workflow) -> list[NodeId]:
    """The nodes that run first, in order.

    Those without incoming links and those that are forced to start. If there is none, those
    that wait for no required link and whose task has a value for each input that it needs;
    only then tasks are looked up, and one that isn't here starts nothing.
    """
    targets = {link.target for link in flat.links}
    found = [n.id for n in flat.nodes.values() if n.force_start_node or n.id not in targets]
    if found:
        return found
    waiting = {
        link.target
        for link, is_required in zip(flat.links, required_links(flat), strict=True)
        if is_required
    }
    return [n.id for n in flat.nodes.values() if n.id not in waiting and _has_its_inputs(n)]


def _has_its_inputs(node: Node) -> bool:
    if node.task_type not in ("class", "generated"):
        return False  # its signature doesn't say what it needs
    from ..task import resolve

    try:
        task = resolve(node.task_type, node.task_identifier, node.task_generator)
    except TaskNotFoundError:
        return False
    return all(name in node.default_inputs for name, spec in task.inputs.items() if spec.required)


def end_nodes(flat: Workflow) -> list[NodeId]:
    """The nodes whose outputs are the result of a run, in order.

    Those without outgoing links other than on error. If there is none, those whose
    conditions leave a case open in which nothing follows.
    """
    followed = {link.source for link in flat.links if not link.on_error}
    found = [node_id for node_id in flat.nodes if node_id not in followed]
    if found:
        return found
    conditions: dict[NodeId, dict[str | int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for link in flat.links:
        for output, value in link.conditions.items():
            conditions[link.source][output].append(value)
        for comparison in comparisons(link):  # no value stands for what it leaves open
            conditions[link.source][comparison.output].append(comparison)
    return [
        node.id
        for node in flat.nodes.values()
        if any(
            _complement(value, node.conditions_else_value, values)
            for values in conditions.get(node.id, {}).values()
            for value in values
        )
    ]


def _complement(value: Any, else_value: Any, values: list[Any]) -> bool:
    """Whether what the condition excludes is covered by no other condition."""
    if else_value in values:
        return False
    return not (isinstance(value, bool) and (not value) in values)
