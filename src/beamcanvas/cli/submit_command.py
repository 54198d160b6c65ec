"""``beamcanvas submit FILE ...``: workflows for the workers of a queue."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, TaskError
from ..workflow.interface import interface_of
from .document import Document
from .jobs import add_broker
from .parameters import add_flags, given_inputs
from .words import Parser, note, note_remarks

if TYPE_CHECKING:
    from ..execution.jobs import Board, Submitted


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "submit", "Put up workflows to be run by workers (see: beamcanvas worker). Prints the "
        "id of each job.",
        "scheme.ows",
        "scheme.ows -p image:file=scan_12.tif --results scan_12.h5 --wait",
        "*.ows --queue gpu --results results/",
        "scheme.ows --json           # wait, and print the outputs of the end nodes",
    )  # fmt: skip
    made.add_argument("files", nargs="+", metavar="FILE", help="workflow, or file of results")
    made.add_argument("--wait", action="store_true", help="until all have ended")
    made.add_argument("--queue", default="default", metavar="NAME", help="of which workers")
    made.add_argument(
        "--executor", default="inline", metavar="NAME[:ARGUMENT]",
        help="where the nodes run, on the computer of the worker (default: inline)",
    )  # fmt: skip
    made.add_argument(
        "--results", metavar="FILE.h5|DIR",
        help="write all results, as NeXus; several workflows write to a folder",
    )  # fmt: skip
    made.add_argument("--cache", metavar="DIR", help="keep results in DIR (see: run --cache)")
    made.add_argument("--timeout", type=float, metavar="SECONDS", help="that each may run")
    made.add_argument(
        "--json", action="store_true",
        help="wait, and print the outputs as JSON: those that the workflow declares, else those "
        "of its end nodes; one line for each workflow",
    )  # fmt: skip
    made.add_argument(
        "--no-history", action="store_true", help="don't keep these runs in the history"
    )
    add_broker(made)
    add_flags(made)
    return made


def run(options: Namespace) -> int:
    """Check all of them, put up all of them, and wait if that is asked for."""
    from ..execution.jobs import open_board

    prepared = [_prepared(options, file) for file in options.files]
    with open_board(options.broker) as board:
        if not board.is_served(options.queue):
            note(
                f"no worker takes jobs of the queue '{options.queue}' at {board.name} now: they "
                f"wait for one (beamcanvas worker --queue {options.queue})."
            )
        submitted: list[Submitted] = []
        try:
            for one in prepared:
                submitted.append(_submit(options, board, *one))
                told = sys.stderr if options.json else sys.stdout
                print(submitted[-1].id, file=told, flush=True)
            return _wait(options, submitted) if options.wait or options.json else 0
        except KeyboardInterrupt:
            if submitted:
                ids = " ".join(job.id for job in submitted)
                note(f"the jobs go on. To end them: beamcanvas cancel {ids}")
            raise


def _prepared(options: Namespace, file: str) -> tuple[str, Any, Any, Any]:
    from ..workflow.formats import load
    from ..workflow.formats.file import naming
    from ..workflow.validation import check

    workflow = load(file)
    note_remarks(workflow)
    with naming(Path(file)):
        flat = check(workflow)
        wanted: list[dict[str, Any]] = []
        if options.json:
            wanted = interface_of(flat).wanted() or [{"all": False}]
        return file, workflow, given_inputs(workflow, flat, options), wanted


def _submit(
    options: Namespace, board: Board, file: str, workflow: Any, inputs: Any, wanted: Any
) -> Submitted:
    from ..execution.jobs import submit

    return submit(
        workflow,
        inputs,
        queue=options.queue,
        broker=board,
        executor=options.executor,
        outputs=wanted,
        results=_results(options, file),
        cache=options.cache,
        timeout=options.timeout,
        history=not options.no_history,
    )


def _results(options: Namespace, file: str) -> Path | None:
    if options.results is None:
        return None
    path = Path(options.results).expanduser()
    if path.suffix in (".h5", ".nxs", ".hdf5"):
        if len(options.files) > 1:
            raise InputError(f"--results {path}: several workflows write to a folder, not a file.")
        return path
    path.mkdir(parents=True, exist_ok=True)
    return path / f"{Path(file).stem}.h5"


def _wait(options: Namespace, submitted: list[Submitted]) -> int:
    failures: list[TaskError] = []
    for file, job in zip(options.files, submitted, strict=True):
        try:
            outcome = job.result()
        except TaskError as error:
            failures.append(error)
            if len(submitted) > 1:
                error.problems = tuple(f"{file}: {words}" for words in error.problems)
            outcome = error.result
        if options.json and outcome is not None:
            spelled = Document(outcome.file).of(outcome.outputs)
            print(json.dumps(spelled, ensure_ascii=False, allow_nan=False), flush=True)
    if failures:
        first = failures[0]
        first.problems = tuple(words for error in failures for words in error.problems)
        raise first
    return 0
