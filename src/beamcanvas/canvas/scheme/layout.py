"""Where the nodes of a graph go that has no positions: columns from left to right."""

from __future__ import annotations

from ...workflow import NodeId, Workflow

WIDTH, HEIGHT = 160.0, 110.0
#: where conditions are written along the links
WIDE = 230.0


def columns(workflow: Workflow) -> dict[NodeId, tuple[float, float]]:
    """A position for each node: right of all that come before it, loops aside.

    A node is put into a column once all nodes before it are; where a loop holds up
    everything, the first node of the graph that is left goes next.
    """
    after: dict[NodeId, list[NodeId]] = {node_id: [] for node_id in workflow.nodes}
    before = dict.fromkeys(workflow.nodes, 0)
    for link in workflow.links:
        if link.source != link.target and link.source in after and link.target in before:
            after[link.source].append(link.target)
            before[link.target] += 1
    column = dict.fromkeys(workflow.nodes, 0)
    waiting = dict.fromkeys(workflow.nodes)
    ready = [node_id for node_id, count in before.items() if not count]
    while waiting:
        if not ready:
            ready.append(next(iter(waiting)))
        node_id = ready.pop()
        if node_id not in waiting:
            continue
        del waiting[node_id]
        for target in after[node_id]:
            before[target] -= 1
            if target in waiting:
                column[target] = max(column[target], column[node_id] + 1)
                if not before[target]:
                    ready.append(target)
    width = WIDE if any(link.is_conditional for link in workflow.links) else WIDTH
    rows: dict[int, int] = {}
    positions = {}
    for node_id, x in column.items():
        y = rows.get(x, 0)
        rows[x] = y + 1
        positions[node_id] = (width * (x + 1), HEIGHT * (y + 1))
    return positions
