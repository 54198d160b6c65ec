"""Between the workflow and the scheme on the canvas, both ways, losing nothing."""

from __future__ import annotations

import copy
from typing import Any

from ...task.paths import relative_paths
from ...workflow import Link, Node, NodeId, Workflow
from ..toolbox.registry import Catalogue
from .extras import draw_extras, read_extras
from .layout import columns
from .scheme import Scheme, StepLink, StepNode, is_flow, key_of


def draw(workflow: Workflow, scheme: Scheme, catalogue: Catalogue) -> None:
    """Fill an empty scheme with a workflow."""
    scheme.base = _without_content(workflow)
    scheme.title = workflow.label
    scheme.description = _ows(workflow.extra).get("description") or ""
    scheme.set_runtime_env("basedir", str(workflow.folder))
    for node in draw_nodes(workflow, catalogue):
        scheme.add_node(node)
    draw_links(workflow.links, scheme)
    draw_extras(_ows(workflow.extra), scheme)


def draw_nodes(workflow: Workflow, catalogue: Catalogue) -> list[StepNode]:
    """A node of the scheme for each of the workflow; those without a position get one."""
    touching: dict[NodeId, list[Link]] = {}
    for link in workflow.links:
        for end in {link.source, link.target}:
            touching.setdefault(end, []).append(link)
    free = columns(workflow)
    return [
        StepNode(
            copy.deepcopy(record),
            catalogue.description_for(record, touching.get(record.id, [])),
            record.position or free[record.id],
        )
        for record in workflow.nodes.values()
    ]


def draw_links(links: list[Link], scheme: Scheme) -> None:
    """Add links between nodes that stand in the scheme."""
    taken = {id(link.sink_channel): link for link in scheme.links if not is_flow(link)}
    used = {(link.sink_node.id, link.sink_channel.id) for link in taken.values()}
    for link in links:
        source, target = scheme.node_of(link.source), scheme.node_of(link.target)
        if source is None or target is None:
            continue  # the reader reports links to nowhere
        for drawn in links_for(copy.deepcopy(link), source, target, used):
            scheme.add_link(drawn)


def links_for(
    record: Link, source: StepNode, target: StepNode, used: set[tuple[Any, Any]]
) -> list[StepLink]:
    """The links that show a record: one for each value, or a single one for what is not plain.

    `used` are the inputs (node id, channel id) that a drawn link feeds already.
    """
    pairs = _channels(record, source, target) if _is_drawn_plain(record, source, target) else []
    ends = [(target.id, sink.id) for _, sink in pairs]
    if not pairs or used.intersection(ends) or len(set(ends)) < len(ends):
        return [StepLink(record, source, target)]
    try:
        drawn = [StepLink(record, source, target, pair) for pair in pairs]
    except (TypeError, ValueError):  # types that don't fit; the link stays, as a flow
        return [StepLink(record, source, target)]
    used.update(ends)
    return drawn


def _is_drawn_plain(record: Link, source: StepNode, target: StepNode) -> bool:
    return (
        record.is_plain
        and record.required is not False
        and record.sub_source is None
        and record.sub_target is None
        and "graph" not in (source.record.task_type, target.record.task_type)
    )


def _channels(record: Link, source: StepNode, target: StepNode) -> list[Any]:
    outputs = {key_of(c): c for c in source.output_channels()}
    inputs = {key_of(c): c for c in target.input_channels()}
    pairs = [(outputs.get(o), inputs.get(i)) for i, o in record.data_mapping.items()]
    return [] if any(None in pair for pair in pairs) else pairs


# -- back


def read_back(scheme: Scheme) -> Workflow:
    """The workflow that a scheme shows, as it stands now."""
    workflow = copy.copy(scheme.base)
    workflow.extra = copy.deepcopy(scheme.base.extra)
    workflow.label = scheme.title
    workflow.nodes = {node.id: read_node(node) for node in scheme.nodes}
    workflow.links = read_links(scheme.links)
    read_extras(scheme, workflow)
    return workflow


def read_node(node: StepNode) -> Node:
    """The workflow's node that a node shows: title, place and settings as they are now."""
    record = copy.copy(node.record)
    record.extra = copy.deepcopy(node.record.extra)
    if node.title != record.title:
        record.label = node.title
    if record.position != tuple(node.position) and tuple(node.position) != tuple(node.placed):
        record.position = node.position
    run = node.run
    if run is not None:
        record.default_inputs = dict(run.settings)
    return record


def read_links(links: list[Any]) -> list[Link]:
    """The workflow's links. The values of one record, and those that a person dragged between
    the same two nodes, go into one link."""
    found: dict[Any, Link] = {}
    by_ends: dict[Any, Link] = {}
    for link in links:
        ends = (link.source_node.id, link.sink_node.id, link.enabled)
        record = getattr(link, "record", None)
        if is_flow(link):
            whole = (
                copy.copy(record) if record is not None else Link(source=ends[0], target=ends[1])
            )
            whole.source, whole.target, whole.enabled = ends
            found[id(link)] = whole
            continue
        made = found.get((id(record), ends)) if record is not None else by_ends.get(ends)
        target, source = key_of(link.sink_channel), key_of(link.source_channel)
        if made is None or (record is None and target in made.data_mapping):
            made = copy.copy(record) if record is not None else Link(source=ends[0], target=ends[1])
            made.source, made.target, made.enabled = ends
            made.data_mapping = {}
            found[(id(record), ends) if record is not None else id(link)] = made
            by_ends.setdefault(ends, made)
        made.data_mapping[target] = source
    return list(found.values())


def for_file(workflow: Workflow, scheme: Scheme) -> Workflow:
    """The workflow with the paths that lie in its folder relative to it."""
    for node in scheme.nodes:
        if node.run is not None and node.run.task is not None:
            record = workflow.nodes[node.id]
            record.default_inputs = relative_paths(
                node.run.task, record.default_inputs, workflow.folder
            )
    return workflow


def _without_content(workflow: Workflow) -> Workflow:
    base = copy.copy(workflow)
    base.nodes, base.links = {}, []
    return base


def _ows(extra: dict[str, Any]) -> dict[str, Any]:
    found = extra.get("ows")
    return found if isinstance(found, dict) else {}
