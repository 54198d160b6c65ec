"""The workflow inside a NeXus file: the graph format ``nexus``.

It stands in ``/entry/workflow``, an ``NXnote`` whose ``data`` is ewoks' JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, TaskNotFoundError, WorkflowError
from ..workflow import Node, NodeId, Workflow
from .file import SUFFIXES, NewFile, opened

if TYPE_CHECKING:
    import h5py

name = "nexus"
suffixes = SUFFIXES
_NOTE = "entry/workflow"


def read(path: Path) -> Workflow:
    """The workflow in a results file.

    Raises
    ------
    WorkflowError
        When the file isn't HDF5 or holds no workflow.
    """
    from ..workflow.formats import json_file

    try:
        with opened(path) as file:
            data = file.get(f"{_NOTE}/data")
            if data is None or getattr(data, "shape", None) != () or data.dtype.kind != "O":
                raise WorkflowError(
                    f"there is no workflow in it: '/{_NOTE}/data' is missing. "
                    "Only results files of beamcanvas have one."
                )
            text = data.asstr()[()]
    except WorkflowError:
        raise
    except InputError as error:
        raise WorkflowError(str(error).removeprefix(f"{path}: ")) from None
    except (OSError, KeyError, RuntimeError, ValueError) as error:  # damaged inside
        raise WorkflowError(f"the workflow in it can't be read: {error}.") from None
    return json_file.loads(text)


def write(workflow: Workflow, path: Path) -> None:
    """Write the workflow to a NeXus file; results that it holds stay."""
    path = path.absolute()
    try:
        with opened(path):
            existing: Path | None = path
    except InputError:
        existing = None
    new = NewFile(path, existing)
    try:
        entry = new.file.require_group("entry")
        new.file.attrs.setdefault("NX_class", "NXroot")
        new.file.attrs.setdefault("default", "entry")
        entry.attrs.setdefault("NX_class", "NXentry")
        entry.pop("workflow", None)
        write_note(entry, workflow)
    except BaseException:
        new.discard()
        raise
    new.keep()


def write_note(entry: h5py.Group, workflow: Workflow) -> None:
    """Write the workflow into an entry of a NeXus file."""
    from ..workflow.formats import json_file
    from .values import new_group

    text = json_file.dumps(workflow)
    note = new_group(entry, "workflow", "NXnote")
    note["type"] = "application/json"
    note["description"] = "The workflow, as JSON in the structure of ewoks"
    if workflow.path is not None:
        note["file_name"] = workflow.path.name
    note["data"] = text


def as_run(
    workflow: Workflow, folder: Path, inputs: Mapping[NodeId, Mapping[Any, Any]]
) -> Workflow:
    """The workflow as it ran, to be kept in a file in `folder`.

    The inputs of the run become those of the nodes; what a text can't hold (arrays, objects)
    stands in the results only. Relative paths stay valid from `folder`. Subgraphs that are
    files of their own, or that got inputs, are expanded.
    """
    if any(node_id not in workflow.nodes for node_id in inputs) or any(
        node.task_type == "graph" and not isinstance(node.task_identifier, Workflow)
        for node in workflow.nodes.values()
    ):
        from ..workflow.flat import flatten

        workflow = replace(flatten(workflow), path=workflow.path)
    moved = workflow.folder.resolve() != folder.resolve()
    nodes = {}
    for node_id, node in workflow.nodes.items():
        values = {**node.default_inputs, **_spellable(inputs.get(node_id, {}))}
        copy = replace(node, default_inputs=values)
        nodes[node_id] = _moved(copy, workflow.folder, folder) if moved else copy
    return replace(workflow, nodes=nodes)


def _spellable(values: Mapping[Any, Any]) -> dict[Any, Any]:
    from ..workflow.values import Encoder

    kept = {}
    for key, value in values.items():
        try:
            Encoder()(value)
        except WorkflowError:
            continue
        kept[key] = value
    return kept


def _moved(node: Node, old: Path, new: Path) -> Node:
    """The node with its relative paths, valid from another folder."""
    from ..task import resolve
    from ..task.importing import absolute_identifier
    from ..task.paths import absolute_paths, relative_paths

    identifier = node.task_identifier
    if not isinstance(identifier, str):
        return node
    if node.task_type in ("script", "notebook"):
        if (old / identifier).is_file():
            return replace(node, task_identifier=str((old / identifier).absolute()))
        return node
    try:
        task = resolve(node.task_type, identifier, node.task_generator, folder=old)
    except TaskNotFoundError:
        return node
    inputs = absolute_paths(task, node.default_inputs, old.absolute())
    return replace(
        node,
        task_identifier=absolute_identifier(identifier, old),
        default_inputs=relative_paths(task, inputs, new),
    )
