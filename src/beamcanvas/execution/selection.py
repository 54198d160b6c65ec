"""Values for nodes of a workflow, and outputs of nodes, in the words of who runs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ..errors import InputError
from ..task import MISSING
from ..task.validation import did_you_mean
from ..workflow import InputName, Node, NodeId, Workflow, id_text
from .loops import loops

#: ewoks' list of ``{"name", "value", "id"|"label"|"task_identifier"|"all"}``, or values by
#: name for each node, which goes by its id or its label
Inputs: TypeAlias = "Sequence[Mapping[str, Any]] | Mapping[NodeId, Mapping[InputName, Any]] | None"
#: ewoks' list of ``{"id"|"label"|"task_identifier"|"all", "name", "new_name"}``
Outputs: TypeAlias = "Sequence[Mapping[str, Any]] | None"

_SELECTORS = ("id", "label", "task_identifier", "all")


def node_inputs(flat: Workflow, inputs: Inputs) -> dict[NodeId, dict[InputName, Any]]:
    """The values for each node; later ones override earlier ones.

    Raises
    ------
    InputError
        When no node is meant, or an item doesn't say what it is.
    """
    found: dict[NodeId, dict[InputName, Any]] = {}
    if not inputs:
        return found
    if isinstance(inputs, Mapping):
        for name, values in inputs.items():
            if not isinstance(values, Mapping):
                raise InputError(f"The inputs of '{id_text(name)}' should be values by name.")
            for node in _named(flat, name):
                found.setdefault(node.id, {}).update(values)
        return found
    for item in inputs:
        if not isinstance(item, Mapping):
            raise InputError(f"An input should be a mapping with a name and a value, not {item!r}.")
        _check_keys("input", item, ("name", "value", *_SELECTORS), ("name", "value"))
        for node in _selected(flat, item, "input"):
            found.setdefault(node.id, {})[item["name"]] = item["value"]
    return found


def _named(flat: Workflow, name: NodeId) -> list[Node]:
    nodes = [flat.nodes[name]] if name in flat.nodes else flat.find(id_text(name))
    if not nodes:
        raise InputError(f"There is no node '{id_text(name)}'.{_close(flat, id_text(name))}")
    return nodes


def _as_tuple(node_id: Any) -> Any:
    return tuple(map(_as_tuple, node_id)) if isinstance(node_id, list) else node_id


def _close(flat: Workflow, name: str) -> str:
    nodes = flat.nodes.values()
    return did_you_mean(name, [*map(id_text, flat.nodes), *(n.label for n in nodes if n.label)])


def _check_keys(
    kind: str, item: Mapping[str, Any], known: Iterable[str], needed: Iterable[str] = ()
) -> None:
    for key in item:
        if key not in known:
            raise InputError(f"There is no '{key}' in an {kind}.{did_you_mean(key, known)}")
    for key in needed:
        if key not in item:
            raise InputError(f"An {kind} needs a '{key}': {dict(item)!r} has none.")


def _selected(flat: Workflow, item: Mapping[str, Any], kind: str) -> list[Node]:
    """The nodes that an item of ewoks' lists means."""
    from ..workflow.analysis import end_nodes, start_nodes

    if item.get("id") is not None:
        name = _as_tuple(item["id"])
        if name not in flat.nodes:
            by_text = [n for n in flat.nodes.values() if id_text(n.id) == id_text(name)]
            if not by_text:
                raise InputError(
                    f"There is no node with the id '{id_text(name)}'.{_close(flat, id_text(name))}"
                )
            return by_text
        return [flat.nodes[name]]
    label, identifier = item.get("label"), item.get("task_identifier")
    if label is None and identifier is None:
        if item.get("all"):
            return list(flat.nodes.values())
        ends = start_nodes(flat) if kind == "input" else end_nodes(flat)
        return [flat.nodes[node_id] for node_id in ends]
    nodes = [
        node
        for node in flat.nodes.values()
        if (label is None or node.label == label or (not node.label and node.title == label))
        and (identifier is None or str(node.task_identifier or "").endswith(identifier))
    ]
    if not nodes:
        words = [f"the label '{label}'"] if label is not None else []
        words += [f"the task '{identifier}'"] if identifier is not None else []
        names = [n.title for n in flat.nodes.values()] if label is not None else []
        names += [str(n.task_identifier) for n in flat.nodes.values()] if identifier else []
        close = did_you_mean(label if label is not None else identifier, names)
        raise InputError(f"There is no node with {' and '.join(words)}.{close}")
    return nodes


class OutputSelection:
    """Which outputs of a run are wanted.

    Parameters
    ----------
    outputs:
        As ewoks says it; None means all outputs of the end nodes.
    merge:
        One mapping of all, where later nodes override, or one for each node.
    """

    def __init__(self, flat: Workflow, outputs: Outputs, merge: bool) -> None:
        self._flat = flat
        self._merge = merge
        #: for each node the outputs that are wanted, by their new names; None is all
        self._wanted: dict[NodeId, dict[str, str] | None] = {}
        for item in [{"all": False}] if outputs is None else outputs:
            _check_keys("output", item, (*_SELECTORS, "name", "new_name"))
            for node in _selected(flat, item, "output"):
                name = item.get("name")
                if name is None:
                    self._wanted[node.id] = None
                    continue
                names = self._wanted.setdefault(node.id, {})
                if names is not None:
                    names[str(item.get("new_name") or name)] = str(name)

    @property
    def nodes(self) -> list[NodeId]:
        """The nodes of which anything is wanted."""
        return list(self._wanted)

    def pick(
        self, produced: Mapping[NodeId, Mapping[str, Any]], last: Mapping[NodeId, int]
    ) -> dict[Any, Any]:
        """What is wanted of what was produced; `last` is when each node fired last."""
        picked = {}
        for node_id, names in self._wanted.items():
            if node_id not in produced:
                continue
            values = produced[node_id]
            picked[node_id] = (
                dict(values)
                if names is None
                else {new: values.get(name, MISSING) for new, name in names.items()}
            )
        if not self._merge:
            return picked
        merged: dict[Any, Any] = {}
        order = _order(self._flat) if len(picked) > 1 else {}
        for node_id in sorted(picked, key=lambda n: (order.get(n, 0), last.get(n, 0))):
            merged.update(picked[node_id])
        return merged


def _order(flat: Workflow) -> dict[NodeId, int]:
    """The place of each node in the flow of the graph, the same whoever was faster.

    Loops count as one place; of nodes whose turn comes together, the first in the graph is
    first (as networkx sorts a graph topologically).
    """
    number = {node_id: i for i, node_id in enumerate(flat.nodes)}
    after: list[list[int]] = [[] for _ in number]
    for link in flat.links:
        after[number[link.source]].append(number[link.target])
    loop = loops(after)
    members: dict[int, list[int]] = {}
    for node, n in enumerate(loop):
        members.setdefault(n, []).append(node)
    before = dict.fromkeys(members, 0)
    for node, targets in enumerate(after):
        for target in targets:
            before[loop[target]] += loop[target] != loop[node]
    due = deque(n for n in members if not before[n])
    place: dict[int, int] = {}
    while due:
        n = due.popleft()
        place[n] = len(place)
        for node in members[n]:
            for target in after[node]:
                if loop[target] != n:
                    before[loop[target]] -= 1
                    if not before[loop[target]]:
                        due.append(loop[target])
    return {node_id: place[loop[i]] for node_id, i in number.items()}
