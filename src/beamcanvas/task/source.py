"""The files that a task reads, and whether they are still being written.

A task whose result is not whole yet says so by itself: an output has an attribute
``growing`` that is true. One with an input ``growing`` is told, by whoever follows a file,
that more may come.

A source that reads no file, but a stream or a server, is asked at each look whether there is
more: it has an input ``growing`` and no input for a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .base import Task

GROWING = "growing"  #: the input, and the attribute of an output
PAUSE = 0.1  #: seconds between two questions to a source that reads no file


def input_files(task: Task, values: Mapping[Any, Any], folder: Path) -> dict[str, list[Path]]:
    """The files that a task would open, by input; those that nobody chose have none."""
    found: dict[str, list[Path]] = {}
    for name, spec in task.inputs.items():
        if spec.param.path == "open":
            value = values.get(name)
            given = value if isinstance(value, (list, tuple)) else [value]
            found[name] = [folder / str(v).partition("::")[0] for v in given if v]
    return found


def stamp(files: Mapping[str, list[Path]]) -> tuple[Any, ...]:
    """Something that changes when any of the files does."""
    stamps: list[Any] = []
    for file in (f for group in files.values() for f in group):
        try:
            found = file.stat()
        except OSError:
            stamps.append(None)
        else:
            stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(stamps)


def is_growing(outputs: Mapping[str, Any]) -> bool:
    """Whether any of the outputs says that it is not whole yet."""
    return any(getattr(value, GROWING, False) is True for value in outputs.values())


def can_be_told(task: Task) -> bool:
    """Whether a task wants to know that more may come."""
    return GROWING in task.inputs and task.inputs[GROWING].annotation is bool


def can_be_followed(task: Task, values: Mapping[Any, Any], folder: Path) -> bool:
    """Whether a task reads a file that is chosen, or what grows elsewhere."""
    files = input_files(task, values, folder)
    return any(files.values()) if files else can_be_told(task)


class Following:
    """Says when a task is to run again on files that change, and when they have come to rest.

    Parameters
    ----------
    task, values, folder:
        What would be run.
    rest:
        Seconds without a change after which what is there counts as all.
    """

    def __init__(self, task: Task, values: Mapping[Any, Any], folder: Path, rest: float) -> None:
        self.files = input_files(task, values, folder)
        self.told = can_be_told(task)
        self.rest = rest
        self.last = False  #: the pass that is due, or was made, is the last one
        self._stamp: Any = None
        self._changed: float | None = None

    @property
    def inputs(self) -> dict[str, bool]:
        """What the task is told in the pass that is due."""
        return {GROWING: True} if self.told and not self.last else {}

    def is_due(self, now: float) -> bool:
        """Whether the files changed since the last pass, or have rested: then a last pass.

        Without a file to look at, the task itself is the look.
        """
        if not self.files:
            due = self._changed is None or now - self._changed >= PAUSE
            self._changed = now if due else self._changed
            return due
        found = stamp(self.files)
        if self._changed is None or found != self._stamp:
            self._stamp, self._changed = found, now
            return True
        if self.told and any(found) and now - self._changed > self.rest:
            self.last = True
            return True
        return False

    def passed(self, outputs: Mapping[str, Any]) -> bool:
        """Take note of what a pass gave; whether it was the last."""
        if self.told and outputs and not is_growing(outputs):
            self.last = True
        return self.last
