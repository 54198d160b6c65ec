"""``beamcanvas validate FILE``: every problem at once, one line each."""

from __future__ import annotations

from argparse import Namespace

from ..errors import WorkflowError
from .words import Parser, note_remarks


def parser() -> Parser:
    """Its options."""
    made = Parser("validate", "Name everything that is wrong with a workflow. Runs none of it.")
    made.add_argument("file", metavar="FILE")
    return made


def run(options: Namespace) -> int:
    """Print all problems; none is success."""
    from ..workflow.formats import load
    from ..workflow.validation import problems

    workflow = load(options.file)
    note_remarks(workflow)
    found = [f"{options.file}: {problem}" for problem in problems(workflow, tasks=True)]
    if found:
        raise WorkflowError(" ".join(found), tuple(found))
    count = len(workflow.nodes)
    print(f"{options.file}: {count} node{'' if count == 1 else 's'}, nothing is wrong.")
    return 0
