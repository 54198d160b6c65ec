"""Values for the inputs of nodes, from the command line and from a JSON file."""

from __future__ import annotations

import json
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, TaskNotFoundError
from ..workflow import Node, NodeId, Workflow, id_text
from ..workflow.interface import interface_of

Values = dict[NodeId, dict[str | int, Any]]

#: ewoks' flags: how they name nodes, in the order in which they are applied
_FLAGS = {
    "-p": (
        "[NODE:]NAME=VALUE",
        "an input of a node, by its id or label; without, one that the workflow declares, else "
        "of start nodes",
    ),
    "-pn": ("ID:NAME=VALUE", "an input of the node with that id"),
    "-pt": ("TASK:NAME=VALUE", "an input of the nodes of a task (the end of its identifier)"),
    "-pl": ("LABEL:NAME=VALUE", "an input of the nodes with that label"),
    "-ps": ("NAME=VALUE", "an input of the start nodes that have it"),
    "-pa": ("NAME=VALUE", "an input of all nodes that have it"),
}


class _Collect(Action):
    def __call__(
        self, parser: ArgumentParser, options: Namespace, value: Any, flag: str | None = None
    ) -> None:
        options.parameters = [*(options.parameters or []), (flag, str(value))]


def add_flags(parser: ArgumentParser) -> None:
    """Add the flags; what is given ends up in ``parameters``, and the file in ``inputs``."""
    group = parser.add_argument_group(
        "inputs",
        "A value is JSON where it reads as JSON, else text. A NAME of digits is a position.",
    )
    for flag, (form, words) in _FLAGS.items():
        group.add_argument(flag, dest="parameters", action=_Collect, metavar=form, help=words)
    group.add_argument(
        "--inputs", metavar="FILE.json", help='values by node: {"NODE": {"NAME": VALUE}}'
    )


def given_inputs(workflow: Workflow, flat: Workflow, options: Namespace) -> Values:
    """The inputs that were given, by node of the flat graph; flags win over the file.

    Raises
    ------
    InputError
        For a node or an input that isn't there.
    """
    found: Values = {}
    if options.inputs is not None:
        _from_file(flat, options.inputs, found)
    given = options.parameters or []
    for flag in _FLAGS:  # the order that ewoks applies them in
        for text in (text for used, text in given if used == flag):
            for node, name, value in _targets(workflow, flat, flag, text):
                found.setdefault(node.id, {})[name] = value
    for node_id, values in found.items():
        _check_names(workflow, flat.nodes[node_id], values)
    return found


def _from_file(flat: Workflow, file: str, found: Values) -> None:
    from ..execution.selection import node_inputs

    try:
        content = json.loads(Path(file).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: the file can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: this is not JSON: {error}.") from None
    if not isinstance(content, Mapping | list):
        raise InputError(f"{file}: there should be values by node, not {content!r:.60}.")
    try:
        for node_id, values in node_inputs(flat, content).items():
            found.setdefault(node_id, {}).update(values)
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _targets(
    workflow: Workflow, flat: Workflow, flag: str, text: str
) -> Iterator[tuple[Node, str | int, Any]]:
    """The nodes that a flag means, with the input's name and its value."""
    nodes = list(flat.nodes.values())
    if flag in ("-ps", "-pa"):
        name, value = _name_and_value(flag, text)
        chosen = nodes if flag == "-pa" else _start_nodes(flat)
        yield from ((n, name, value) for n in _having(workflow, chosen, name, text, flag))
        return
    keys: dict[str, list[Node]] = {}
    for node in nodes:
        if flag in ("-p", "-pn"):
            keys.setdefault(id_text(node.id), []).append(node)
    if flag in ("-p", "-pl"):
        ids = set(keys)  # an id wins over a label that reads the same
        for node in nodes:
            title = node.title
            if title not in ids:
                keys.setdefault(title, []).append(node)
    if flag == "-pt":
        keys = _by_task(nodes, text)
    # names may hold colons and equal signs themselves: the longest that fits is meant
    fitting = [key for key in keys if text.startswith(f"{key}:")]
    if fitting:
        key = max(fitting, key=len)
        name, value = _name_and_value(flag, text[len(key) + 1 :], text)
        yield from ((node, name, value) for node in keys[key])
        return
    before = text.partition("=")[0]
    if flag == "-p" and ":" not in before:
        name, value = _name_and_value(flag, text)
        if (public := interface_of(flat).inputs.get(str(name))) is not None:
            yield public.node, public.of, value
            return
        chosen = _having(workflow, _start_nodes(flat), name, text, flag)
        yield from ((node, name, value) for node in chosen)
        return
    raise InputError(_no_node(flag, text, before, keys))


def _by_task(nodes: Sequence[Node], text: str) -> dict[str, list[Node]]:
    """The nodes whose task's identifier ends with what stands before one of the colons."""
    found: dict[str, list[Node]] = {}
    parts = text.split(":")
    for n in range(1, len(parts)):
        end = ":".join(parts[:n])
        matching = [node for node in nodes if str(node.task_identifier or "").endswith(end)]
        if end and matching:
            found[end] = matching
    return found


def _no_node(flag: str, text: str, before: str, keys: Mapping[str, Any]) -> str:
    from ..task.validation import did_you_mean

    if ":" not in before:
        return f"{flag} {text}: this should read {_FLAGS[flag][0]}."
    asked = before.rpartition(":")[0]
    kind = {"-pn": "node with the id", "-pt": "node of the task", "-pl": "node with the label"}
    return (
        f"{flag} {text}: there is no {kind.get(flag, 'node')} '{asked}'.{did_you_mean(asked, keys)}"
    )


def _name_and_value(flag: str, text: str, whole: str = "") -> tuple[str | int, Any]:
    name, _, value = text.partition("=")
    if not name:
        raise InputError(f"{flag} {whole or text}: this should read {_FLAGS[flag][0]}.")
    return (int(name) if name.isdecimal() else name), parsed(value)


def parsed(text: str) -> Any:
    """JSON where it reads as JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _start_nodes(flat: Workflow) -> list[Node]:
    from ..workflow.analysis import start_nodes

    return [flat.nodes[node_id] for node_id in start_nodes(flat)]


def _having(
    workflow: Workflow, nodes: Sequence[Node], name: str | int, text: str, flag: str
) -> list[Node]:
    """Of the nodes those that declare the input, else those that take any."""
    tasks = [(node, _task(workflow, node)) for node in nodes]
    having = [node for node, task in tasks if task is not None and str(name) in task.inputs]
    having = having or [n for n, task in tasks if task is not None and task.open_inputs]
    if not having:
        which = "node" if flag == "-pa" else "start node"
        raise InputError(f"{flag} {text}: no {which} has an input '{name}'.")
    return having


def _check_names(workflow: Workflow, node: Node, values: Mapping[str | int, Any]) -> None:
    task = _task(workflow, node)
    if task is None or task.open_inputs:
        return
    from ..task.validation import did_you_mean

    for name in values:
        is_position = isinstance(name, int) and task.task_type == "method"
        if str(name) not in task.inputs and not is_position:
            raise InputError(
                f"Node '{node.title}' has no input '{name}'.{did_you_mean(name, task.inputs)}"
            )


def _task(workflow: Workflow, node: Node) -> Any:
    from ..task import resolve

    try:
        return resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=workflow.folder
        )
    except TaskNotFoundError:
        return None  # the run says so, if it comes to this node
