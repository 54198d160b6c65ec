"""What a workflow takes and gives as a whole, under names of its own.

An extra attribute of the graph, which other tools keep and ignore::

    "interface": {
        "inputs": [{"name": "energy", "node": "setup", "input": "energy", "help": "in keV"}],
        "outputs": [{"name": "pattern", "node": "integrate", "output": "pattern"}]}

Types, units and help follow from the task where they aren't said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, WorkflowError
from ..task.validation import did_you_mean
from .model import Node, Workflow

KEY = "interface"


@dataclass(frozen=True)
class Public:
    """An input or an output of a workflow."""

    name: str
    node: Node
    of: str  #: the input or the output of the node
    help: str = ""


@dataclass(frozen=True)
class Interface:
    """All of them, by name."""

    inputs: dict[str, Public]
    outputs: dict[str, Public]

    def given(self, values: Mapping[str, Any]) -> dict[Any, dict[Any, Any]]:
        """Values for the inputs of the nodes, of values by public name.

        Raises
        ------
        InputError
            For a name that the workflow doesn't declare.
        """
        found: dict[Any, dict[Any, Any]] = {}
        for name, value in values.items():
            if name not in self.inputs:
                raise InputError(
                    f"The workflow has no input '{name}'.{did_you_mean(name, self.inputs)}"
                )
            public = self.inputs[name]
            found.setdefault(public.node.id, {})[public.of] = value
        return found

    def wanted(self) -> list[dict[str, Any]]:
        """The outputs, as `run` takes them."""
        return [
            {"id": public.node.id, "name": public.of, "new_name": name}
            for name, public in self.outputs.items()
        ]


def interface_of(flat: Workflow) -> Interface:
    """What a flat workflow declares, which may be nothing.

    Raises
    ------
    WorkflowError
        With all that is wrong with it.
    """
    wrong: list[str] = []
    said = flat.extra.get(KEY, {})
    if not isinstance(said, Mapping):
        wrong.append(f"it should be a mapping, not {said!r}.")
        said = {}
    found = Interface(
        {p.name: p for p in _read(flat, said, "input", wrong)},
        {p.name: p for p in _read(flat, said, "output", wrong)},
    )
    if wrong:
        problems = tuple(f"The {KEY} of the workflow: {words}" for words in wrong)
        raise WorkflowError(" ".join(problems), problems)
    return found


def _read(flat: Workflow, said: Mapping[str, Any], kind: str, wrong: list[str]) -> Iterator[Public]:
    listed = said.get(f"{kind}s", [])
    if not isinstance(listed, (list, tuple)):
        wrong.append(f"its {kind}s should be a list, not {listed!r}.")
        return
    names: set[str] = set()
    for item in listed:
        if not isinstance(item, Mapping) or not all(
            isinstance(item.get(key), str) for key in ("name", "node", kind)
        ):
            wrong.append(f"an {kind} has a name, a node and an {kind}: {item!r} hasn't.")
            continue
        nodes = flat.find(item["node"])
        if not nodes:
            wrong.append(f"the {kind} '{item['name']}' is of no node: '{item['node']}'.")
        elif item["name"] in names:
            wrong.append(f"there are two {kind}s '{item['name']}'.")
        else:
            names.add(item["name"])
            yield Public(item["name"], nodes[0], item[kind], str(item.get("help", "")))
