"""Running a workflow from start to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, TaskError
from ..workflow import Workflow
from ..workflow.rules import rules_of
from ..workflow.validation import check
from .events import Events, Handler
from .executors import Executor, make_executor
from .executors.whole import Whole, WholeRuns
from .overwriting import check_overwriting
from .result import Result
from .scheduler import Scheduler
from .selection import Inputs, Outputs, OutputSelection, node_inputs
from .under_way import UnderWay

if TYPE_CHECKING:
    from ..nexus.results import ResultsWriter
    from .cache import Cache

__all__ = ["Result", "run"]


def run(
    workflow: Workflow | str | Path | Mapping[str, Any],
    inputs: Inputs = None,
    *,
    executor: str | Executor = "inline",
    outputs: Outputs = None,
    merge_outputs: bool = True,
    results: str | Path | None = None,
    cache: str | Path | Cache | None = None,
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
        Where the nodes run: ``inline``, ``threads``, ``processes``, ``dask``, ``celery``,
        ``slurm``, ``pypushflow``, most also with how many at once (``"threads:8"``) or with
        settings, or an `Executor` to use for several runs. Of what an executor keeps on other
        processes and machines, only what `outputs` asks for comes back.
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
    cache:
        Folder of results that are kept from run to run: a task whose version, code and
        inputs are as they were isn't run again. Tasks that write files always run.
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
        When the inputs, the outputs or the file of results can't be used, or a step would
        save over what one before it opens.
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
    where = (Path(folder) if folder is not None else workflow.folder).absolute()
    check_overwriting(flat, where, values, results=None if results is None else Path(results))
    selection = OutputSelection(flat, outputs, merge_outputs)
    keep = None if outputs is None else selection.nodes
    scheduler = Scheduler(flat, inputs=values, keep=keep)
    with ExitStack() as opened:
        chosen = make_executor(executor) if isinstance(executor, str) else executor
        if chosen is not executor:
            opened.callback(chosen.close)
        name = type(chosen).__name__.lower()
        named = {rules_of(node).executor: None for node in flat.nodes.values() if node.extra}
        others = [other for other in named if other is not None]
        if others and not isinstance(chosen, WholeRuns):
            from .executors.routed import Routed

            chosen = opened.enter_context(Routed(chosen, others))
        told = Events(events, workflow, job_id)
        kept: Cache | None = None
        if cache is not None:
            from .cache import Cache

            kept = cache if isinstance(cache, Cache) else Cache(cache)
        if isinstance(chosen, WholeRuns):
            whole = Whole(
                workflow, values, outputs, merge_outputs,
                None if results is None else Path(results).absolute(),
                None if kept is None else kept.folder,
                told.job_id, where,
            )  # fmt: skip
            told.begin(values, name, results)
            result, error = chosen.run(whole, flat, told, cancelled)
            told.end(error)
            return _ended(result, error, raise_on_error)
        writer: ResultsWriter | None = None
        if results is not None:
            from ..nexus.results import ResultsWriter

            writer = opened.enter_context(ResultsWriter(results, workflow, values))
        one = UnderWay(flat, scheduler, told, chosen, where, cancelled, keep, writer, kept)
        told.begin(values, name, results)
        stopped = one.go()
        one.bring_home()
        result, error = one.result, stopped or one.error
        if writer is not None:
            result.file = writer.finish(failed=error is not None)

    result.outputs = selection.pick(scheduler.outputs, one.last)
    return _ended(result, error, raise_on_error)


def _ended(result: Result, error: BaseException | None, raise_on_error: bool) -> Result:
    if isinstance(error, (TaskError, Cancelled)):
        error.result = result
    elif error is not None:
        vars(error)["result"] = result  # of a KeyboardInterrupt, for who shows it then
    if error is not None and (raise_on_error or not isinstance(error, TaskError)):
        raise error
    return result
