"""``beamcanvas watch FILE --source DATA``: a workflow that follows a growing file, headless."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, TaskError
from .parameters import add_flags, given_inputs
from .words import Parser, note_remarks

if TYPE_CHECKING:
    from ..execution.watch import Pass
    from ..workflow import Workflow


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "watch", "Run a workflow again whenever a file that it reads has grown.",
        "exafs_plot.ows --source /data/scan_0012.h5",
        "scheme.ows --source spectrum.dat --node Read --rest 10",
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="workflow")
    made.add_argument("--source", metavar="DATA", help="file to follow; as the workflow says")
    made.add_argument("--node", metavar="NODE", help="the node that reads it, by id or label")
    made.add_argument(
        "--every", type=float, default=0.1, metavar="SECONDS",
        help="how often the file is looked at (default: 0.1)",
    )  # fmt: skip
    made.add_argument(
        "--rest", type=float, default=5.0, metavar="SECONDS",
        help="after so long without a change the file counts as whole (default: 5)",
    )  # fmt: skip
    made.add_argument("--executor", default="inline", metavar="NAME", help="where the nodes run")
    add_flags(made)
    return made


def run(options: Namespace) -> int:
    """Follow the file to its end; one line for each pass; raise what failed in the last."""
    from ..execution.watch import watch
    from ..workflow.formats import load
    from ..workflow.formats.file import naming
    from ..workflow.validation import check

    if options.every <= 0 or options.rest <= 0:
        raise InputError("--every and --rest should be above zero.")
    workflow = load(options.file)
    note_remarks(workflow)
    with naming(Path(options.file)):
        flat = check(workflow)
        last = watch(
            workflow,
            options.source,
            node=options.node,
            inputs=given_inputs(workflow, flat, options),
            executor=options.executor,
            every=options.every,
            rest=options.rest,
            on_pass=lambda done: _tell(flat, done),
        )
    for node_id, error in last.failures.items():
        raise TaskError(f"Node '{flat.nodes[node_id].title}' failed: {error}") from error
    return 0


def _tell(flat: Workflow, done: Pass) -> None:
    """One line: which pass, how long, how old, and what the end nodes have in words."""
    from ..workflow.analysis import end_nodes

    words = []
    for node_id in end_nodes(flat):
        if node_id in done.failures:
            words.append(f"{flat.nodes[node_id].title}: {done.failures[node_id]}")
        for value in done.result.nodes.get(node_id, {}).values():
            summary = getattr(value, "summary", None)
            if isinstance(summary, str):
                words.append(summary)
    age = "" if done.age is None else f", {1000 * done.age:.0f} ms after the last change"
    end = ", the last" if done.is_last else ""
    said = "; ".join(words) or "done"
    print(f"pass {done.number}, {1000 * done.seconds:.0f} ms{age}{end}: {said}", flush=True)
