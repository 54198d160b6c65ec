"""``beamcanvas run-each FILE DATA...``: a workflow for each of many files, headless."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import InputError, TaskError
from .parameters import add_flags, given_inputs
from .words import Parser, note_remarks


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "run-each", "Run a workflow for each of many files, one after the other.",
        "slices.ows scans/*.nx --folder results",
        "scheme.ows *.h5 --folder out --takes 'Open scan:file' -p Experiment:energy=30.49",
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="workflow")
    made.add_argument("data", metavar="DATA", nargs="+", help="the files that it is run for")
    made.add_argument(
        "--folder", required=True, metavar="DIR",
        help="where the results of each file are written, and the table states.csv of all; what "
        "the workflow itself saves gets the name of the file at its end",
    )  # fmt: skip
    made.add_argument(
        "--takes", default="file", metavar="[NODE:]NAME",
        help="the input that takes the file (default: 'file' of the node that starts)",
    )  # fmt: skip
    made.add_argument(
        "--again", action="store_true",
        help="run also what has results already; without, it goes on where it was interrupted",
    )  # fmt: skip
    made.add_argument("--executor", default="inline", metavar="NAME", help="where the nodes run")
    add_flags(made)
    return made


def run(options: Namespace) -> int:
    """One line for each file as it ends; raise what failed at the end."""
    from ..execution.each import named, run_each, taking
    from ..workflow.formats import load
    from ..workflow.formats.file import naming
    from ..workflow.validation import check

    workflow = load(options.file)
    note_remarks(workflow)
    node, _, name = options.takes.rpartition(":")
    files = named([Path(data) for data in options.data])
    for file in files.values():
        if not file.exists():
            raise InputError(f"There is no file {file}.")
    with naming(Path(options.file)):
        inputs = given_inputs(workflow, check(workflow), options)
        takes = taking(workflow, node or None), name
    done = run_each(
        workflow,
        files,
        Path(options.folder),
        takes=takes,
        existing="replace" if options.again else "keep",
        executor=options.executor,
        inputs=inputs,
        on_end=lambda row: print(f"{row['File']}: {_words(row)}", flush=True),
    )
    print(f"{done.verdict.partition(',')[0]}, see {done.table}")
    failed = [f"{row['File']}: {row['Problem']}" for row in done.states if row["Problem"]]
    if failed:
        raise TaskError(f"{len(failed)} of {len(files)} files failed.")
    return 0


def _words(row: dict[str, str]) -> str:
    if row["Problem"]:
        return f"failed. {row['Problem']}"
    states = {state for step, state in row.items() if step not in ("File", "Problem")}
    return "done before" if states == {"done before"} else "done"
