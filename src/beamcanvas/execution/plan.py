"""What a run would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import TaskNotFoundError
from ..task import resolve
from ..task.paths import absolute_paths
from ..workflow import InputName, Node, NodeId, Workflow
from ..workflow.analysis import required_links
from ..workflow.rules import rules_of
from ..workflow.validation import check, problems
from .cache import Cache
from .scheduler import Firing, Scheduler
from .selection import Inputs, node_inputs
from .work import Work


@dataclass(frozen=True)
class Step:
    """What would become of a node."""

    node: Node
    #: whether it runs for sure, may run (a condition, an error), or is kept from before
    state: str
    times: int | None  #: how often, for a node that is mapped over a list that is known
    inputs: dict[InputName, Any]  #: values that are known before the run
    linked: dict[InputName, str]  #: where the others come from


@dataclass(frozen=True)
class Plan:
    """What a run would do, in the order of the graph."""

    steps: list[Step]
    problems: list[str]  #: what is wrong or missing, one sentence each


def plan(workflow: Workflow, inputs: Inputs = None, *, cache: str | Path | None = None) -> Plan:
    """What a run with these inputs would do. Imports the tasks and runs none.

    Raises
    ------
    WorkflowError
        When the graph as such is wrong.
    InputError
        When the inputs are of no node.
    """
    flat = check(workflow)
    given = node_inputs(flat, inputs)
    flat = replace(
        flat,
        nodes={
            n: replace(node, default_inputs={**node.default_inputs, **given.get(n, {})})
            for n, node in flat.nodes.items()
        },
    )
    wrong = [str(problem) for problem in problems(flat, tasks=True)]
    wrong += [words for node in flat.nodes.values() for words in _missing_files(flat, node)]
    kept = Cache(cache) if cache is not None else None
    firings = {firing.node.id: firing for firing in Scheduler(flat).start()}
    linked = linked_inputs(flat)
    sure = _sure(flat)
    steps = []
    for node in flat.nodes.values():
        state = "runs" if node.id in sure else "may run"
        if kept is not None and node.id in firings and _is_kept(kept, firings[node.id], flat):
            state = "is kept"
        sources = linked.get(node.id, {})
        known = {n: v for n, v in node.default_inputs.items() if n not in sources}
        steps.append(Step(node, state, _times(node, known), known, sources))
    return Plan(steps, wrong)


def _is_kept(cache: Cache, firing: Firing, flat: Workflow) -> bool:
    work = Work.of(firing, flat.folder.absolute())
    if work.rules.map:
        return False
    key = cache.key(work)
    return key is not None and cache.find(key) is not None


def _missing_files(flat: Workflow, node: Node) -> list[str]:
    try:
        task = resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=flat.folder
        )
    except TaskNotFoundError:
        return []
    said = absolute_paths(task, node.default_inputs, node.folder or flat.folder)
    missing = []
    for name, value in said.items():
        spec = task.inputs.get(str(name))
        if spec is not None and spec.param.path == "open":
            files = value if isinstance(value, (list, tuple)) else [value]
            missing += [
                f"The node '{node.title}', {name}: there is no file {file}."
                for file in files
                if isinstance(file, (str, Path)) and str(file) and not Path(file).exists()
            ]
    return missing


def linked_inputs(flat: Workflow) -> dict[NodeId, dict[InputName, str]]:
    """Of each node of a flat graph, the inputs that links feed, and from where."""
    found: dict[NodeId, dict[InputName, str]] = {}
    for link in flat.links:
        if link.on_error:
            continue
        source = flat.nodes[link.source].title
        inputs = found.setdefault(link.target, {})
        if link.map_all_data:
            inputs["*"] = source
        for name, output in link.data_mapping.items():
            inputs[name] = source if output is None else f"{source}.{output}"
    return found


def _sure(flat: Workflow) -> set[NodeId]:
    """The nodes that run whatever the outputs are, unless something fails."""
    waits: dict[NodeId, list[NodeId]] = {}
    perhaps: set[NodeId] = set()
    for link, required in zip(flat.links, required_links(flat), strict=True):
        if link.on_error or link.is_conditional or not required:
            perhaps.add(link.target)
        waits.setdefault(link.source, []).append(link.target)
    perhaps -= {node.id for node in flat.nodes.values() if node.force_start_node}
    front = list(perhaps)
    while front:
        for target in waits.get(front.pop(), ()):
            if target not in perhaps:
                perhaps.add(target)
                front.append(target)
    return flat.nodes.keys() - perhaps


def _times(node: Node, known: Mapping[InputName, Any]) -> int | None:
    over = rules_of(node).map
    if not over:
        return 1
    value = known.get(over[0])
    return len(value) if isinstance(value, Sized) else None
