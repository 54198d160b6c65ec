"""A networkx graph with ewoks' attributes, as `ewokscore` and graph tools take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import WorkflowError
from ..model import Workflow
from .ewoks_dict import from_dict, to_dict

if TYPE_CHECKING:
    import networkx

_DOCUMENT = "document"  # graph attribute for what stands beside graph, nodes and links


def to_networkx(workflow: Workflow) -> networkx.MultiDiGraph:
    """The workflow as a graph; the key of an edge is the link's place among the links."""
    import networkx

    document = to_dict(workflow)
    found = networkx.MultiDiGraph(**document.pop("graph"))
    for item in document.pop("nodes"):
        found.add_node(item.pop("id"), **item)
    for i, item in enumerate(document.pop("links")):
        found.add_edge(item.pop("source"), item.pop("target"), key=i, **item)
    if document:
        found.graph[_DOCUMENT] = document
    return found


def from_networkx(graph: networkx.Graph) -> Workflow:
    """The workflow that a directed graph with ewoks' attributes describes.

    Raises
    ------
    WorkflowError
        When it is undirected or an attribute is wrong.
    """
    if not graph.is_directed():
        raise WorkflowError("The graph is undirected: the links of a workflow have a direction.")
    attributes = dict(graph.graph)
    document = attributes.pop(_DOCUMENT, {})
    if not isinstance(document, dict):
        raise WorkflowError(f"The graph attribute '{_DOCUMENT}' should be a mapping.")
    return from_dict(
        {
            **document,
            "graph": attributes,
            "nodes": [{"id": node, **said} for node, said in graph.nodes(data=True)],
            "links": [
                {"source": source, "target": target, **said}
                for source, target, said in _edges_in_order(graph)
            ],
        }
    )


def _edges_in_order(graph: networkx.Graph) -> list[tuple[Any, Any, dict[str, Any]]]:
    if not graph.is_multigraph():
        return list(graph.edges(data=True))
    edges = list(graph.edges(keys=True, data=True))
    if {type(key) for _, _, key, _ in edges} <= {int} and len({k for *_, k, _ in edges}) == len(
        edges
    ):
        edges.sort(key=lambda edge: edge[2])
    return [(source, target, said) for source, target, _, said in edges]
