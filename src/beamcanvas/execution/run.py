"""Running a workflow from start to end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from time import time
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, TaskError
from ..workflow import Node, NodeId, Workflow, id_text
from ..workflow.validation import check
from .delivery import input_name
from .events import Events, Handler
from .executors import Executor, make_executor
from .executors.elsewhere import kept_elsewhere
from .scheduler import Firing, Scheduler
from .selection import Inputs, Outputs, OutputSelection, node_inputs
from .work import Work

if TYPE_CHECKING:
    from ..nexus.results import ResultsWriter

#: seconds after which a run looks whether it was cancelled
_LOOK = 0.1


@dataclass
class Result:
    """What a run produced; also of one that failed or was cancelled, as far as it got."""

    #: the outputs that were asked for, those of the end nodes by default
    outputs: dict[Any, Any] = field(default_factory=dict)
    #: the latest outputs of each node, by node id; of a run that was asked for certain
    #: outputs, of those nodes alone
    nodes: dict[NodeId, dict[str, Any]] = field(default_factory=dict)
    #: the latest inputs of the same nodes, as they were before the task checked them; of a
    #: run that was asked for certain outputs, without those that never came here
    inputs: dict[NodeId, dict[str | int, Any]] = field(default_factory=dict)
    #: what failed, without that an error link handled it
    errors: dict[NodeId, BaseException] = field(default_factory=dict)
    #: when the latest firing of each node started and ended, in seconds since 1970
    times: dict[NodeId, tuple[float, float]] = field(default_factory=dict)
    #: how often each node fired
    firings: dict[NodeId, int] = field(default_factory=dict)
    started: float = 0.0  #: in seconds since 1970
    seconds: float = 0.0  #: that the run took
    job_id: str | None = None
    #: the file of results, when one was asked for and anything came of the run
    file: Path | None = None
    #: what ran: without subgraphs
    workflow: Workflow = field(default_factory=Workflow, repr=False)


def run(
    workflow: Workflow | str | Path | Mapping[str, Any],
    inputs: Inputs = None,
    *,
    executor: str | Executor = "inline",
    outputs: Outputs = None,
    merge_outputs: bool = True,
    results: str | Path | None = None,
    events: Iterable[str | Handler] = (),
    job_id: str | None = None,
    cancelled: Flag | None = None,
    raise_on_error: bool = True,
    folder: str | Path | None = None,
) -> Result:
    """Run a workflow.

    Nodes that don't depend on a node that failed run to their end before the failure is
    raised. The workflow itself isn't changed.

    Parameters
    ----------
    workflow:
        A workflow, or what :func:`beamcanvas.load` makes one of.
    inputs:
        Values by node, ``{"integrate": {"points": 2000}}``, where a node goes by its id or
        its label; or ewoks' list of names and values. They override default inputs.
    executor:
        Where the nodes run: ``inline``, ``threads``, ``processes``, ``dask``, each but the
        first also with how many at once (``"threads:8"``), or an `Executor` to use for
        several runs. Of what an executor keeps on other processes and machines, only what
        `outputs` asks for comes back.
    outputs:
        Ewoks' list of the outputs that are wanted. Without it, the result has the outputs of
        the end nodes and, in ``nodes``, those of all; with it, nothing else is kept in
        memory beyond its last use.
    merge_outputs:
        Whether the outputs come as one mapping, or one for each node id.
    results:
        NeXus file of what each node got and gave (`beamcanvas.nexus.results`), written node
        by node as they end, and there as a whole at the end, also of a run that fails or is
        cancelled. With ``outputs=[]`` nothing needs to stay in memory.
    events:
        Handlers of events: callables, or names such as ``"log"``, ``"terminal"``,
        ``"sqlite:run.db"``.
    job_id:
        Name of this run in its events.
    cancelled:
        Set it, in another thread, to stop the run; tasks see it through their progress.
    raise_on_error:
        When false, failures are found in the result alone.
    folder:
        That relative paths are relative to; the workflow's own by default.

    Raises
    ------
    WorkflowError
        With all that is wrong with the graph.
    InputError
        When the inputs, the outputs or the file of results can't be used.
    TaskError
        When a node failed that no error link follows. Its ``result`` is all the rest.
    Cancelled
        When the run was cancelled; its ``result`` is what was produced until then.
    """
    if not isinstance(workflow, Workflow):
        from ..workflow.formats import load

        workflow = load(workflow)
    flat = check(workflow)
    values = node_inputs(flat, inputs)
    selection = OutputSelection(flat, outputs, merge_outputs)
    keep = None if outputs is None else selection.nodes
    scheduler = Scheduler(flat, inputs=values, keep=keep)
    with ExitStack() as opened:
        chosen = make_executor(executor) if isinstance(executor, str) else executor
        if chosen is not executor:
            opened.callback(chosen.close)
        writer: ResultsWriter | None = None
        if results is not None:
            from ..nexus.results import ResultsWriter

            writer = opened.enter_context(ResultsWriter(results, workflow, values))
        told = Events(events, workflow, job_id)
        where = Path(folder) if folder is not None else workflow.folder
        one = _Run(flat, scheduler, told, chosen, where.absolute(), cancelled, keep, writer)
        stopped = one.go()
        one.bring_home()
        result, error = one.result, stopped or one.error
        if writer is not None:
            result.file = writer.finish(failed=error is not None)

    result.outputs = selection.pick(scheduler.outputs, one.last)
    if isinstance(error, (TaskError, Cancelled)):
        error.result = result
    elif error is not None:
        vars(error)["result"] = result  # of a KeyboardInterrupt, for who shows it then
    if error is not None and (raise_on_error or stopped is not None):
        raise error
    return result


class _Run:
    """One run under way: hands firings to the executor and takes what becomes of them."""

    def __init__(
        self,
        flat: Workflow,
        scheduler: Scheduler,
        events: Events,
        executor: Executor,
        folder: Path,
        cancelled: Flag | None,
        keep: Iterable[NodeId] | None,
        writer: ResultsWriter | None,
    ) -> None:
        self._writer = writer
        self._flat = flat
        self._scheduler = scheduler
        self._events = events
        self._executor = executor
        self._folder = folder
        self._cancelled = cancelled
        self._keep = None if keep is None else set(keep)
        self._looked_at = _looked_at(flat)
        self._under_way: dict[int, Firing] = {}
        self._began: dict[int, tuple[float, int]] = {}
        self.last: dict[NodeId, int] = {}  #: serial of the latest firing of each node
        self.result = Result(
            nodes=scheduler.outputs,
            errors=scheduler.errors,
            started=time(),
            job_id=events.job_id,
            workflow=flat,
        )
        self.error: TaskError | None = None  #: the first failure, with the sentences of all

    def go(self) -> BaseException | None:
        """Run to the end, or until it is stopped: then return why."""
        stopped: BaseException | None = None
        self._events.begin()
        try:
            self._loop()
        except BaseException as error:
            stopped = error
            self._stop(error)
            if not isinstance(error, (Cancelled, KeyboardInterrupt)):
                raise
        finally:
            self.result.seconds = time() - self.result.started
            self.result.firings = self._scheduler.firings
            self._events.end(stopped or self.error)
        return stopped

    def _loop(self) -> None:
        self._submit(self._scheduler.start())
        while self._under_way:
            if self.is_cancelled():
                raise Cancelled("The run was cancelled.")
            self._executor.wait(self, _LOOK)

    def _stop(self, error: BaseException) -> None:
        self._executor.cancel()
        now = time()
        for serial, (_, process_id) in self._began.items():
            node = self._under_way[serial].node
            self._events.node_end(node, now, process_id, error)

    def _submit(self, firings: Iterable[Firing]) -> None:
        for firing in firings:
            self._under_way[firing.serial] = firing
            looked_at = self._looked_at.get(firing.node.id, _NOTHING)
            self._executor.submit(Work.of(firing, self._folder, looked_at))

    def bring_home(self) -> None:
        """Fetch what the executor kept elsewhere of what is wanted."""
        result, home = self.result, self._executor.home
        if self._keep is not None:
            # the inputs of the nodes that are kept come from nodes that needn't be
            for inputs in result.inputs.values():
                for name in [n for n, v in inputs.items() if any(kept_elsewhere(v))]:
                    del inputs[name]
        try:
            result.nodes.update(home(dict(result.nodes)))
            result.inputs = home(result.inputs)
        except TaskError:
            self._bring_home_one_by_one()

    def _bring_home_one_by_one(self) -> None:
        for node_id in list(self.result.nodes):
            try:
                self.result.nodes[node_id] = self._executor.home(self.result.nodes[node_id])
                self.result.inputs[node_id] = self._executor.home(self.result.inputs[node_id])
            except TaskError as error:
                del self.result.nodes[node_id]
                self.result.inputs.pop(node_id, None)
                self.result.errors[node_id] = error
                self._add_failure(_task_error(self._flat.nodes[node_id], error))

    # -- what the executor reports

    def is_cancelled(self) -> bool:
        return self._cancelled is not None and self._cancelled.is_set()

    # of work that was given up, anything may still come

    def started(self, serial: int, time: float, process_id: int) -> None:
        if serial not in self._under_way or serial in self._began:
            return
        self._began[serial] = (time, process_id)
        if self._events:
            self._events.node_start(self._under_way[serial].node, time, process_id)

    def progressed(self, serial: int, fraction: float | None, message: str) -> None:
        if self._events and serial in self._began:
            _, process_id = self._began[serial]
            node = self._under_way[serial].node
            self._events.node_progress(node, process_id, fraction, message)

    def finished(self, serial: int, outputs: dict[str, Any], time: float) -> None:
        if serial not in self._under_way:
            return
        firing = self._end(serial, time)
        if self._keep is None or firing.node.id in self._keep:
            self.result.inputs[firing.node.id] = dict(firing.inputs)
        self._store(firing, outputs)
        self._submit(self._scheduler.finished(firing, outputs))

    def failed(self, serial: int, error: BaseException, time: float) -> None:
        if serial not in self._under_way:
            return
        if isinstance(error, Cancelled) and self.is_cancelled():
            raise Cancelled("The run was cancelled.")
        firing = self._end(serial, time, error)
        self._store(firing, {}, error)
        failures = len(self._scheduler.errors)
        follow = self._scheduler.failed(firing, error)
        if len(self._scheduler.errors) > failures:
            self._add_failure(_task_error(firing.node, error))
        self._submit(follow)

    def _add_failure(self, failure: TaskError) -> None:
        if self.error is None:
            self.error = failure
        else:
            self.error.problems += failure.problems

    def _store(
        self, firing: Firing, outputs: dict[str, Any], error: BaseException | None = None
    ) -> None:
        if self._writer is not None:
            inputs, outputs = self._executor.home((firing.inputs, outputs))
            times = self.result.times[firing.node.id]
            self._writer.ran(firing.node, inputs, outputs, times, error)

    def _end(self, serial: int, time: float, error: BaseException | None = None) -> Firing:
        if serial not in self._began:  # it came to its end before it could say so
            self.started(serial, time, os.getpid())
        firing = self._under_way.pop(serial)
        began, process_id = self._began.pop(serial)
        node = firing.node
        self.last[node.id] = serial
        self.result.times[node.id] = (began, time)
        if self._events:
            self._events.node_end(node, time, process_id, error)
        return firing


_NOTHING: frozenset[str | int] = frozenset()


def _looked_at(flat: Workflow) -> dict[NodeId, frozenset[str | int] | None]:
    """Of each node, the outputs that conditions look at, by all their names; None is all."""
    names: dict[NodeId, set[str | int]] = {}
    for link in flat.links:
        for name in link.conditions:
            names.setdefault(link.source, set()).update((name, str(name), input_name(name)))
    found: dict[NodeId, frozenset[str | int] | None] = {n: frozenset(v) for n, v in names.items()}
    for node in flat.nodes.values():
        if node.task_type in ("ppfmethod", "ppfport"):  # links look into their one output
            found[node.id] = None
    return found


def _task_error(node: Node, cause: BaseException) -> TaskError:
    name = f"'{node.title}'"
    if node.label and node.label != id_text(node.id):
        name += f" ({id_text(node.id)})"
    task = node.task_identifier or node.task_type
    why = str(cause) or type(cause).__name__
    if not isinstance(cause, (TaskError, ValueError)):
        why = f"{type(cause).__name__}: {why}" if str(cause) else why
    error = TaskError(f"Node {name}, task {task}, failed: {why}", node.id, str(task))
    error.__cause__ = cause
    return error
