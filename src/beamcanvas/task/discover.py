"""The tasks that installed packages offer, through entry points: ours and ewoks'."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from importlib.metadata import entry_points
from types import FunctionType, ModuleType
from typing import Any

from .base import Task
from .function import is_task, task_of
from .method import MethodTask
from .ppf import PpfMethodTask

#: The entry-point group of packages with ``@task`` functions; a value is a module, or a
#: package whose modules are all looked at.
GROUP = "beamcanvas.tasks"
#: ewoks' groups; there the *name* of an entry point is the module, and may hold a ``*``.
EWOKS_GROUPS = ("ewoks.tasks.class", "ewoks.tasks.method", "ewoks.tasks.ppfmethod")

Report = Callable[[str], None]


def discover(*, ewoks: bool = False, report: Report | None = None) -> list[Task]:
    """The tasks of all installed packages, by category and title.

    Parameters
    ----------
    ewoks:
        Also those that packages declare for ewoks; this imports those packages.
    report:
        Told one sentence for each module that can't be imported; logged by default.
    """
    tell = report or logging.getLogger(__name__).warning
    found: dict[tuple[str, str], Task] = {}
    for task in _ours(tell):
        found.setdefault((task.task_type, task.identifier), task)
    if ewoks:
        for task in _of_ewoks(tell):
            found.setdefault((task.task_type, task.identifier), task)
    return sorted(found.values(), key=lambda t: (t.category.lower(), t.title.lower()))


def tasks_in(module: ModuleType) -> Iterator[Task]:
    """The tasks that a module defines with ``@task``; not those that it imports."""
    for thing in vars(module).values():
        if is_task(thing) and thing.__module__ == module.__name__:
            yield task_of(thing)


def _ours(report: Report) -> Iterator[Task]:
    for entry in entry_points(group=GROUP):
        root = _imported(entry.module, report)
        if root is None:
            continue
        yield from tasks_in(root)
        for name in _inside(root, report):
            module = _imported(name, report)
            if module is not None:
                yield from tasks_in(module)


def _of_ewoks(report: Report) -> Iterator[Task]:
    for group in EWOKS_GROUPS:
        kind = group.rpartition(".")[2]
        for pattern in dict.fromkeys(entry.name for entry in entry_points(group=group)):
            for name in _matching(pattern, report):
                module = _imported(name, report)
                if module is not None:
                    yield from _foreign_tasks(module, kind)


def _foreign_tasks(module: ModuleType, kind: str) -> Iterator[Task]:
    for name, thing in sorted(vars(module).items()):
        if getattr(thing, "__module__", "") != module.__name__ or name.startswith("_"):
            continue
        identifier = f"{module.__name__}.{name}"
        if kind == "class" and _is_registered_class(thing):
            from .ewoks import EwoksTask

            yield EwoksTask(identifier, thing)
        elif isinstance(thing, FunctionType):
            if kind == "ppfmethod" and name == "run":
                yield PpfMethodTask(identifier, thing)
            elif kind == "method":
                yield task_of(thing) if is_task(thing) else MethodTask(identifier, thing)


def _is_registered_class(thing: Any) -> bool:
    from .ewoks import is_task_class

    registered = getattr(thing, "class_registry_name", lambda: None)
    return is_task_class(thing) and registered() is not None


def _matching(pattern: str, report: Report) -> Iterator[str]:
    """The modules whose dotted name fits a pattern of as many parts."""
    if "*" not in pattern:
        yield pattern
        return
    root = _imported(pattern.partition(".")[0], report)
    if root is not None:
        for name in _inside(root, report):
            if name.count(".") == pattern.count(".") and fnmatch(name, pattern):
                yield name


def _inside(package: ModuleType, report: Report) -> Iterator[str]:
    def failed(name: str) -> None:
        report(f"The module '{name}' can't be imported.")

    paths = getattr(package, "__path__", ())
    for found in pkgutil.walk_packages(paths, f"{package.__name__}.", failed):
        yield found.name


def _imported(name: str, report: Report) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # what a foreign module raises can be anything
        report(f"The module '{name}' can't be imported: {type(error).__name__}: {error}")
        return None
