"""Runs the scheme on the canvas: the same scheduler as headless, the work in threads.

A run covers some of the nodes; the outputs of all others are given to it as they are. When
a setting changes under way, a new run is planned for what the change reaches and for what
is still to do; work that the change doesn't reach goes on and is taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QUndoStack
from orangecanvas.scheme import SchemeLink

from ...errors import BeamcanvasError, Cancelled, InputError
from ...execution.executors.places import HERE
from ...execution.overwriting import check_overwriting
from ...execution.scheduler import Firing
from ...workflow import Node, NodeId, Workflow
from ...workflow.flat import flatten
from ...workflow.rules import NODE_KEY
from ...workflow.validation import check
from ..preload import want
from ..scheme import Scheme, StepNode, reach
from ..toolbox.registry import catalogue
from . import planning, words
from .automatic import Automatic
from .current_run import CurrentRun
from .following import Followed
from .jobs import Job, Workers
from .lighting import Lighting
from .node_run import State
from .recorded import Record, records_automatic
from .step_run import StepRun

#: how often progress is looked at
LOOK_MS = 50


class Engine(QObject):
    """The living state of every node of a scheme, and the run under way.

    It also is what Orange's window calls the scheme's signal manager: `pause` and `resume`
    hold back and allow running by itself.
    """

    #: words on how the run stands
    said = Signal(str)
    #: why the scheme can't be run
    refused = Signal(str)
    #: a run began, or ended
    running_changed = Signal(bool)
    #: a person changed a setting of some node
    edited = Signal()
    #: another executor was chosen for the scheme
    where_changed = Signal(str)

    def __init__(self, scheme: Scheme) -> None:
        super().__init__(scheme)
        self.scheme = scheme
        self.undo_stack: QUndoStack | None = None  #: of the document that shows the scheme
        self.workers = Workers(self)
        self.workers.ended.connect(self._ended)
        self.automatic = Automatic(self)
        self.followed = Followed(self)
        self.lighting = Lighting(self)
        self._run: CurrentRun | None = None
        #: of each node of the flat graph, the latest
        self._outputs: dict[NodeId, dict[str, Any]] = {}
        #: the node on the canvas that each node of the flat graph is, or is inside of
        self._top: dict[NodeId, NodeId] = {}
        self._look = QTimer(self, interval=LOOK_MS, timeout=self._show_progress)
        scheme.node_added.connect(self._node_added)
        scheme.node_removed.connect(self._node_removed)
        scheme.link_added.connect(self._link_added)
        scheme.link_removed.connect(self._link_removed)
        scheme.runtime_env_changed.connect(self._env_changed)
        scheme.closing += [self.stop, self.workers.close]
        for node in scheme.nodes:
            self._node_added(node)
        for node in scheme.nodes:
            node.run.relink()

    # -- where it runs

    @property
    def where(self) -> str:
        """The executor of the scheme, as `make_executor` takes it."""
        said = self.scheme.base.extra.get(NODE_KEY)
        where = said.get("executor") if isinstance(said, dict) else None
        return where if isinstance(where, str) and where else HERE

    @where.setter
    def where(self, where: str) -> None:
        said = self.scheme.base.extra.get(NODE_KEY)
        said = dict(said) if isinstance(said, dict) else {}
        said.pop("executor", None)
        if where != HERE:
            said["executor"] = where
        self.scheme.base.extra.pop(NODE_KEY, None)
        if said:
            self.scheme.base.extra[NODE_KEY] = said
        self.where_changed.emit(where)
        self.edited.emit()

    def where_of(self, node: Node) -> str:
        """The executor of a node: its own, or that of the scheme."""
        said = node.extra.get(NODE_KEY)
        own = said.get("executor") if isinstance(said, dict) else None
        return own if isinstance(own, str) and own else self.where

    # -- what a person asks for

    @property
    def is_running(self) -> bool:
        return self._run is not None

    def run_all(self) -> None:
        """Run the whole scheme, anew."""
        flat = self._flatten(check)
        if flat is not None:
            self._begin(flat, set(flat.nodes), set(flat.nodes), asked=True)

    def run_from(self, *nodes: StepNode) -> None:
        """Run these nodes and all that follows, with what is there from before them.

        Nodes before them that have no outputs yet run first.
        """
        self._run_onward(nodes, asked=True)

    def run_after_change(self, nodes: Iterable[StepNode]) -> None:
        """Run these nodes, and what follows as far as it runs by itself."""
        self._run_onward(nodes, self._is_automatic)

    def _run_onward(
        self,
        nodes: Iterable[StepNode],
        enters: Callable[[NodeId], bool] = lambda _: True,
        asked: bool = False,
    ) -> None:
        flat = self._flatten()
        if flat is None:
            return
        fresh = planning.all_after(flat, self._inside(flat, nodes), enters)
        self._begin(flat, fresh | planning.lacking(flat, fresh, self._outputs), fresh, asked)

    def run_until(self, *nodes: StepNode) -> None:
        """Run these nodes, and what before them isn't up to date."""
        flat = self._flatten()
        if flat is None:
            return
        done = {n for n in self._outputs if n in flat.nodes and self._state(n) is State.DONE}
        fresh = planning.needed_for(flat, self._inside(flat, nodes), done)
        self._begin(flat, fresh, fresh, asked=True)

    def stop(self) -> None:
        """Stop all that runs; nothing more begins."""
        self.automatic.forget_all()
        for job in self.workers.jobs:
            self._drop(job)
        if self._run is not None:
            self._finish(self._run, stopped=True)

    def cancel(self, node: StepNode) -> None:
        """Stop one node; what follows from it doesn't run."""
        if self._drop_work_of(node) and self._run is not None:
            self._run.failed = True
        self._finish_if_idle()

    def _drop_work_of(self, node: StepNode) -> bool:
        """Whether there was any, at work or waiting for its turn."""
        for job in self.workers.jobs:
            if self._top.get(job.node_id) == node.id:
                self._drop(job)
        if node.run is None or not (node.run.state.is_busy or node.run.state is State.WAITING):
            return False
        node.run.set_state(State.CANCELLED)
        return True

    def pause(self) -> None:
        """Nothing runs by itself until `resume`."""
        self.automatic.pause()

    def resume(self) -> None:
        self.automatic.resume()

    # -- changes of the scheme

    def _node_added(self, node: StepNode) -> None:
        if node.run is None:
            node.run = StepRun(self, node)
        elif node.run.state in (State.DONE, State.STALE):  # back again, by undo
            self._outputs[node.id] = node.run.outputs
            self._top[node.id] = node.id
        node.run.folder = self.folder
        want(catalogue().libraries.get(node.kind.category, ()))

    def _node_removed(self, node: StepNode) -> None:
        self._drop_work_of(node)
        for node_id in [n for n in self._outputs if self._top.get(n, n) == node.id]:
            del self._outputs[node_id]
        self.automatic.forget(node)
        self.followed.forget(node)
        self._finish_if_idle()

    def _link_added(self, link: SchemeLink) -> None:
        link.enabled_changed.connect(partial(self._link_changed, link))
        self._link_changed(link)

    def _link_removed(self, link: SchemeLink) -> None:
        self._link_changed(link)

    def _link_changed(self, link: SchemeLink, *_: Any) -> None:
        target: StepNode = link.sink_node
        if self.scheme.node_of(target.id) is target:
            target.run.relink()
            self.changed(target)

    def _env_changed(self, key: str, *_: Any) -> None:
        if key == "basedir":
            for node in self.scheme.nodes:
                node.run.folder = self.folder

    @property
    def folder(self) -> Path:
        """Of the scheme, for relative paths."""
        return Path(self.scheme.get_runtime_env("basedir") or Path.cwd())

    def setting_edited(self, node: StepNode) -> None:
        """A person changed a setting of a node: the scheme is being worked on from now on."""
        if self.followed.is_following(node):  # of the files as they are now
            self.followed.follow(node, True)
        self.automatic.started = True
        self.edited.emit()
        self.changed(node)

    def changed(self, node: StepNode) -> None:
        """What a node would do changed: it, and all that follows, is out of date."""
        onward: dict[StepNode, list[StepNode]] = {}
        for link in self.scheme.links:
            if link.enabled:
                onward.setdefault(link.source_node, []).append(link.sink_node)
        for after in {node} | reach([node], onward):
            if after.run is not None and after.run.state is State.DONE:
                after.run.set_state(State.STALE)
        for job in self.workers.jobs:
            if self._top.get(job.node_id) == node.id:
                job.outdated = True
        self.automatic.changed(node)

    # -- results of before

    def take_results(self, found: Mapping[NodeId, dict[str, Any]]) -> None:
        """Show outputs that these nodes have without a run of now."""
        nodes = [n for node_id in found if (n := self.scheme.node_of(node_id)) is not None]
        for node in nodes:
            self._outputs[node.id] = node.run.outputs = found[node.id]
            self._top[node.id] = node.id
            node.run.find()
        for target in {k.sink_node for n in nodes for k in self.scheme.output_links(n)}:
            target.run.relink()
        for node in nodes:
            node.run.set_state(State.DONE)
        if nodes:
            self.said.emit("As you left it: nothing was run")

    # -- a run

    def _flatten(self, how: Callable[[Workflow], Workflow] = flatten) -> Workflow | None:
        """The graph as it stands, flat; None when it can't run, which is said.

        A part is run whatever may be wrong elsewhere; the whole only when nothing is.
        """
        try:
            flat = how(self.scheme.workflow())
        except BeamcanvasError as error:
            self.refused.emit(words.refusal(error))
            return None
        for node_id in flat.nodes:
            self._top[node_id] = self._outermost(node_id)
        for node_id, told in self.followed.inputs().items():
            if node_id in flat.nodes:
                node = flat.nodes[node_id]
                flat.nodes[node_id] = replace(node, default_inputs=node.default_inputs | dict(told))
        return flat

    def _outermost(self, node_id: NodeId) -> NodeId:
        while self.scheme.node_of(node_id) is None and isinstance(node_id, tuple):
            node_id = node_id[0]
        return node_id

    def _inside(self, flat: Workflow, nodes: Iterable[StepNode]) -> set[NodeId]:
        ids = {node.id for node in nodes}
        return {n for n in flat.nodes if self._top[n] in ids}

    def _is_automatic(self, node_id: NodeId) -> bool:
        run = self._run_of(self._top[node_id])
        return run is None or run.automatic

    def _drop(self, job: Job) -> None:
        self.workers.drop(job)
        if self._run is not None and (not job.is_elsewhere or job.began is not None):
            self._run.record.given_up(job.firing.node)

    def _begin(
        self, flat: Workflow, wanted: set[NodeId], fresh: set[NodeId], asked: bool = False
    ) -> None:
        """Run `wanted`. Work on nodes of `fresh` is given up; other work goes on."""
        try:
            check_overwriting(flat, self.folder, only=wanted)
        except InputError as error:
            self.refused.emit(str(error))
            return
        kept: dict[NodeId, Job] = {}
        for job in self.workers.jobs:
            if job.node_id in fresh or job.node_id not in flat.nodes:
                self._drop(job)
            else:
                kept[job.node_id] = job
        before = self._run
        # what is under way, and what waits for it, belongs to the new run too
        waiting = before.wanted if before is not None else set()
        wanted = wanted | kept.keys() | (planning.all_after(flat, kept) & waiting)
        given = {n: v for n, v in self._outputs.items() if n not in wanted and n in flat.nodes}
        self.automatic.started = True
        recorded = asked or records_automatic() or (before is not None and before.record.is_on)
        if before is not None:
            before.record.finish(Cancelled("Another run took its place."))
        record = Record(self.scheme.workflow() if recorded else None, self.where)
        self._run = run = CurrentRun(flat, wanted, given, kept, self._top, record)
        for node_id, inner in run.inside.items():
            shown = self._run_of(node_id)
            if shown is not None and not inner & kept.keys():
                shown.error = None
                shown.set_state(State.WAITING)
        self._look.start()
        if before is None:
            self.running_changed.emit(True)
        self._fire(run, run.scheduler.start())
        self._say()
        self._finish_if_idle()

    def _fire(self, run: CurrentRun, firings: Iterable[Firing]) -> None:
        for firing in firings:
            node_id = firing.node.id
            old = run.kept.pop(node_id, None)
            if old is not None and not old.abandoned:
                if planning.same_inputs(old.firing.inputs, firing.inputs):
                    run.takes_over(old, firing)
                    continue
                self.workers.drop(old)
            job = Job(firing, self.folder, self.where_of(firing.node))
            shown = self._run_of(self._top[node_id])
            if shown is not None:
                shown.where = job.where
                shown.set_state(State.QUEUED if job.is_elsewhere else State.RUNNING)
            if not job.is_elsewhere:
                run.record.began(job)
            self.workers.do(job)

    def _ended(self, job: Job) -> None:
        run = self._run
        if run is None:
            return
        node_id = job.node_id
        run.done.add(node_id)
        self._show_began(run, job)
        if job.is_elsewhere and job not in run.begun:  # it failed on its way there
            run.record.began(job)
        run.record.ended(job)
        if job.error is not None:
            run.failed = True
            run.error = run.error or job.error
            self._outputs.pop(node_id, None)
            firings = run.scheduler.failed(job.firing, job.error)
        else:
            self._outputs[node_id] = job.outputs
            self.lighting.keep(job)
            firings = run.scheduler.finished(job.firing, job.outputs)
        node = self.scheme.node_of(self._top[node_id])
        if node is not None:
            self._show_end(run, node, job)
        self._fire(run, firings)
        self._finish_if_idle()

    def _show_began(self, run: CurrentRun, job: Job) -> None:
        """Work that waited for its turn elsewhere began."""
        if not job.is_elsewhere or job in run.begun or job.began is None:
            return
        run.begun.add(job)
        run.record.began(job)
        shown = self._run_of(self._top[job.node_id])
        if shown is not None and shown.state is State.QUEUED:
            shown.set_state(State.RUNNING)

    def _show_end(self, run: CurrentRun, node: StepNode, job: Job) -> None:
        if job.node_id == node.id:
            node.run.ended(job)
        else:
            inner = run.inside[node.id]
            busy = any(self._top[j.node_id] == node.id for j in self.workers.jobs)
            node.run.inner_ended(job, len(inner & run.done), len(inner), busy)
        for target in {link.sink_node for link in self.scheme.output_links(node)}:
            target.run.relink()

    def _finish_if_idle(self) -> None:
        if self._run is not None and not self.workers.jobs:
            self._finish(self._run)

    def _finish(self, run: CurrentRun, stopped: bool = False) -> None:
        self._run = None
        self._look.stop()
        error = Cancelled("It was stopped.") if stopped else run.error
        run.record.finish(error)
        for node_id, inner in run.inside.items():
            shown = self._run_of(node_id)
            if shown is None:
                continue
            if stopped and shown.state.is_busy:
                shown.set_state(State.CANCELLED)
            elif shown.state.is_busy:
                shown.set_state(State.DONE if inner & run.done else State.IDLE)
            elif shown.state is State.WAITING and (stopped or run.failed):
                # what a failure kept back is old
                shown.set_state(State.STALE if shown.outputs else State.IDLE)
            elif shown.state is State.WAITING:  # a branch that wasn't taken has no result
                shown.outputs = {}
                for n in inner:
                    self._outputs.pop(n, None)
                shown.set_state(State.IDLE)
        self.said.emit(words.ended([n.run for n in self.scheme.nodes], stopped))
        self.running_changed.emit(False)

    # -- showing it

    def _run_of(self, node_id: NodeId) -> StepRun | None:
        node = self.scheme.node_of(node_id)
        return None if node is None else node.run

    def _state(self, node_id: NodeId) -> State | None:
        run = self._run_of(self._top[node_id])
        return None if run is None else run.state

    def _show_progress(self) -> None:
        for job in self.workers.running:
            if self._run is not None:
                self._show_began(self._run, job)
            if job.said is not None:
                if self._run is not None:
                    self._run.record.progressed(job)
                said, job.said = job.said, None
                run = self._run_of(self._top[job.node_id])
                if run is not None and job.node_id == self._top[job.node_id]:
                    run.progressed.emit(*said)
                    run.look = job.look
        self._say()

    def _say(self) -> None:
        if self._run is not None:
            runs = [run for n in self._run.inside if (run := self._run_of(n)) is not None]
            self.said.emit(words.under_way(runs))

    def results(self) -> dict[NodeId, dict[str, Any]]:
        """The latest outputs of each node of the flat graph."""
        return dict(self._outputs)
