"""Which nodes of a graph lie on a common loop."""

from __future__ import annotations

from collections.abc import Sequence


def loops(successors: Sequence[Sequence[int]]) -> list[int]:
    """The number of the loop that each node lies on; a node on none has one of its own.

    These are the strongly connected components, found as in R. Tarjan, *SIAM J. Comput.*
    1 (1972) 146, without recursion, so that a graph can be of any depth.

    >>> loops([[1], [2], [1, 3], []])  # 1 and 2 feed each other
    [2, 1, 1, 0]
    """
    n = len(successors)
    order, low, component = [-1] * n, [0] * n, [-1] * n
    path: list[int] = []
    seen = found = 0
    for root in range(n):
        if order[root] >= 0:
            continue
        order[root] = low[root] = seen
        seen += 1
        path.append(root)
        stack = [(root, iter(successors[root]))]
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if order[other] < 0:
                    order[other] = low[other] = seen
                    seen += 1
                    path.append(other)
                    stack.append((other, iter(successors[other])))
                    break
                if component[other] < 0:
                    low[node] = min(low[node], order[other])
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == order[node]:
                    while component[node] < 0:
                        component[path.pop()] = found
                    found += 1
    return component
