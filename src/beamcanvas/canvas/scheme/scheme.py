"""The scheme on the canvas: Orange's nodes and links, each with the part of the graph it shows.

A node shows a `Node` of the workflow, a link one `Link` of it, or one pair of its data
mapping. What Orange has no word for stays in these records, so that nothing of a file is
lost between opening and saving it.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from AnyQt.QtCore import QEvent
from orangecanvas.registry import InputSignal, OutputSignal, WidgetDescription
from orangecanvas.registry.description import Dynamic, Explicit, Multiple
from orangecanvas.scheme import Scheme as OrangeScheme
from orangecanvas.scheme import SchemeLink, SchemeNode

from ...errors import WorkflowError
from ...workflow import Link, Node, NodeId, Workflow
from ...workflow.rules import Comparison, comparisons


class Flow:
    """Type of what passes along a link that isn't one named value: order, conditions, all data."""


FLOW_IN = InputSignal("after", Flow, "", Multiple | Explicit, id="__after__")
FLOW_OUT = OutputSignal("then", Flow, Explicit | Dynamic, id="__then__")


def with_flow(description: WidgetDescription) -> WidgetDescription:
    """A node's own description: every node can take and give a flow."""
    own = copy.copy(description)
    own.inputs = [*description.inputs, FLOW_IN]
    own.outputs = [*description.outputs, FLOW_OUT]
    return own


class StepNode(SchemeNode):
    """A node on the canvas and the workflow's node that it shows."""

    def __init__(
        self,
        record: Node,
        description: WidgetDescription,
        position: tuple[float, float] | None = None,
    ) -> None:
        #: of the kind of node, as the catalogue has it
        self.kind = description
        super().__init__(
            with_flow(description),
            title=record.title,
            position=position or record.position or (0.0, 0.0),
        )
        self.record = record
        #: its `NodeRun`; the engine makes it when the node comes into the scheme
        self.run: Any = None
        # where it was put without anyone's wish: not written to the file
        self.placed = self.position

    @property
    def id(self) -> NodeId:
        return self.record.id

    def refine(self, description: WidgetDescription) -> None:
        """Take the channels of a better known kind; those that links use stay."""
        used = [c for c in self.description.inputs if c is not FLOW_IN]
        given = [c for c in self.description.outputs if c is not FLOW_OUT]
        known = {c.id for c in used}, {c.id for c in given}
        self.kind = description
        self.description.inputs[:-1] = used + [
            c for c in description.inputs if c.id not in known[0]
        ]
        self.description.outputs[:-1] = given + [
            c for c in description.outputs if c.id not in known[1]
        ]


class StepLink(SchemeLink):
    """A link on the canvas and the workflow's link that it shows all or a part of.

    A plain link shows one pair of the data mapping between two channels. Any other link
    runs from `FLOW_OUT` to `FLOW_IN` and shows the whole record.
    """

    def __init__(
        self,
        record: Link,
        source: SchemeNode,
        target: SchemeNode,
        channels: tuple[OutputSignal, InputSignal] | None = None,
    ) -> None:
        outgoing, incoming = channels or (FLOW_OUT, FLOW_IN)
        super().__init__(source, outgoing, target, incoming, enabled=record.enabled)
        self.record = record


def is_flow(link: SchemeLink) -> bool:
    """Whether a link shows more than one value handed over."""
    return link.source_channel is FLOW_OUT or link.sink_channel is FLOW_IN


def key_of(channel: InputSignal | OutputSignal) -> Any:
    """The name of an input or output that a channel stands for."""
    return getattr(channel, "key", channel.id)


def describe(link: Link) -> str:
    """What a link does, in a few words to write along it."""
    if link.on_error:
        words = ["on error"]
    else:
        words = [_condition(str(name), value) for name, value in link.conditions.items()]
        words += [f"{c.output} {c.relation} {c.value!r}" for c in _comparisons(link)]
        words = ["if " + " and ".join(words)] if words else []
    if link.map_all_data:
        words.append("all data")
    elif link.data_mapping:
        words.append(
            ", ".join(
                str(source)
                if str(source) == str(target)
                else f"{'all' if source is None else source} → {target}"
                for target, source in link.data_mapping.items()
            )
        )
    elif not words:
        words.append("then")
    if link.required is False:
        words.append("optional")
    return ": ".join(words)


def _comparisons(link: Link) -> list[Comparison]:
    try:
        return comparisons(link)
    except WorkflowError:  # what is wrong with it is said when it is run
        return []


def _condition(name: str, value: object) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return f"{name} = {value!r}"


class Scheme(OrangeScheme):
    """A workflow on the canvas.

    Links may close loops, several may join the same two nodes, and a file's links are taken
    as they are; what a person drags is checked as in any Orange scheme.
    """

    #: what Orange's window and editor look for; set by whoever makes the scheme
    engine: Any = None
    signal_manager: Any = None
    widget_manager: Any = None

    def __init__(
        self, parent: Any = None, title: str = "", description: str = "", **kwargs: Any
    ) -> None:
        super().__init__(parent, title, description, **kwargs)
        self.set_loop_flags(self.AllowLoops | self.AllowSelfLoops)
        #: what the file says of the graph itself
        self.base = Workflow()
        #: annotations of the file that can't be drawn, and their places
        self.undrawn: list[tuple[int, Any]] = []
        self._by_id: dict[NodeId, StepNode] = {}
        #: called with the scheme's `Close` event, before its nodes go
        self.closing: list[Callable[[], None]] = []

    # -- nodes

    def node_of(self, node_id: Any) -> StepNode | None:
        return self._by_id.get(node_id)

    def insert_node(self, index: int, node: SchemeNode) -> None:
        if not isinstance(node, StepNode):
            raise TypeError("Only nodes with a record can stand in this scheme.")
        if node.id in self._by_id:  # a copy: the node that was there first keeps its id
            node.record.id = self.free_id(str(node.id))
        self._by_id[node.id] = node
        super().insert_node(index, node)

    def remove_node(self, node: SchemeNode) -> SchemeNode:
        removed = super().remove_node(node)
        self._by_id.pop(node.id, None)
        return removed

    def free_id(self, wanted: str) -> str:
        """An id that no node has: `wanted`, or `wanted` with a number."""
        taken = {str(node_id) for node_id in self._by_id}
        if wanted not in taken:
            return wanted
        stem, _, number = wanted.rpartition("_")
        stem = stem if stem and number.isdigit() else wanted
        n = 2
        while f"{stem}_{n}" in taken:
            n += 1
        return f"{stem}_{n}"

    # -- links

    def check_connect(self, link: SchemeLink) -> None:
        if not isinstance(link, StepLink) and not is_flow(link):
            super().check_connect(link)

    def compatible_channels(self, link: SchemeLink) -> bool:
        return is_flow(link) or super().compatible_channels(link)

    def propose_links(
        self,
        source_node: SchemeNode,
        sink_node: SchemeNode,
        source_signal: OutputSignal | None = None,
        sink_signal: InputSignal | None = None,
    ) -> list[tuple[OutputSignal, InputSignal, int]]:
        """The links that can be made, best first; a flow only when it is asked for."""
        if source_signal is FLOW_OUT or sink_signal is FLOW_IN:
            return [(FLOW_OUT, FLOW_IN, 1)]
        proposed = super().propose_links(source_node, sink_node, source_signal, sink_signal)
        taken = {link.sink_channel for link in self.input_links(sink_node)}
        fitting = [
            (o, i, w)
            for o, i, w in proposed
            if o is not FLOW_OUT and i is not FLOW_IN and not (w < 0 and i in taken)
        ]
        # same name at both ends settles a tie
        ranked = [(o, i, 2 * w + (w >= 0 and o.id == i.id)) for o, i, w in fitting]
        return sorted(ranked, key=lambda t: t[2], reverse=True)

    def upstream_nodes(self, start_node: SchemeNode) -> set[SchemeNode]:
        return reach([start_node], self._before())

    def downstream_nodes(self, start_node: SchemeNode) -> set[SchemeNode]:
        return reach([start_node], self._after())

    def _before(self) -> dict[SchemeNode, list[SchemeNode]]:
        found: dict[SchemeNode, list[SchemeNode]] = {}
        for link in self.links:
            found.setdefault(link.sink_node, []).append(link.source_node)
        return found

    def _after(self) -> dict[SchemeNode, list[SchemeNode]]:
        found: dict[SchemeNode, list[SchemeNode]] = {}
        for link in self.links:
            found.setdefault(link.source_node, []).append(link.sink_node)
        return found

    # -- the graph

    def workflow(self) -> Workflow:
        """The graph as it stands now, settings included."""
        from .portable import read_back

        return read_back(self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close:
            for close in self.closing:
                close()
            self.closing.clear()
            return True
        return super().event(event)


def reach(starts: Iterable[Any], onward: Mapping[Any, Sequence[Any]]) -> set[Any]:
    """All that can be reached from `starts`, these left out unless a loop leads back to them."""
    seen: set[Any] = set()
    queue = deque(starts)
    while queue:
        for found in onward.get(queue.popleft(), ()):
            if found not in seen:
                seen.add(found)
                queue.append(found)
    return seen
