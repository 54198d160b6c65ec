"""What could run: the workflow, its steps, their tasks, inputs and outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import BeamcanvasError
from ...task import Task, resolve
from ...task.paths import absolute_paths
from ...workflow import InputName, Node, NodeId, Workflow, id_text
from .entities import Entities, Reference, fragment
from .files import Files

FORMAL = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_HOME = "https://pypi.org/project/"


class Steps:
    """The steps of a flat workflow, as entities."""

    def __init__(self, flat: Workflow, versions: Mapping[str, str], entities: Entities) -> None:
        self._flat = flat
        self._versions = versions
        self._entities = entities
        self._tasks = {node_id: _task(node, flat) for node_id, node in flat.nodes.items()}
        entities.add(FORMAL, "CreativeWork", name="FormalParameter", version="1.0-RELEASE")

    def parameter(self, node_id: NodeId, name: InputName, way: str) -> Reference:
        """An input (``in``) or an output (``out``) of a step."""
        task = self._tasks[node_id]
        known: Mapping[Any, Any] = {}
        if task is not None:
            known = task.inputs if way == "in" else (task.outputs or {})
        spec = known.get(name)
        is_file = getattr(getattr(spec, "param", None), "path", "") == "open"
        return self._entities.add(
            fragment(way, id_text(node_id), name),
            "FormalParameter",
            name=f"{id_text(node_id)}.{name}",
            additionalType="File" if is_file else _type(getattr(spec, "annotation", None)),
            description=getattr(spec, "help", None),
            conformsTo={"@id": FORMAL},
        )

    def values(self, files: Files, copied: bool) -> dict[NodeId, list[Reference]]:
        """The values that the steps were given; files are copied, or named."""
        found: dict[NodeId, list[Reference]] = {}
        for node_id, node in self._flat.nodes.items():
            read = _files(self._tasks[node_id], node, self._flat.folder)
            for name, value in node.default_inputs.items():
                of = {"exampleOfWork": self.parameter(node_id, name, "in")}
                here = found.setdefault(node_id, [])
                for path in read.get(name, ()):
                    keep = copied and path.is_file()
                    said = {**of, "description": f"Read from {path}"}
                    here.append(
                        files.copy(path, "inputs", **said) if keep else files.refer(path, **of)
                    )
                if name not in read:
                    here.append(self._value(node_id, name, value, of))
        return found

    def _value(self, node_id: NodeId, name: InputName, value: Any, of: Any) -> Reference:
        task = self._tasks[node_id]
        spec = task.inputs.get(str(name)) if task is not None else None
        return self._entities.add(
            fragment("value", id_text(node_id), name),
            "PropertyValue",
            name=str(name),
            value=value if isinstance(value, (bool, int, float, str)) else _text(value),
            unitText=spec.param.unit if spec is not None else None,
            **of,
        )

    def described(self) -> dict[str, list[Reference]]:
        """What the workflow says of them: steps, tasks, inputs, connections."""
        said: dict[str, list[Reference]] = {
            "step": [],
            "hasPart": [],
            "input": [],
            "connection": [],
        }
        linked: dict[NodeId, list[Reference]] = {}
        for link in self._flat.links:
            for target, source in link.data_mapping.items():
                if source is not None:
                    made = self._connection(link.source, source, link.target, target)
                    linked.setdefault(link.target, []).append(made)
        for position, (node_id, node) in enumerate(self._flat.nodes.items(), 1):
            tool = self._tool(node_id, node)
            said["hasPart"].append(tool)
            said["step"].append(
                self._entities.add(
                    step_id(id_text(node_id)),
                    "HowToStep",
                    name=node.title,
                    position=str(position),
                    workExample=tool,
                    connection=linked.get(node_id),
                )
            )
            said["input"] += [self.parameter(node_id, n, "in") for n in node.default_inputs]
            said["connection"] += linked.get(node_id, [])
        return said

    def _tool(self, node_id: NodeId, node: Node) -> Reference:
        task = self._tasks[node_id]
        takes = {*node.default_inputs}
        gives: set[InputName] = set()
        if task is not None:
            takes |= {*task.inputs}
            gives |= {*(task.outputs or {})}
        for link in self._flat.links:
            takes |= {*link.data_mapping} if link.target == node_id else set()
            outputs = {o for o in link.data_mapping.values() if o is not None}
            gives |= outputs if link.source == node_id else set()
        name = str(node.task_identifier or node.task_type)
        package = name.partition(".")[0]
        return self._entities.add(
            tool_id(id_text(node_id)),
            "SoftwareApplication",
            name=name,
            description=task.help if task is not None else None,
            softwareVersion=self._versions.get(package),
            url=f"{_HOME}{package}",
            input=[self.parameter(node_id, n, "in") for n in sorted(takes, key=str)],
            output=[self.parameter(node_id, n, "out") for n in sorted(gives, key=str)],
        )

    def _connection(
        self, source: NodeId, output: InputName, target: NodeId, name: InputName
    ) -> Reference:
        return self._entities.add(
            fragment("link", id_text(source), output, id_text(target), name),
            "ParameterConnection",
            sourceParameter=self.parameter(source, output, "out"),
            targetParameter=self.parameter(target, name, "in"),
        )


def tool_id(node: str) -> str:
    """The id of the task of a node."""
    return fragment("tool", node)


def step_id(node: str) -> str:
    """The id of a node as a step of the workflow."""
    return f"workflow.json{fragment('step', node)}"


def _task(node: Node, flat: Workflow) -> Task | None:
    try:
        return resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=flat.folder
        )
    except BeamcanvasError:  # it isn't installed here
        return None


def _files(task: Task | None, node: Node, folder: Path) -> dict[InputName, list[Path]]:
    """The files among the inputs, by the input."""
    if task is None:
        return {}
    found: dict[InputName, list[Path]] = {}
    for name, value in absolute_paths(task, node.default_inputs, node.folder or folder).items():
        spec = task.inputs.get(str(name))
        if spec is not None and spec.param.path == "open":
            paths = value if isinstance(value, (list, tuple)) else [value]
            found[name] = [Path(p).absolute() for p in paths if isinstance(p, (str, Path)) and p]
    return {name: paths for name, paths in found.items() if paths}


def _type(annotation: Any) -> str:
    words = {bool: "Boolean", int: "Integer", float: "Float", str: "Text", Path: "File"}
    return words.get(annotation, "PropertyValue")


def _text(value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        return str(value)
