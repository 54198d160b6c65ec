"""What is wrong with a workflow: every problem at once, each with its node and field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, TaskNotFoundError, WorkflowError
from ..task import SILENT, Progress, Task, resolve
from ..task.paths import absolute_paths
from ..task.validation import InputValidator, did_you_mean
from .analysis import required_links, start_nodes
from .flat import flatten
from .garbage import no_garbage_collection
from .interface import KEY, interface_of
from .model import TASK_TYPES, Link, Node, NodeId, Workflow, id_text
from .rules import LINK_KEY, NODE_KEY, link_problems, node_problems


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    node: NodeId | None  #: None: the graph itself
    field: str  #: attribute, or name of the input
    message: str  #: one sentence that names both

    def __str__(self) -> str:
        return self.message


def problems(workflow: Workflow, *, tasks: bool = False) -> list[Problem]:
    """Everything that is wrong with a workflow.

    Parameters
    ----------
    tasks:
        Look also whether its tasks are here, and whether their inputs and outputs are what
        the graph says. This imports the tasks: it runs code.
    """
    return _examine(workflow, tasks)[0]


def check(workflow: Workflow, *, tasks: bool = False) -> Workflow:
    """The workflow flattened, when nothing is wrong with it.

    Raises
    ------
    WorkflowError
        With all that :func:`problems` finds.
    """
    found, flat = _examine(workflow, tasks)
    if found:
        said = tuple(problem.message for problem in found)
        raise WorkflowError(" ".join(said), said)
    return flat


@no_garbage_collection()
def _examine(workflow: Workflow, tasks: bool) -> tuple[list[Problem], Workflow]:
    found = [*_nodes(workflow), *_links(workflow)]
    if found:
        if tasks:  # all at once: what can be said of the others already
            wrong = {p.node for p in found if p.field.startswith("task_")}
            others = (n for n in workflow.nodes.values() if n.id not in wrong)
            found += _resolved(n for n in others if n.task_type in _WITH_TASK)[1]
        return found, workflow
    try:
        flat = flatten(workflow)
    except WorkflowError as error:
        return [Problem(None, "graph", problem) for problem in error.problems], workflow
    found = [*_graph(flat), *_interface(flat)]
    if tasks:
        found += _tasks(flat)
    return found, flat


# -- nodes and links by themselves

_PLAIN_TYPES = set(TASK_TYPES) - {"ppfport", "generated"}


def _nodes(workflow: Workflow) -> Iterator[Problem]:
    for node in workflow.nodes.values():
        kind, identifier = node.task_type, node.task_identifier
        if node.extra and NODE_KEY in node.extra:
            for said in node_problems(node):
                yield _at(node, NODE_KEY, said)
        if kind in _PLAIN_TYPES and identifier and not node.task_generator:
            continue
        if kind not in TASK_TYPES:
            yield _at(
                node,
                "task_type",
                f"there is no kind of task '{kind}'.{did_you_mean(kind, TASK_TYPES)}",
            )
            continue
        if kind == "ppfport":
            if identifier is not None:
                yield _at(node, "task_identifier", "a ppfport has no task_identifier.")
        elif not identifier:
            yield _at(node, "task_identifier", f"a task of type {kind} needs a task_identifier.")
        if (kind == "generated") != bool(node.task_generator):
            needs = "needs a" if kind == "generated" else "has no"
            yield _at(node, "task_generator", f"a task of type {kind} {needs} task_generator.")


def _links(workflow: Workflow) -> Iterator[Problem]:
    nodes = workflow.nodes
    for link in workflow.links:
        there = link.source in nodes and link.target in nodes
        if there and not (link.map_all_data or link.on_error or link.extra):
            continue  # as nearly all are
        if not there:
            for field, end in (("source", link.source), ("target", link.target)):
                if end not in nodes:
                    close = did_you_mean(id_text(end), (id_text(n) for n in nodes))
                    yield _on(link, field, f"there is no node '{id_text(end)}'.{close}")
        if link.map_all_data and link.data_mapping:
            yield _on(link, "map_all_data", "map_all_data and data_mapping exclude each other.")
        if link.on_error and link.is_conditional:
            yield _on(link, "on_error", "on_error and conditions exclude each other.")
        if LINK_KEY in link.extra:
            for said in link_problems(link):
                yield _on(link, LINK_KEY, said)


def _at(node: Node, field: str, said: str) -> Problem:
    stop = "" if said.endswith((".", "?")) else "."
    return Problem(node.id, field, f"The node '{node.title}', {field}: {said}{stop}")


def _on(link: Link, field: str, said: str) -> Problem:
    where = f"The link from '{id_text(link.source)}' to '{id_text(link.target)}'"
    return Problem(link.target, field, f"{where}, {field}: {said}")


# -- the graph as a whole


def _graph(flat: Workflow) -> Iterator[Problem]:
    required = required_links(flat)
    yield from _fed_twice(flat, required)
    place = {node_id: i for i, node_id in enumerate(flat.nodes)}
    if [1 for link in flat.links if place[link.source] >= place[link.target]]:
        yield from _never_run(flat, required)  # else there is no loop


def _interface(flat: Workflow) -> Iterator[Problem]:
    if KEY in flat.extra:
        try:
            interface_of(flat)
        except WorkflowError as error:
            yield from (Problem(None, KEY, problem) for problem in error.problems)


def _fed_twice(flat: Workflow, required: list[bool]) -> Iterator[Problem]:
    """Inputs that two links give."""
    if len({link.target for link in flat.links}) == len(flat.links):
        return
    fed: dict[tuple[NodeId, Any], NodeId] = {}
    for link, is_required in zip(flat.links, required, strict=True):
        for name in link.data_mapping if is_required else ():
            first = fed.setdefault((link.target, name), link.source)
            if first != link.source:
                yield _at(
                    flat.nodes[link.target],
                    f"{name}",
                    f"both '{id_text(first)}' and '{id_text(link.source)}' give this input.",
                )


def _never_run(flat: Workflow, required: list[bool]) -> Iterator[Problem]:
    """Nodes that wait for each other, so that nothing can start them."""
    start = start_nodes(flat)
    if flat.nodes and not start:
        names = ", ".join(f"'{node.title}'" for node in list(flat.nodes.values())[:5])
        yield Problem(
            None,
            "links",
            f"Nothing starts the workflow: each node waits for another ({names}). "
            "Set force_start_node, or conditions on the link that closes the loop.",
        )
        return
    waits: dict[NodeId, int] = defaultdict(int)
    following: dict[NodeId, list[tuple[NodeId, bool]]] = defaultdict(list)
    for link, is_required in zip(flat.links, required, strict=True):
        waits[link.target] += is_required
        following[link.source].append((link.target, is_required))
    can_run, front = set(start), list(start)
    while front:
        for target, is_required in following[front.pop()]:
            waits[target] -= is_required
            if waits[target] == 0 and target not in can_run:
                can_run.add(target)
                front.append(target)
    waited_for = {
        link.target: link.source
        for link, is_required in zip(flat.links, required, strict=True)
        if is_required and link.source not in can_run
    }
    for node in flat.nodes.values():
        if node.id in waited_for and node.id not in can_run:
            yield _at(
                node,
                "links",
                f"it can never run: it waits for '{id_text(waited_for[node.id])}', which waits "
                "for it in turn or can't run either.",
            )


# -- the tasks


#: kinds of node that are something else than a graph of their own, or an end of one
_WITH_TASK = set(TASK_TYPES) - {"graph", "ppfport"}


def _resolved(nodes: Iterable[Node]) -> tuple[dict[NodeId, Task], list[Problem]]:
    """The tasks of nodes, and what is wrong with those that can't be found."""
    found: dict[NodeId, Task] = {}
    problems = []
    for node in nodes:
        try:
            found[node.id] = resolve(node.task_type, node.task_identifier, node.task_generator)
        except TaskNotFoundError as error:
            problems.append(_at(node, "task_identifier", str(error)))
        except Exception as error:  # the task's own module, while it is imported
            said = f"its task can't be loaded: {type(error).__name__}: {error}."
            problems.append(_at(node, "task_identifier", said))
    return found, problems


def _tasks(flat: Workflow) -> Iterator[Problem]:
    found, problems = _resolved(flat.nodes.values())
    yield from problems
    incoming: dict[NodeId, list[Link]] = defaultdict(list)
    for link in flat.links:
        incoming[link.target].append(link)
        if link.source in found:
            yield from _outputs(link, found[link.source])
    for node_id, task in found.items():
        yield from _inputs(flat, flat.nodes[node_id], task, incoming[node_id])


def _outputs(link: Link, task: Task) -> Iterator[Problem]:
    if not task.outputs:
        return  # nothing, or not known before it runs
    for field in ("data_mapping", "conditions"):
        said = getattr(link, field)
        for name in said if field == "conditions" else said.values():
            if name is not None and name not in task.outputs and not link.on_error:
                close = did_you_mean(name, task.outputs)
                yield _on(
                    link, field, f"{task.title or task.identifier} has no output '{name}'.{close}"
                )


def _inputs(flat: Workflow, node: Node, task: Task, incoming: list[Link]) -> Iterator[Problem]:
    linked = {name for link in incoming for name in link.data_mapping}
    if not task.open_inputs:
        for name in linked - task.inputs.keys():
            close = did_you_mean(name, task.inputs)
            yield _at(node, f"{name}", f"a link gives the unknown input '{name}'.{close}")
        for name in node.default_inputs.keys() - task.inputs.keys():
            close = did_you_mean(name, task.inputs)
            yield _at(node, f"{name}", f"there is no input '{name}'.{close}")
    given = {n: v for n, v in node.default_inputs.items() if n in task.inputs}
    if not any(link.map_all_data for link in incoming):
        for name, spec in task.inputs.items():
            if spec.required and name not in given and name not in linked:
                yield _at(node, name, f"the input '{name}' is missing.")
    given = absolute_paths(task, given, node.folder or flat.folder)
    if judged := {n: v for n, v in given.items() if n not in linked}:
        yield from _values(node, task, judged)


def _values(node: Node, task: Task, given: Mapping[Any, Any]) -> Iterator[Problem]:
    try:
        InputValidator(_SomeInputs(task, given))(given)
        return
    except InputError as error:
        if len(given) == 1:
            (name,) = given
            said = str(error).removeprefix(f"{task.title or task.identifier}: ")
            yield _at(node, f"{name}", said)
            return
    for name, value in given.items():
        yield from _values(node, task, {name: value})


class _SomeInputs(Task):
    """A task as if it had only the inputs whose values are to be judged."""

    def __init__(self, task: Task, names: Mapping[Any, Any]) -> None:
        self.identifier, self.title = task.identifier, task.title
        self.inputs = {name: task.inputs[name] for name in names}

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        return {}
