"""``beamcanvas run --help-for FILE`` and ``--dry-run``: what a workflow takes, and would do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import TaskNotFoundError, WorkflowError
from ..execution.plan import plan
from ..task import Input, Task, resolve
from ..workflow import Node, NodeId, Workflow
from ..workflow.analysis import end_nodes, start_nodes
from ..workflow.interface import Interface, Public, interface_of
from ..workflow.rules import rules_of
from .words import print_table


def print_help(file: str, workflow: Workflow, flat: Workflow) -> None:
    """What the workflow takes and gives: what it declares, else its start and end nodes."""
    declared = interface_of(flat)
    print(f"{workflow.title}: beamcanvas run {file} -p NAME=VALUE ...")
    if about := workflow.extra.get("ows", {}).get("description"):
        print(about)
    rows = [_input_row(public, flat) for public in declared.inputs.values()]
    rows = rows or [
        _input_row(Public(f"{node.title}:{name}", node, name), flat)
        for node in (flat.nodes[n] for n in start_nodes(flat))
        for name in _names(node, flat)
    ]
    print()
    print_table(("Input", "Type", "Value", "Help"), rows)
    print()
    print_table(("Output", "Type", "Help"), _output_rows(declared, flat))


def _names(node: Node, flat: Workflow) -> list[str]:
    task = _task(node, flat)
    declared = () if task is None else task.inputs
    return list(dict.fromkeys([*declared, *map(str, node.default_inputs)]))


def _task(node: Node, flat: Workflow) -> Task | None:
    try:
        return resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=flat.folder
        )
    except TaskNotFoundError:
        return None


def _input_row(public: Public, flat: Workflow) -> tuple[str, str, str, str]:
    task = _task(public.node, flat)
    spec = task.inputs.get(public.of) if task is not None else None
    values = {str(name): value for name, value in public.node.default_inputs.items()}
    if public.of in values:
        value = str(values[public.of])
    elif spec is None:
        value = ""
    else:
        value = "needed" if spec.required else str(spec.default)
    unit = f" ({spec.param.unit})" if spec is not None and spec.param.unit else ""
    words = public.help or (spec.help if spec is not None else "")
    return public.name, _type(spec) + unit, value, words


def _type(spec: Any) -> str:
    if spec is None:
        return ""
    name = getattr(spec.annotation, "__name__", str(spec.annotation))
    if isinstance(spec, Input) and "[" in str(spec.annotation):
        name = str(spec.annotation)
    return name.replace("typing.", "")


def _output_rows(declared: Interface, flat: Workflow) -> list[tuple[str, str, str]]:
    wanted = list(declared.outputs.values())
    for node in (flat.nodes[n] for n in end_nodes(flat)) if not wanted else ():
        task = _task(node, flat)
        names = (task.outputs or {}) if task is not None else {}
        wanted += [Public(f"{node.title}.{name}", node, str(name)) for name in names]
    rows = []
    for public in wanted:
        task = _task(public.node, flat)
        spec = (task.outputs or {}).get(public.of) if task is not None else None
        words = public.help or (spec.help if spec is not None else "")
        rows.append((public.name, _type(spec), words))
    return rows


def print_plan(
    workflow: Workflow,
    inputs: Mapping[NodeId, Mapping[Any, Any]],
    executor: str,
    cache: str | Path | None,
) -> None:
    """What would run, where, with which inputs.

    Raises
    ------
    WorkflowError
        With all that is missing or wrong, after what would run is printed.
    """
    found = plan(workflow, inputs, cache=cache)
    rows = []
    for step in found.steps:
        times = "many times" if step.times is None else f"{step.times} times"
        what = step.state if step.times == 1 else f"{step.state}, {times}"
        said = [f"{name}={_short(value)}" for name, value in step.inputs.items()]
        said += [f"{name} from {source}" for name, source in step.linked.items()]
        where = "" if step.state == "is kept" else rules_of(step.node).executor or executor
        task = str(step.node.task_identifier or step.node.task_type)
        rows.append((step.node.title, what, where, task, ", ".join(said)))
    print_table(("Node", "What", "Where", "Task", "Inputs"), rows)
    if found.problems:
        raise WorkflowError(" ".join(found.problems), tuple(found.problems))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
