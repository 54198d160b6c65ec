"""From the identifier in a graph to the task that it names. Imports it: running code."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

from ..errors import TaskNotFoundError
from .base import Task
from .function import GENERATOR, is_task, task_of


def resolve(task_type: str, identifier: str | None, generator: str | None = None) -> Task:
    """The task that a node names.

    Raises
    ------
    TaskNotFoundError
        When nothing goes by that identifier here; the sentence says why.
    """
    return _resolve(task_type, identifier, generator)


@lru_cache(maxsize=1024)
def _resolve(task_type: str, identifier: str | None, generator: str | None) -> Task:
    if generator == GENERATOR and identifier:
        return task_of(_import(identifier))
    raise TaskNotFoundError(f"There is no kind of task '{task_type}'.")


def _import(identifier: str) -> Any:
    """The object at a dotted path."""
    module_name, _, name = identifier.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise TaskNotFoundError(f"There is no task '{identifier}': {error}.") from error
    if not is_task(found):
        raise TaskNotFoundError(f"'{identifier}' is not a task.")
    return found
