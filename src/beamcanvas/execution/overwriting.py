"""Data that a workflow reads is not what it writes over, however its steps are set."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, TaskNotFoundError
from ..task import resolve
from ..workflow import NodeId, Workflow


def check_overwriting(
    flat: Workflow,
    folder: Path,
    inputs: Mapping[NodeId, Mapping[Any, Any]] | None = None,
    only: Collection[NodeId] | None = None,
    results: Path | None = None,
) -> None:
    """Refuse a step that would save over a file that it, or one before it, opens.

    Names are compared as they are written: no disk is asked, and no task is looked for, unless
    a file is named twice.

    Parameters
    ----------
    folder:
        That relative paths are relative to.
    inputs:
        Values beyond the workflow's own, by node.
    only:
        The steps that will run; all by default.
    results:
        The file of results, which is written too.

    Raises
    ------
    InputError
        Naming both steps and the file.
    """
    named: dict[str, list[tuple[NodeId, Any]]] = {}
    for node in flat.nodes.values():
        for name, value in {**node.default_inputs, **(inputs or {}).get(node.id, {})}.items():
            for file in _files(value):
                place = os.path.normpath((node.folder or folder) / Path(file).expanduser())
                named.setdefault(place, []).append((node.id, name))
    own = None if results is None else os.path.abspath(results.expanduser())  # noqa: PTH100
    for file, uses in named.items():
        if file == own and Path(file).is_file():
            reader = next((n for n, name in uses if _kind(flat, n, name) == "open"), None)
            if reader is not None:
                raise InputError(
                    f"The results would be written over {file}, which "
                    f"'{flat.nodes[reader].title}' reads: choose another name."
                )
        if len(uses) < 2 or not Path(file).is_file():
            continue
        kinds = [_kind(flat, *use) for use in uses]
        for (saver, _), kind in zip(uses, kinds, strict=True):
            runs = only is None or saver in only
            before = _before(flat, saver) if kind == "save" and runs else set()
            for (opener, _), other in zip(uses, kinds, strict=True):
                if other == "open" and opener in before:
                    raise InputError(_sentence(flat, saver, opener, file))


def _files(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _files(item)
    # what a path is given as; most texts are no paths, and none has a line break
    elif isinstance(value, str | Path) and ("." in str(value) or os.sep in str(value)):
        if "\n" not in str(value) and "\0" not in str(value):
            yield str(value)


def _kind(flat: Workflow, node_id: NodeId, name: Any) -> str:
    node = flat.nodes[node_id]
    try:
        task = resolve(
            node.task_type, node.task_identifier, node.task_generator, folder=flat.folder
        )
    except TaskNotFoundError:  # the run says so, if it comes to this node
        return ""
    spec = task.inputs.get(str(name))
    return "" if spec is None else spec.param.path


def _before(flat: Workflow, node_id: NodeId) -> set[NodeId]:
    """The node and all that it follows from."""
    found, ahead = {node_id}, [node_id]
    while ahead:
        target = ahead.pop()
        sources = {link.source for link in flat.links if link.target == target} - found
        found |= sources
        ahead += sources
    return found


def _sentence(flat: Workflow, saver: NodeId, opener: NodeId, file: str) -> str:
    reader = "it" if saver == opener else f"'{flat.nodes[opener].title}'"
    return (
        f"'{flat.nodes[saver].title}' would write over {file}, which {reader} reads: choose "
        "another name."
    )
