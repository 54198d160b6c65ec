"""Runs the scheme on the canvas: the same scheduler as headless, the work in threads.

A run covers some of the nodes; the outputs of all others are given to it as they are. When
a setting changes under way, a new run is planned for what the change reaches and for what
is still to do; work that the change doesn't reach goes on and is taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QUndoStack
from orangecanvas.scheme import SchemeLink

from ...errors import BeamcanvasError
from ...execution.scheduler import Firing, Scheduler
from ...execution.work import Work
from ...workflow import NodeId, Workflow
from ...workflow.flat import flatten
from ...workflow.validation import check
from ..preload import want
from ..scheme import Scheme, StepNode, reach
from ..toolbox.registry import catalogue
from . import planning
from .jobs import Job, Workers
from .node_run import State
from .step_run import StepRun

#: a change of a setting waits this long for the next one
SETTLE_MS = 150
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

    def __init__(self, scheme: Scheme) -> None:
        super().__init__(scheme)
        self.scheme = scheme
        self.undo_stack: QUndoStack | None = None  #: of the document that shows the scheme
        self.workers = Workers(self)
        self.workers.ended.connect(self._ended)
        #: a person edited or ran something: changes run by themselves from now on
        self.started = False
        self._paused = False
        self._scheduler: Scheduler | None = None
        self._flat = Workflow()
        self._wanted: set[NodeId] = set()
        self._done: set[NodeId] = set()
        self._failed = False
        self._outputs: dict[NodeId, dict[str, Any]] = {}
        self._top: dict[NodeId, NodeId] = {}
        self._changed: set[NodeId] = set()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS, timeout=self._follow)
        self._look = QTimer(self, interval=LOOK_MS, timeout=self._show_progress)
        scheme.node_added.connect(self._node_added)
        scheme.node_removed.connect(self._node_removed)
        scheme.link_added.connect(self._link_added)
        scheme.link_removed.connect(self._link_removed)
        scheme.runtime_env_changed.connect(self._env_changed)
        scheme.closing.append(self.stop)
        for node in scheme.nodes:
            self._node_added(node)
        for node in scheme.nodes:
            node.run.relink()

    # -- what a person asks for

    @property
    def is_running(self) -> bool:
        return self._scheduler is not None

    def run_all(self) -> None:
        """Run the whole scheme, anew."""
        flat = self._flatten(check)
        if flat is not None:
            self._begin(flat, set(flat.nodes), set(flat.nodes))

    def run_from(self, *nodes: StepNode) -> None:
        """Run these nodes and all that follows, with what is there from before them.

        Nodes before them that have no outputs yet run first.
        """
        flat = self._flatten()
        if flat is None:
            return
        fresh = planning.all_after(flat, self._inside(flat, nodes))
        self._begin(flat, fresh | planning.lacking(flat, fresh, self._outputs), fresh)

    def run_until(self, *nodes: StepNode) -> None:
        """Run these nodes, and what before them isn't up to date."""
        flat = self._flatten()
        if flat is None:
            return
        done = {n for n in self._outputs if n in flat.nodes and self._state(n) is State.DONE}
        fresh = planning.needed_for(flat, self._inside(flat, nodes), done)
        self._begin(flat, fresh, fresh)

    def stop(self) -> None:
        """Stop all that runs; nothing more begins."""
        self._settle.stop()
        self._changed.clear()
        for job in self.workers.jobs:
            self.workers.drop(job)
        if self._scheduler is not None:
            self._finish(stopped=True)

    def cancel(self, node: StepNode) -> None:
        """Stop one node; what follows from it doesn't run."""
        for job in self.workers.jobs:
            if self._top.get(job.node_id) == node.id:
                self.workers.drop(job)
        if node.run is not None and node.run.state in (State.RUNNING, State.WAITING):
            node.run.set_state(State.CANCELLED)
            self._failed = True
        self._finish_if_idle()

    def pause(self) -> None:
        """Nothing runs by itself until `resume`."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        if self._changed:
            self._settle.start()

    # -- changes of the scheme

    def _node_added(self, node: StepNode) -> None:
        if node.run is None:
            node.run = StepRun(self, node)
        elif node.run.state in (State.DONE, State.STALE):  # back again, by undo
            self._outputs[node.id] = node.run.outputs
            self._top[node.id] = node.id
        node.run.folder = self._folder()
        want(catalogue().libraries.get(node.kind.category, ()))

    def _node_removed(self, node: StepNode) -> None:
        for job in self.workers.jobs:
            if self._top.get(job.node_id) == node.id:
                self.workers.drop(job)
        for node_id in [n for n in self._outputs if self._top.get(n, n) == node.id]:
            del self._outputs[node_id]
        self._changed.discard(node.id)
        if node.run is not None and node.run.state in (State.RUNNING, State.WAITING):
            node.run.set_state(State.CANCELLED)
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
                node.run.folder = self._folder()

    def _folder(self) -> Path:
        return Path(self.scheme.get_runtime_env("basedir") or Path.cwd())

    # -- running by itself

    def setting_edited(self, node: StepNode) -> None:
        """A person changed a setting of a node: the scheme is being worked on from now on."""
        self.started = True
        self.edited.emit()
        self.changed(node)

    def changed(self, node: StepNode) -> None:
        """What a node would do changed: it, and all that follows, is out of date."""
        onward: dict[NodeId, list[NodeId]] = {}
        for link in self.scheme.links:
            if link.enabled:
                onward.setdefault(link.source_node.id, []).append(link.sink_node.id)
        for node_id in {node.id} | reach([node.id], onward):
            run = self._run_of(node_id)
            if run is not None and run.state is State.DONE:
                run.set_state(State.STALE)
        self._outdate(node)
        if self.started and node.run is not None and node.run.automatic:
            self._changed.add(node.id)
            if not self._paused:
                self._settle.start()

    def _outdate(self, node: StepNode) -> None:
        for job in self.workers.jobs:
            if self._top.get(job.node_id) == node.id:
                job.outdated = True

    def _follow(self) -> None:
        """Run what the changes of the last moment reach, where that is wanted and can be."""
        changed, self._changed = self._changed, set()
        nodes = [n for n in map(self.scheme.node_of, changed) if n is not None and self._can_run(n)]
        flat = self._flatten() if nodes else None
        if flat is None:
            return
        starts = self._inside(flat, nodes)
        fresh = planning.all_after(flat, starts, self._is_automatic)
        self._begin(flat, fresh | planning.lacking(flat, fresh, self._outputs), fresh)

    def _can_run(self, node: StepNode) -> bool:
        run = node.run
        if run is None or not run.automatic:
            return False
        if run.state is not State.IDLE or run.task is None:
            return run.state is not State.IDLE
        values = run.values()
        return all(name in values for name, spec in run.task.inputs.items() if spec.required)

    def _is_automatic(self, node_id: NodeId) -> bool:
        run = self._run_of(self._top[node_id])
        return run is None or run.automatic

    # -- a run

    def _flatten(self, how: Callable[[Workflow], Workflow] = flatten) -> Workflow | None:
        """The graph as it stands, flat; None when it can't run, which is said.

        A part is run whatever may be wrong elsewhere; the whole only when nothing is.
        """
        try:
            flat = how(self.scheme.workflow())
        except BeamcanvasError as error:
            self.refused.emit(str(error))
            return None
        for node_id in flat.nodes:
            self._top[node_id] = self._outermost(node_id)
        return flat

    def _outermost(self, node_id: NodeId) -> NodeId:
        while self.scheme.node_of(node_id) is None and isinstance(node_id, tuple):
            node_id = node_id[0]
        return node_id

    def _inside(self, flat: Workflow, nodes: Iterable[StepNode]) -> set[NodeId]:
        ids = {node.id for node in nodes}
        return {n for n in flat.nodes if self._top[n] in ids}

    def _begin(self, flat: Workflow, wanted: set[NodeId], fresh: set[NodeId]) -> None:
        """Run `wanted`. Work on nodes of `fresh` is given up; other work goes on."""
        kept: dict[NodeId, Job] = {}
        for job in self.workers.jobs:
            if job.node_id in fresh or job.node_id not in flat.nodes:
                self.workers.drop(job)
            else:
                kept[job.node_id] = job
        # what is under way, and what waits for it, belongs to the new run too
        wanted = wanted | kept.keys() | (planning.all_after(flat, kept) & self._wanted)
        self._kept = kept
        was_running = self.is_running
        self._flat, self._wanted = flat, wanted
        self._done = set()
        self._failed = False
        self.started = True
        given = {n: v for n, v in self._outputs.items() if n not in wanted and n in flat.nodes}
        for node_id in {self._top[n] for n in wanted}:
            run = self._run_of(node_id)
            if run is not None and not any(self._top[n] == node_id for n in kept):
                run.error = None
                run.set_state(State.WAITING)
        self._scheduler = Scheduler(flat, given=given, only=wanted)
        self._look.start()
        if not was_running:
            self.running_changed.emit(True)
        self._fire(self._scheduler.start())
        self._say()
        self._finish_if_idle()

    _kept: dict[NodeId, Job]

    def _fire(self, firings: Iterable[Firing]) -> None:
        for firing in firings:
            node_id = firing.node.id
            old = self._kept.pop(node_id, None)
            if old is not None and not old.abandoned:
                if planning.same_inputs(old.firing.inputs, firing.inputs):
                    old.firing = firing
                    continue
                self.workers.drop(old)
            job = Job(node_id, Work.of(firing, self._folder()).do)
            job.firing = firing
            run = self._run_of(self._top[node_id])
            if run is not None:
                run.set_state(State.RUNNING)
            self.workers.do(job)

    def _ended(self, job: Job) -> None:
        scheduler = self._scheduler
        if scheduler is None:
            return
        node_id = job.node_id
        self._done.add(node_id)
        node = self.scheme.node_of(self._top[node_id])
        if job.error is not None:
            self._failed = True
            self._outputs.pop(node_id, None)
            firings = scheduler.failed(job.firing, job.error)
        else:
            self._outputs[node_id] = job.outputs
            firings = scheduler.finished(job.firing, job.outputs)
        if node is not None:
            self._show_end(node, job)
        self._fire(firings)
        self._finish_if_idle()

    def _show_end(self, node: StepNode, job: Job) -> None:
        run = node.run
        if not isinstance(run, StepRun):
            return
        if job.node_id == node.id:
            run.ended(job)
        else:
            run.inner_ended(job, *self._inner_counts(node))
        after = {link.sink_node for link in self.scheme.output_links(node)}
        for target in after:
            target.run.relink()

    def _inner_counts(self, node: StepNode) -> tuple[int, int, bool]:
        inner = [n for n in self._wanted if self._top[n] == node.id]
        busy = any(self._top[j.node_id] == node.id for j in self.workers.jobs)
        return sum(n in self._done for n in inner), len(inner), busy

    def _finish_if_idle(self) -> None:
        if self._scheduler is not None and not self.workers.jobs:
            self._finish()

    def _finish(self, stopped: bool = False) -> None:
        reached = self._done
        self._scheduler = None
        self._look.stop()
        for node_id in {self._top[n] for n in self._wanted}:
            run = self._run_of(node_id)
            inner = [n for n in self._wanted if self._top[n] == node_id]
            if run is None:
                continue
            if stopped and run.state is State.RUNNING:
                run.set_state(State.CANCELLED)
            elif run.state is State.WAITING:
                # a branch that wasn't taken has no result; what a failure kept back is old
                if stopped or self._failed:
                    run.set_state(State.STALE if run.outputs else State.IDLE)
                else:
                    run.outputs = {}
                    for n in inner:
                        self._outputs.pop(n, None)
                    run.set_state(State.IDLE)
            elif run.state is State.RUNNING:
                run.set_state(State.DONE if reached.intersection(inner) else State.IDLE)
        self._wanted = set()
        self._say(stopped)
        self.running_changed.emit(False)

    # -- showing it

    def _run_of(self, node_id: NodeId) -> Any:
        node = self.scheme.node_of(node_id)
        return None if node is None else node.run

    def _state(self, node_id: NodeId) -> State | None:
        run = self._run_of(self._top[node_id])
        return None if run is None else run.state

    def _show_progress(self) -> None:
        for job in self.workers.running:
            if job.said is not None:
                said, job.said = job.said, None
                run = self._run_of(self._top[job.node_id])
                if run is not None and job.node_id == self._top[job.node_id]:
                    run.progressed.emit(*said)
        self._say()

    def _say(self, stopped: bool = False) -> None:
        tops = {self._top[n] for n in self._wanted}
        if self._scheduler is None:
            failed = [n.title for n in self.scheme.nodes if n.run.state is State.FAILED]
            if stopped:
                words = "Stopped"
            elif failed:
                words = f"Failed: {', '.join(failed[:3])}"
            else:
                words = "Done"
            self.said.emit(words)
            return
        states = {n: self._run_of(n).state for n in tops if self._run_of(n) is not None}
        done = sum(s in (State.DONE, State.STALE, State.FAILED) for s in states.values())
        busy = [n for n, s in states.items() if s is State.RUNNING]
        words = f"{done} of {len(states)} done"
        if busy:
            run = self._run_of(busy[0])
            words += f" – {run.node.title}"
            if run.fraction is not None:
                words += f" {run.fraction:.0%}"
        self.said.emit(words)

    def results(self) -> dict[NodeId, dict[str, Any]]:
        """The latest outputs of each node of the flat graph."""
        return dict(self._outputs)
