"""From the identifier in a graph to the task that it names. Imports it: running code."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import TaskNotFoundError
from .as_class import task_of_name
from .base import Task
from .function import GENERATOR, is_task, task_of
from .importing import IN_FILE, absolute_identifier, import_object


def resolve(
    task_type: str,
    identifier: str | None,
    generator: str | None = None,
    *,
    folder: Path | None = None,
) -> Task:
    """The task that a node names.

    Parameters
    ----------
    folder:
        The workflow's own: where files that the identifier names relatively are looked
        for. The current folder by default.

    Raises
    ------
    TaskNotFoundError
        When nothing goes by that identifier here; the sentence says why.
    """
    if task_type != "ppfport" and (not isinstance(identifier, str) or not identifier):
        raise TaskNotFoundError(f"A task of type '{task_type}' needs a text as its identifier.")
    name = identifier or ""
    if task_type in ("script", "notebook") or IN_FILE in name:
        # a file may change, appear or move between two calls: never cached
        return _find(task_type, name, generator, folder)
    return _find_once(task_type, name, generator)


@lru_cache(maxsize=1024)
def _find_once(task_type: str, identifier: str, generator: str | None) -> Task:
    return _find(task_type, identifier, generator, None)


def _find(task_type: str, identifier: str, generator: str | None, folder: Path | None) -> Task:
    # each kind is imported when a graph first uses it
    if task_type == "generated":
        return _generated(identifier, generator, folder)
    if task_type == "method":
        from .method import MethodTask

        return MethodTask(absolute_identifier(identifier, folder), _callable(identifier, folder))
    if task_type == "class":
        if own := task_of_name(identifier):
            return _generated(own, GENERATOR, folder)
        from .ewoks import EwoksTask, find_class

        found = find_class(identifier, folder)
        if IN_FILE not in identifier:  # the end of a name says nothing to another process
            identifier = f"{found.__module__}.{found.__qualname__}"
        return EwoksTask(absolute_identifier(identifier, folder), found)
    if task_type == "ppfmethod":
        from .ppf import PpfMethodTask

        function = _callable(identifier, folder)
        return PpfMethodTask(absolute_identifier(identifier, folder), function)
    if task_type == "ppfport":
        from .ppf import PpfPortTask

        return PpfPortTask()
    if task_type == "script":
        from .script import ScriptTask

        return ScriptTask(identifier, folder)
    if task_type == "notebook":
        from .notebook import NotebookTask

        return NotebookTask(identifier, folder)
    if task_type == "graph":
        raise TaskNotFoundError("A subgraph is not a task; its nodes are.")
    raise TaskNotFoundError(f"There is no kind of task '{task_type}'.")


def _generated(identifier: str, generator: str | None, folder: Path | None) -> Task:
    if not generator:
        raise TaskNotFoundError(f"The generated task '{identifier}' has no task_generator.")
    if generator == GENERATOR:
        function = _callable(identifier, folder)
        if not is_task(function):
            raise TaskNotFoundError(
                f"'{identifier}' is not a task: a function decorated with @task."
            )
        task = task_of(function)
        if IN_FILE in identifier:  # its module's name means nothing to another process
            task.identifier = absolute_identifier(identifier, folder)
        return task
    from .ewoks import EwoksTask, check_class

    make = _callable(generator, folder)
    try:
        made = make(identifier)
    except Exception as error:  # a foreign function: anything can go wrong in it
        raise TaskNotFoundError(
            f"There is no task '{identifier}': '{generator}' fails with "
            f"{type(error).__name__}: {error}"
        ) from error
    if isinstance(made, Task):
        return made
    return EwoksTask(identifier, check_class(made, identifier), generator)


def _callable(identifier: str, folder: Path | None) -> Any:
    found = import_object(identifier, folder)
    if not callable(found):
        raise TaskNotFoundError(
            f"'{identifier}' is not a task: it is a {type(found).__name__}, not a function."
        )
    return found
