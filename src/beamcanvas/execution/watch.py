"""Running a workflow again and again while a file grows that one of its nodes reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from time import monotonic, time
from typing import Any

from ..errors import InputError
from ..task import Task, resolve
from ..task.source import Following, can_be_followed, can_be_told, input_files
from ..workflow import Node, NodeId, Workflow, id_text
from ..workflow.analysis import start_nodes
from ..workflow.validation import check
from .events import Events, Handler
from .executors import Executor, make_executor
from .libraries import load_libraries
from .result import Result
from .scheduler import Scheduler
from .selection import Inputs, node_inputs
from .under_way import UnderWay


@dataclass(frozen=True)
class Pass:
    """One run through the source and all that follows from it."""

    number: int  #: from 1
    result: Result  #: of this pass; its ``nodes`` are the latest of all
    is_last: bool
    seconds: float
    changed: float | None  #: when the file was last written, in seconds since 1970
    failures: Mapping[NodeId, BaseException] = field(default_factory=dict)

    @property
    def age(self) -> float | None:
        """Seconds from the file's last change to the end of the pass."""
        return None if self.changed is None else time() - self.changed


def watch(
    workflow: Workflow | str | Path,
    file: str | Path | None = None,
    *,
    node: str | None = None,
    inputs: Inputs = None,
    executor: str | Executor = "inline",
    every: float = 0.1,
    rest: float = 5.0,
    on_pass: Callable[[Pass], None] = lambda _: None,
    events: Iterable[str | Handler] = (),
    cancelled: Flag | None = None,
) -> Pass:
    """Run a workflow now, and what follows from its source again whenever the file changes.

    Passes never overlap and nothing piles up: while one is under way the file may change as
    often as it will, the next pass takes what is there by then. What doesn't follow from the
    source runs once. A pass in which a node fails is told, and the next one tries again.

    It ends after the pass in which the source says that the file is whole; for files that
    don't say, after `rest` seconds without a change, with a last pass that takes what is
    there as all. A source whose task doesn't know of growing files is followed until
    `cancelled` is set.

    Parameters
    ----------
    file:
        What the source reads; as the workflow says by default.
    node:
        The source, by id or label; by default the only start node that reads a file.
    every:
        Seconds between two looks at the file.
    rest:
        Seconds after which a file that doesn't change any more counts as whole.
    on_pass:
        Called after each pass.

    A source that reads no file, but a stream, is run ten times a second at most, until it says
    that it is whole.

    Returns
    -------
    Pass
        The last one.

    Raises
    ------
    InputError
        When there is no such source, or several could be meant.
    WorkflowError
        With all that is wrong with the graph.
    """
    if not isinstance(workflow, Workflow):
        from ..workflow.formats import load

        workflow = load(workflow)
    flat = check(workflow)
    folder = workflow.folder.absolute()
    values = {n: dict(v) for n, v in node_inputs(flat, inputs).items()}
    source, task = _source(flat, node, folder)
    given = values.setdefault(source.id, {})
    if file is not None:
        given.update(_assigned(task, Path(file).absolute()))
    said = {**source.default_inputs, **given}
    following = Following(task, said, folder, rest)
    if not can_be_followed(task, said, folder):
        raise InputError(f"Node '{source.title}' has no file to follow: name it with --source.")
    load_libraries(flat)  # not in the middle of a scan, when its first points ask for them
    chosen = make_executor(executor) if isinstance(executor, str) else executor
    flag = cancelled or Flag()
    outputs: dict[NodeId, dict[str, Any]] = {}
    after = _after(flat, source.id)
    done: Pass | None = None
    try:
        while done is None or not done.is_last:
            if not following.is_due(monotonic()):
                if flag.wait(every):
                    break
                continue
            only = after | (set(flat.nodes) - outputs.keys())
            scheduler = Scheduler(
                flat,
                inputs=values | {source.id: given | dict(following.inputs)},
                given={n: v for n, v in outputs.items() if n not in only},
                only=only,
            )
            told = Events(events, workflow, None)
            one = UnderWay(flat, scheduler, told, chosen, folder, flag, None, None)
            told.begin(values, type(chosen).__name__.lower())
            stopped = one.go()
            one.bring_home()
            if stopped is not None:
                if flag.is_set():
                    break
                raise stopped
            outputs = dict(one.result.nodes)
            done = Pass(
                number=1 if done is None else done.number + 1,
                result=one.result,
                is_last=following.passed(outputs.get(source.id, {})),
                seconds=one.result.seconds,
                changed=_changed(following),
                failures=dict(one.result.errors),
            )
            on_pass(done)
    finally:
        if chosen is not executor:
            chosen.close()
    if done is None:
        raise InputError("Stopped before the first pass.")
    return done


def _source(flat: Workflow, name: str | None, folder: Path) -> tuple[Node, Task]:
    starts = [flat.nodes[n] for n in start_nodes(flat)]
    if name is not None:
        starts = [n for n in flat.nodes.values() if name in (id_text(n.id), n.label)]
        if not starts:
            titles = ", ".join(n.title for n in flat.nodes.values())
            raise InputError(f"There is no node '{name}'. There are: {titles}.")
    found = []
    for node in starts:
        task = resolve(node.task_type, node.task_identifier, node.task_generator, folder=folder)
        if input_files(task, {}, folder) or can_be_told(task):
            found.append((node, task))
    if not found:
        raise InputError("No node at the start of the workflow reads a file or a stream to follow.")
    if len(found) > 1:
        titles = ", ".join(f"'{node.title}'" for node, _ in found)
        raise InputError(f"Several nodes read files: {titles}. Say which with --node.")
    return found[0]


def _assigned(task: Task, file: Path) -> dict[str, Any]:
    """The file as a value of the input that reads one."""
    readers = ((n, s) for n, s in task.inputs.items() if s.param.path == "open")
    name, spec = next(readers, (None, None))
    if name is None or spec is None:
        raise InputError(f"'{task.identifier}' reads no file that --source could name.")
    several = str(spec.annotation).startswith(("list", "tuple", "collections.abc.Sequence"))
    return {name: [str(file)] if several else str(file)}


def _after(flat: Workflow, start: NodeId) -> set[NodeId]:
    onward: dict[NodeId, list[NodeId]] = {}
    for link in flat.links:
        onward.setdefault(link.source, []).append(link.target)
    found, due = {start}, [start]
    while due:
        for node in onward.get(due.pop(), ()):
            if node not in found:
                found.add(node)
                due.append(node)
    return found


def _changed(following: Following) -> float | None:
    times = []
    for file in (f for group in following.files.values() for f in group):
        try:
            times.append(file.stat().st_mtime)
        except OSError:
            continue
    return max(times, default=None)
