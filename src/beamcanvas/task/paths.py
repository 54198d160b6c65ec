"""Paths among a task's inputs: relative to the workflow's folder in a file, absolute in a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .base import Task


def _is_path(task: Task, name: object) -> bool:
    spec = task.inputs.get(str(name))
    return spec is not None and spec.param.path in ("open", "save", "folder")


def _map(task: Task, inputs: Mapping[Any, Any], change: Any) -> dict[Any, Any]:
    def one(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(one(v) for v in value)
        return change(value) if isinstance(value, (str, Path)) and str(value) else value

    return {n: one(v) if _is_path(task, n) else v for n, v in inputs.items()}


def absolute_paths(task: Task, inputs: Mapping[Any, Any], folder: Path) -> dict[Any, Any]:
    """The inputs with their relative paths taken from `folder`."""
    return _map(task, inputs, lambda v: str(folder / Path(v).expanduser()))


def relative_paths(task: Task, inputs: Mapping[Any, Any], folder: Path) -> dict[Any, Any]:
    """The inputs with each path that lies in `folder` made relative to it.

    So a scheme's folder can be moved, mailed and replayed anywhere.
    """

    def change(value: str | Path) -> str:
        path = Path(os.path.normpath(value))
        if path.is_absolute() and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
        return str(value)

    return _map(task, inputs, change)
