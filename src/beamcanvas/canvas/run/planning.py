"""Which nodes of a flat graph a run covers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ...workflow import Workflow
from ..scheme import reach


def all_after(
    flat: Workflow, starts: Iterable[Any], enters: Callable[[Any], bool] = lambda _: True
) -> set[Any]:
    """`starts` and all that follows from them; nodes that `enters` refuses end the way."""
    starts = set(starts)
    onward: dict[Any, list[Any]] = {}
    for link in flat.links:
        if enters(link.target):
            onward.setdefault(link.source, []).append(link.target)
    return starts | reach(starts, onward)


def needed_for(flat: Workflow, ends: Iterable[Any], done: Collection[Any]) -> set[Any]:
    """`ends`, and what before them isn't done, or comes after what isn't."""
    ends = set(ends)
    before = reach(ends, _backward(flat))
    missing = {n for n in before if n not in done}
    return ends | (all_after(flat, missing) & before)


def lacking(flat: Workflow, wanted: set[Any], outputs: Mapping[Any, Any]) -> set[Any]:
    """The nodes before `wanted` that must run for it, as they have no outputs."""
    back = _backward(flat)
    found: set[Any] = set()
    queue = list(wanted)
    while queue:
        for n in back.get(queue.pop(), ()):
            if n not in wanted and n not in found and n not in outputs:
                found.add(n)
                queue.append(n)
    return found


def _backward(flat: Workflow) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for link in flat.links:
        found.setdefault(link.target, []).append(link.source)
    return found


def same_inputs(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> bool:
    """Whether the inputs are the same: the same objects, or equal plain values."""
    plain = (str, int, float, bool, bytes, type(None))
    return a.keys() == b.keys() and all(
        a[k] is b[k] or (type(a[k]) is type(b[k]) and isinstance(a[k], plain) and a[k] == b[k])
        for k in a
    )
