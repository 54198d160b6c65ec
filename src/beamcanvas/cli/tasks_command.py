"""``beamcanvas tasks [PATTERN]``: what can be put into a workflow."""

from __future__ import annotations

import sys
from argparse import Namespace
from fnmatch import fnmatch

from ..task import Task
from .words import Parser, note, print_table


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "tasks", "List the tasks of the installed packages.", "integrate", "'*powder.save*'"
    )
    made.add_argument(
        "pattern", nargs="?", metavar="PATTERN",
        help="part of a name, a category or an identifier; * stands for anything",
    )  # fmt: skip
    return made


def run(options: Namespace) -> int:
    """Print those that match; none is no error."""
    from ..task.discover import discover

    found = [t for t in discover(ewoks=True, report=note) if _matches(t, options.pattern)]
    if not found:
        said = (
            "No task is installed."
            if not options.pattern
            else f"No task matches '{options.pattern}'."
        )
        print(said, file=sys.stderr)
        return 0
    rows = [(t.category, t.title, t.task_type, t.identifier) for t in found]
    print_table(("Category", "Task", "Type", "Identifier"), rows)
    return 0


def _matches(task: Task, pattern: str | None) -> bool:
    if pattern is None:
        return True
    pattern = pattern.lower()
    names = (task.identifier.lower(), task.title.lower(), task.category.lower())
    return any(pattern in name or fnmatch(name, pattern) for name in names)
