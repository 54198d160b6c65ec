"""A graph wired up for one run: what each node has got and may still get."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ..workflow import InputName, Link, Node, NodeId, Workflow
from .delivery import Delivery, condition_values, input_name
from .loops import loops

if TYPE_CHECKING:
    from .scheduler import Firing


class Kind(IntEnum):
    """What a link means to the node that it leads to."""

    NEEDED = 0  #: stated to be required
    DUE = 1  #: required, as nothing upstream is optional
    AWAITED = 2  #: optional, as something upstream is
    FREE = 3  #: stated to be optional, or an error link


class Fate(IntEnum):
    """Why a link never delivered, once nothing upstream can change that."""

    QUIET = 0  #: its condition, or one upstream, didn't hold
    BYPASSED = 1  #: an error upstream, that another link handled
    CUT = 2  #: an error upstream that nothing handled


class Loop:
    """The nodes of one loop, or a node on none: what is still to be expected of them."""

    __slots__ = ("active", "fate", "members", "settled", "upstream", "waiting")

    def __init__(self) -> None:
        self.members: list[State] = []
        self.active = 0  #: firings under way
        self.upstream = 0  #: links from loops that may still deliver
        #: nodes that fire when nothing else in the loop does
        self.waiting: dict[State, None] = {}
        self.settled = False
        self.fate = Fate.QUIET


class Edge:
    """A link and what it delivered."""

    __slots__ = (
        "delivered", "delivery", "inner", "kind", "on_error", "open", "rescues", "slot", "target",
    )  # fmt: skip

    def __init__(self, link: Link, kind: Kind, delivery: Delivery, target: State) -> None:
        self.delivery = delivery
        self.target = target
        self.kind = kind
        self.on_error = link.on_error
        self.delivered = False
        self.inner = False  #: within a loop
        self.rescues = link.on_error  #: is an error link, or follows one
        self.open = kind is Kind.AWAITED  #: is waited for, and may still deliver
        self.slot = target.n_edges
        target.n_edges += 1
        if kind < Kind.AWAITED:
            target.kept[self.slot] = None
            target.missing += 1


class State:
    """A node during a run."""

    __slots__ = (
        "backlog", "bypassed", "cached", "cut", "fired", "fresh", "inner_edges", "inner_open",
        "kept", "loop", "missing", "n_edges", "node", "offers", "open", "open_edges", "out",
        "queue", "rescued", "retained", "seen", "static",
    )  # fmt: skip
    loop: Loop

    def __init__(self, node: Node, static: dict[InputName, Any]) -> None:
        self.node = node
        self.static = static
        self.out: list[Edge] = []
        self.n_edges = 0
        self.kept: dict[int, dict[InputName, Any] | None] = {}  #: required links
        self.cached: dict[int, dict[InputName, Any] | None] = {}
        self.missing = 0  #: required links that haven't delivered
        self.open_edges = 0  #: links from outside its loop that are worth waiting for
        self.inner_edges = 0  #: and from inside
        # the next firing
        self.seen: set[int] = set()  #: slots that delivered for it
        self.fresh: dict[int, dict[InputName, Any]] = {}
        self.open = 0
        self.inner_open = 0
        self.backlog: list[dict[int, dict[InputName, Any]]] = []
        self.offers: set[InputName] = set()
        self.queue: deque[Firing] = deque()  #: the first is under way
        self.fired = 0
        self.cut = False  #: an error upstream that nothing handled
        self.bypassed = False  #: an error upstream that a link handled
        self.rescued = False  #: and what follows that link delivered here
        self.retained: dict[int, dict[InputName, Any]] = {}  #: `fresh` of the last firing

    @property
    def ready(self) -> bool:
        """Whether it has all that it can't do without."""
        return not (self.missing or self.cut or (self.bypassed and not self.rescued))

    def release(self) -> None:
        """Drop the data: the node won't fire again."""
        self.kept, self.cached, self.fresh, self.retained = {}, {}, {}, {}
        self.backlog = []
        self.offers = set()


def wire(
    flat: Workflow,
    chosen: Collection[NodeId],
    given: Collection[NodeId],
    inputs: Mapping[NodeId, Mapping[InputName, Any]],
) -> dict[NodeId, State]:
    """The nodes that are `chosen` to run or `given`, connected by the links between them."""
    from ..workflow.analysis import required_links

    states = {
        node.id: State(node, _static(node, inputs.get(node.id)))
        for node in flat.nodes.values()
        if node.id in chosen or node.id in given
    }
    conditional: dict[NodeId, list[Link]] = {}
    for link in flat.links:
        if link.conditions:
            conditional.setdefault(link.source, []).append(link)
    siblings = {source: condition_values(links) for source, links in conditional.items()}

    for link, required in zip(flat.links, required_links(flat), strict=True):
        source, target = states.get(link.source), states.get(link.target)
        if source is None or target is None or link.target in given:
            continue
        delivery = Delivery(link, source.node, siblings.get(link.source))
        edge = Edge(link, _kind(link, required), delivery, target)
        if edge.kind >= Kind.AWAITED and link.cache_if_optional:
            target.cached[edge.slot] = None
        source.out.append(edge)
    _find_loops(list(states.values()))
    _mark_rescues(states.values())
    return states


def _static(node: Node, given: Mapping[InputName, Any] | None) -> dict[InputName, Any]:
    values = {input_name(n): v for n, v in node.default_inputs.items()}
    values.update({input_name(n): v for n, v in (given or {}).items()})
    return values


def _kind(link: Link, required: bool) -> Kind:
    if required:
        return Kind.NEEDED if link.required else Kind.DUE
    return Kind.FREE if link.required is False or link.on_error else Kind.AWAITED


def _find_loops(states: list[State]) -> None:
    number = {state: i for i, state in enumerate(states)}
    found = loops([[number[edge.target] for edge in state.out] for state in states])
    made: dict[int, Loop] = {}
    for state, n in zip(states, found, strict=True):
        state.loop = made.setdefault(n, Loop())
        state.loop.members.append(state)
    for state in states:
        for edge in state.out:
            target = edge.target
            if target.loop is state.loop:
                edge.inner = True
                target.inner_edges += edge.open
            else:
                target.loop.upstream += 1
                target.open_edges += edge.open
    for state in states:
        state.open, state.inner_open = state.open_edges, state.inner_edges


def _mark_rescues(states: Collection[State]) -> None:
    ahead = [edge.target for state in states for edge in state.out if edge.on_error]
    seen = set(ahead)
    while ahead:
        for edge in ahead.pop().out:
            edge.rescues = True
            if edge.target not in seen:
                seen.add(edge.target)
                ahead.append(edge.target)
