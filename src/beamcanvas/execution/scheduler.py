"""Which node of a workflow fires next: one answer for headless runs and for the canvas.

The scheduler is a state machine without threads or I/O. It hands out firings; whoever runs
them reports each as finished or failed and gets the firings that follow from that.

**What ewoks says is done as ewoks' own engine for conditional graphs does it.** A node
fires when a link delivers and every required link has delivered at least once. What a
required link or one with ``cache_if_optional`` delivered last is used again at every later
firing; of the other links only what came last. Later in this order wins: default inputs,
required links, cached links, other links; within each, the order of the links. Deliveries
of optional links that come before the required ones each cause a firing of their own.

**Joins.** That engine fires a node once for every branch that reaches it, with half of its
inputs each time, or never. Here a link that is optional *because of the graph* (it has a
condition, or follows one that has) is waited for as long as it can still deliver: until
nothing upstream of it is under way or, for links from inside the node's own loop, until
nothing on that loop is. What the branches delivered goes into one firing. A second delivery
of the same link is never mixed into it: it starts the next firing and sends off the one that
waited. Links that say ``required: false`` and error links are not waited for, and no two of
their deliveries share a firing. After an error that a link handled, links that need what
the failed node didn't produce are no longer required. What lies downstream of an error that
nothing handled doesn't fire.

Nodes fire in the order in which their inputs became complete. A node that fires several
times does so one after the other, never twice at the same time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..task import MISSING
from ..workflow import InputName, Node, NodeId, Workflow
from .wiring import Edge, Fate, Kind, Loop, State, wire


@dataclass(slots=True, eq=False)
class Firing:
    """One execution of a node that is due."""

    node: Node
    inputs: dict[InputName, Any]  #: default inputs, overridden by what links delivered
    serial: int  #: counts the firings of a run from 0
    linked: dict[InputName, Any]  #: the part of the inputs that links delivered
    #: inputs that came because a link hands over all outputs, wanted or not
    offered: frozenset[InputName]
    state: State  #: the scheduler's own


class Scheduler:
    """Decides which nodes of a flat workflow fire, and with which inputs.

    Parameters
    ----------
    flat:
        A workflow without subgraphs, see :func:`beamcanvas.workflow.flat.flatten`.
    inputs:
        Values by node that override default inputs.
    given:
        Outputs of nodes that aren't run: their links deliver at the start.
    only:
        Run these nodes alone; links from nodes that are neither run nor given are as
        absent. None runs all that aren't given.
    keep:
        Keep the outputs of these nodes alone in `outputs`. None keeps all.

    Each call takes a time proportional to the links that it delivers along, whatever the
    size of the graph.
    """

    def __init__(
        self,
        flat: Workflow,
        *,
        inputs: Mapping[NodeId, Mapping[InputName, Any]] | None = None,
        given: Mapping[NodeId, Mapping[str, Any]] | None = None,
        only: Collection[NodeId] | None = None,
        keep: Collection[NodeId] | None = None,
    ) -> None:
        self._given = dict(given or {})
        self._keep = None if keep is None else set(keep)
        #: latest outputs of each node that ran or was given
        self.outputs: dict[NodeId, dict[str, Any]] = {n: dict(v) for n, v in self._given.items()}
        #: failures that no error link handled
        self.errors: dict[NodeId, BaseException] = {}
        self._serial = 0
        chosen = set(flat.nodes if only is None else only) - self._given.keys()
        self._states = wire(flat, chosen, self._given.keys(), inputs or {})
        self._starts = self._start_states(flat, chosen)

    @property
    def firings(self) -> dict[NodeId, int]:
        """How often each node fired."""
        return {node_id: state.fired for node_id, state in self._states.items()}

    def given(self, node_id: NodeId) -> dict[InputName, Any]:
        """The inputs of a node that no link delivers."""
        return dict(self._states[node_id].static)

    # -- reading the graph

    def _start_states(self, flat: Workflow, chosen: set[NodeId]) -> list[State]:
        from ..workflow.analysis import start_nodes

        starts = {n for n in start_nodes(flat) if n in chosen}
        # a node becomes a start node when the nodes before it are left out of the run
        starts |= {n for n in chosen if n in self._states and not self._states[n].n_edges}
        return [state for n, state in self._states.items() if n in starts]

    def start(self) -> list[Firing]:
        """The firings with which the run begins."""
        fired: list[Firing] = []
        for state in self._starts:
            if not state.missing:
                self._fire(state, {}, fired)
        touched: list[State] = []
        for node_id, outputs in self._given.items():
            if node_id in self._states:
                self._deliver(self._states[node_id], outputs, False, touched, fired)
        idle = dict.fromkeys(s.loop for s in self._states.values())
        self._advance(touched, list(idle), fired)
        return fired

    def finished(self, firing: Firing, outputs: Mapping[str, Any]) -> list[Firing]:
        """Take a node's outputs; what can fire now."""
        state = firing.state
        produced = {n: v for n, v in outputs.items() if v is not MISSING}
        if self._keep is None or state.node.id in self._keep:
            self.outputs[state.node.id] = produced
        return self._done(state, produced, False)

    def failed(self, firing: Firing, error: BaseException) -> list[Firing]:
        """Take a node's failure; what can fire now: error links, and joins that waited.

        An error link can hand over what links had delivered to the node, and the error as
        ``WorkflowExceptionInstance`` and, in words, ``WorkflowException``.
        """
        state = firing.state
        loop = state.loop
        if any(edge.on_error for edge in state.out):
            loop.fate = max(loop.fate, Fate.BYPASSED)
            return self._done(state, {**firing.linked, **error_data(error)}, True)
        loop.fate = Fate.CUT
        self.errors[state.node.id] = error
        return self._done(state, {}, True)

    def _done(self, state: State, data: Mapping[Any, Any], on_error: bool) -> list[Firing]:
        state.queue.popleft()
        fired: list[Firing] = [state.queue[0]] if state.queue else []
        touched: list[State] = []
        self._deliver(state, data, on_error, touched, fired)
        state.loop.active -= 1
        self._advance(touched, [state.loop], fired)
        return fired

    def _deliver(
        self,
        state: State,
        data: Mapping[Any, Any],
        on_error: bool,
        touched: list[State],
        fired: list[Firing],
    ) -> None:
        """Follow the links out of a node; `touched` are the nodes that got something."""
        for edge in state.out:
            if edge.on_error is not on_error or not edge.delivery.holds(data):
                continue
            target = edge.target
            values = edge.delivery.data(data)
            slot = edge.slot
            kept = slot in target.kept
            cached = slot in target.cached
            # deliveries that aren't waited for share a place, so that each fires by itself
            place = -1 if edge.kind is Kind.FREE and not cached else slot
            if place in target.seen:
                if target.ready:
                    self._send(target, fired)
                elif not (kept or cached):
                    target.backlog.append(target.fresh)
                    target.fresh = {}
            if place not in target.seen:
                target.seen.add(place)
                if edge.open and edge.inner:
                    target.inner_open -= 1
                elif edge.open:
                    target.open -= 1
            if kept:
                if target.kept[slot] is None:
                    target.missing -= 1
                target.kept[slot] = values
            elif cached:
                target.cached[slot] = values
            else:
                target.fresh[slot] = values
            if edge.delivery.everything:
                target.offers.update(values)
            edge.delivered = True
            target.rescued |= edge.rescues
            touched.append(target)

    def _advance(self, touched: list[State], idle: list[Loop], fired: list[Firing]) -> None:
        """Fire what needs to wait no longer, and settle the loops where nothing can happen."""
        loops_to_see = deque(idle)
        while touched or loops_to_see:
            for state in touched:
                self._consider(state, loops_to_see, fired)
            touched = []
            if not loops_to_see:
                break
            loop = loops_to_see.popleft()
            if loop.active or loop.settled:
                continue
            if loop.waiting:
                self._send(next(iter(loop.waiting)), fired)
            elif not loop.upstream:
                self._settle(loop, touched, loops_to_see)

    def _consider(self, state: State, loops_to_see: deque[Loop], fired: list[Firing]) -> None:
        if not (state.seen and state.ready):
            return
        if state.backlog:
            self._flush(state, fired)
        if state.open:
            return
        if state.inner_open:
            state.loop.waiting[state] = None
            loops_to_see.append(state.loop)
            return
        self._send(state, fired)

    def _flush(self, state: State, fired: list[Firing]) -> None:
        """Fire a node for each delivery that came before its required ones."""
        backlog, state.backlog = state.backlog, []
        for fresh in backlog:
            self._fire(state, fresh, fired)

    def _send(self, state: State, fired: list[Firing]) -> None:
        """Fire a node with what was delivered to it."""
        state.loop.waiting.pop(state, None)
        fresh, state.fresh = state.fresh, {}
        state.seen.clear()
        state.open, state.inner_open = state.open_edges, state.inner_edges
        if state.backlog:
            self._flush(state, fired)
        self._fire(state, fresh, fired)

    def _fire(
        self, state: State, fresh: dict[int, dict[InputName, Any]], fired: list[Firing]
    ) -> None:
        if fresh:
            state.retained = fresh
        linked: dict[InputName, Any] = {}
        for values in state.kept.values():
            if values:
                linked.update(values)
        for values in state.cached.values():
            if values:
                linked.update(values)
        for slot in sorted(state.retained):
            linked.update(state.retained[slot])
        serial = self._serial
        self._serial += 1
        state.fired += 1
        state.loop.active += 1
        offered = frozenset(state.offers) if state.offers else _NONE
        firing = Firing(state.node, {**state.static, **linked}, serial, linked, offered, state)
        state.queue.append(firing)
        if len(state.queue) == 1:
            fired.append(firing)

    def _settle(self, loop: Loop, touched: list[State], loops_to_see: deque[Loop]) -> None:
        """Nothing can happen in a loop any more: tell the nodes that wait for it."""
        loop.settled = True
        if any(state.bypassed and not state.fired for state in loop.members):
            loop.fate = max(loop.fate, Fate.BYPASSED)
        for state in loop.members:
            for edge in state.out:
                if edge.inner:
                    continue
                self._close(edge, loop.fate, touched)
                after = edge.target.loop
                after.upstream -= 1
                if not after.upstream:
                    loops_to_see.append(after)
            state.release()

    def _close(self, edge: Edge, fate: Fate, touched: list[State]) -> None:
        target = edge.target
        if edge.open:
            edge.open = False
            target.open_edges -= 1
            if edge.slot not in target.seen:
                target.open -= 1
                touched.append(target)
        if edge.delivered or edge.kind is Kind.FREE:
            return
        if fate is Fate.CUT:
            target.cut = True
            target.loop.fate = fate
            target.loop.waiting.pop(target, None)
        elif fate is Fate.BYPASSED:
            target.bypassed = True
            if edge.kind is Kind.DUE:
                target.missing -= 1
                touched.append(target)


_NONE: frozenset[InputName] = frozenset()


def error_data(error: BaseException) -> dict[str, Any]:
    """What an error link can hand over of an error, under ewoks' names."""
    from traceback import format_exception

    lines = "".join(format_exception(error)).splitlines()
    return {
        "WorkflowException": {"errorMessage": str(error), "traceBack": lines},
        "WorkflowExceptionInstance": error,
    }
