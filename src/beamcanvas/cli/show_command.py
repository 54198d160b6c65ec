"""``beamcanvas show FILE``: the nodes of a workflow, and what each input gets."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sized
from pathlib import Path
from typing import Any

from ..errors import TaskNotFoundError
from ..task import Task, resolve
from ..workflow import Link, Node, NodeId, Workflow, id_text
from .words import Parser, note, note_remarks, print_table


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "show", "List the nodes of a workflow, their tasks and their inputs.",
        "scheme.ows",
        "scan_12.h5                 # the workflow that made these results",
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="workflow, or file of results")
    return made


def run(options: Namespace) -> int:
    """Print the tables."""
    from ..workflow.flat import flatten
    from ..workflow.formats import load
    from ..workflow.formats.file import naming

    workflow = load(options.file)
    note_remarks(workflow)
    with naming(Path(options.file)):
        flat = flatten(workflow)
    print(f"{workflow.title}: {_count(flat.nodes, 'node')}, {_count(flat.links, 'link')}")
    if not flat.nodes:
        return 0
    nodes = list(flat.nodes.values())
    print_table(
        ("Id", "Label", "Type", "Task"),
        [(id_text(n.id), n.label, n.task_type, str(n.task_identifier or "")) for n in nodes],
    )
    incoming: dict[NodeId, list[Link]] = {}
    for link in flat.links:
        incoming.setdefault(link.target, []).append(link)
    rows = []
    missing = 0
    for node in nodes:
        for row in _inputs(flat, node, _task(node, workflow), incoming.get(node.id, [])):
            rows.append((node.title, *row))
            missing += row[2] == "MISSING"
    if rows:
        print()
        print_table(("Node", "Input", "Value", "From"), rows)
    if missing:
        print(f"\n{missing} required input{'s have' if missing > 1 else ' has'} no value.")
    return 0


def _task(node: Node, workflow: Workflow) -> Task | None:
    try:
        return resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=workflow.folder
        )
    except TaskNotFoundError as error:
        note(f"{node.title}: {error}")
        return None


def _inputs(
    flat: Workflow, node: Node, task: Task | None, links: list[Link]
) -> Iterator[tuple[str, str, str]]:
    """Name, value and origin of each input of a node."""
    specs = task.inputs if task is not None else {}
    names = list(specs) if node.task_type == "method" else []

    def named(key: str | int) -> str:
        """The name of an argument that is given by position."""
        text = str(key)
        return names[int(text)] if text.isdecimal() and int(text) < len(names) else text

    linked: dict[str, str] = {}
    for link in links:
        source = flat.nodes[link.source].title
        if link.map_all_data:
            linked.setdefault("*", f"{source} (all outputs)")
        for name, output in link.data_mapping.items():
            linked[named(name)] = f"{source}.{'*' if output is None else output}"
    given = {named(n): v for n, v in node.default_inputs.items()}
    defaults = {n: s.default for n, s in specs.items()}
    for name in dict.fromkeys([*specs, *given, *linked]):
        spec = specs.get(name)
        unit = spec.param.unit_given(defaults | given) if spec is not None else ""
        if name in linked:
            yield name, "", linked[name]
        elif name in given:
            yield name, _shown(given[name], unit), "set"
        elif spec is not None and spec.required:
            yield name, "", "all outputs" if "*" in linked else "MISSING"
        elif spec is not None:
            yield name, _shown(spec.default, unit), "default"


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _shown(value: Any, unit: str) -> str:
    text = value if isinstance(value, str) and value.strip() else repr(value)
    if value is None:
        text = "none"
    if len(text) > 80:
        return f"{text[:77]}..."
    return f"{text} {unit}" if unit and value is not None else text
