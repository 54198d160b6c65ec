"""Nodes that follow one other node and nothing else: who runs that one may go on with them."""

from __future__ import annotations

from collections import defaultdict

from ..workflow import Link, Node, NodeId, Workflow
from ..workflow.analysis import required_links
from ..workflow.rules import NODE_KEY, rules_of

#: so many nodes go in one at most
LONGEST = 100


def chains(flat: Workflow) -> dict[NodeId, Link]:
    """Of nodes that are followed by one node alone, the link to that.

    It is followed for sure, unless the node fails: neither fires more than once, the second
    has no other links and waits for nothing else. Nodes that say how they run are in none,
    and where some go before others no node is.
    """
    if any(rules_of(node).priority for node in flat.nodes.values() if node.extra):
        return {}
    incoming: dict[NodeId, list[tuple[Link, bool]]] = defaultdict(list)
    outgoing: dict[NodeId, list[Link]] = defaultdict(list)
    for link, required in zip(flat.links, required_links(flat), strict=True):
        sure = required and not (link.on_error or link.is_conditional)
        incoming[link.target].append((link, sure))
        if not link.on_error:
            outgoing[link.source].append(link)
    once = _once(flat, incoming)
    return {
        source: links[0]
        for source, links in outgoing.items()
        if len(links) == 1
        and source in once
        and links[0].target in once
        and len(incoming[links[0].target]) == 1
        and _is_plain(flat.nodes[source])
        and _is_plain(flat.nodes[links[0].target])
    }


def _once(flat: Workflow, incoming: dict[NodeId, list[tuple[Link, bool]]]) -> set[NodeId]:
    """The nodes that fire once for sure, if nothing fails."""
    following: dict[NodeId, list[NodeId]] = defaultdict(list)
    waits: dict[NodeId, int] = {}
    for node in flat.nodes.values():
        links = incoming[node.id]
        waits[node.id] = len(links)
        if any(not sure for _, sure in links) or (links and node.force_start_node):
            waits[node.id] = -1  # never comes down to nothing
        for link, _ in links:
            following[link.source].append(node.id)
    ready = [node_id for node_id, n in waits.items() if n == 0]
    found = set(ready)
    while ready:
        for target in following[ready.pop()]:
            waits[target] -= 1
            if waits[target] == 0:
                found.add(target)
                ready.append(target)
    return found


def _is_plain(node: Node) -> bool:
    return NODE_KEY not in node.extra
