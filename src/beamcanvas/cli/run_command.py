"""``beamcanvas run FILE``: a workflow, headless."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, InputError, TaskError
from ..workflow import NodeId, Workflow
from ..workflow.interface import interface_of
from .parameters import add_flags, given_inputs
from .words import Parser, note, note_remarks

if TYPE_CHECKING:
    from ..execution import Result
    from ..execution.events import Handler

#: ewoks' words for the outputs that are kept in memory; None is all
_WANTED: dict[str, list[dict[str, Any]] | None] = {
    "none": [],
    "end": [{"all": False}],
    "all": None,
}


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "run", "Run a workflow.",
        "scheme.ows",
        "scheme.ows -p Experiment:energy=30.49 -p image:file=scan_12.tif --results scan_12.h5",
        "scheme.ows --executor processes --json > outputs.json",
        "scan_12.h5                  # again what made these results",
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="workflow, or file of results")
    made.add_argument(
        "--help-for", action="store_true", help="tell what FILE takes and gives, and run nothing"
    )
    made.add_argument(
        "--dry-run", action="store_true",
        help="tell what would run, where, with which inputs, and what is missing",
    )  # fmt: skip
    made.add_argument(
        "--executor", default="inline", metavar="NAME[:ARGUMENT]",
        help="where the nodes run: inline (default), threads[:COUNT], processes[:COUNT], "
        "dask[:COUNT|ADDRESS|slurm:JOBS], celery[:QUEUE], slurm[:SETTINGS|whole], "
        "pypushflow[:POOL] or an installed one",
    )  # fmt: skip
    made.add_argument("--results", metavar="FILE.h5", help="write all results, as NeXus")
    made.add_argument(
        "--cache", metavar="DIR",
        help="keep results in DIR, and run nothing again that ran with the same inputs",
    )  # fmt: skip
    made.add_argument("--json", action="store_true", help="print the outputs as JSON")
    made.add_argument(
        "--events", action="append", default=[], metavar="FILE.db|NAME[:ARGUMENT]",
        help="write the events to an SQLite file, or send them to a handler by its name "
        "(log, redis:URL, websocket:URL, history:URL, an installed one); can be given several "
        "times",
    )  # fmt: skip
    made.add_argument(
        "--no-history", action="store_true",
        help="don't keep this run in your history (see: beamcanvas history)",
    )  # fmt: skip
    made.add_argument("-j", "--jobid", help="name of this run in its events")
    made.add_argument(
        "--outputs", choices=("none", "end", "all", "declared"),
        help="of which nodes the outputs are printed, or those that the workflow declares "
        "(default: none, with --json: end)",
    )  # fmt: skip
    made.add_argument("--merge-outputs", action="store_true", help="print them in one, not by node")
    add_flags(made)
    return made


def run(options: Namespace) -> int:
    """Run it, write the results, print the outputs; raise what failed at the end."""
    from ..execution import run as run_workflow
    from ..workflow.formats import load
    from ..workflow.formats.file import naming

    workflow = load(options.file)
    note_remarks(workflow)
    inputs: Mapping[NodeId, Mapping[Any, Any]] = {}
    wanted: list[dict[str, Any]] | None = None
    asked = options.help_for or options.dry_run or options.outputs == "declared"
    if options.parameters or options.inputs is not None or asked:
        from ..workflow.validation import check

        with naming(Path(options.file)):
            flat = check(workflow)
        inputs = given_inputs(workflow, flat, options)
        if options.help_for or options.dry_run:
            return _tell(options, workflow, flat, inputs)
        if options.outputs == "declared":
            wanted = interface_of(flat).wanted()
    which = options.outputs or ("end" if options.json else "none")
    if which == "declared":
        options.merge_outputs = True
    else:
        wanted = _WANTED[which]
    failure: BaseException | None = None
    try:
        with naming(Path(options.file)), _quiet_stdout(options.json):
            result = run_workflow(
                workflow,
                inputs,
                executor=options.executor,
                outputs=wanted,
                merge_outputs=False,
                results=options.results,
                cache=options.cache,
                events=_handlers(options),
                job_id=options.jobid,
            )
    except (TaskError, Cancelled, KeyboardInterrupt) as error:
        produced: Result | None = getattr(error, "result", None)
        if produced is None:  # stopped before it began
            raise
        failure, result = error, produced
    _tell_warnings(result)
    if which != "none":
        nodes = result.nodes if which == "all" else result.outputs
        _print_outputs(options, nodes, result.file)
    if failure is not None:
        raise failure
    return 0


def _tell(
    options: Namespace,
    workflow: Workflow,
    flat: Workflow,
    inputs: Mapping[NodeId, Mapping[Any, Any]],
) -> int:
    from .asking import print_help, print_plan

    if options.help_for:
        print_help(options.file, workflow, flat)
    else:
        print_plan(workflow, inputs, options.executor, options.cache)
    return 0


def _tell_warnings(result: Result) -> None:
    """What the results warn of, each sentence by the first node that says it."""
    told: set[str] = set()
    for node_id, sentences in result.warnings.items():
        for sentence in sentences:
            if sentence not in told:
                note(f"{result.workflow.nodes[node_id].title}: {sentence}")
        told.update(sentences)


def _handlers(options: Namespace) -> list[str | Handler]:
    handlers: list[str | Handler] = [_handler(text) for text in options.events]
    if not options.no_history and os.environ.get("BEAMCANVAS_HISTORY") != "off":
        handlers += _history()
    if "log" in handlers:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s")
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return (
        [*handlers, "terminal"]
        if on_terminal and not {"log", "terminal"} & {*handlers}
        else handlers
    )


def _history() -> list[Handler]:
    """The user's history, unless it can't be written: that stops nobody."""
    from ..execution.events import make_handler

    try:
        return [make_handler("history")]
    except InputError as error:
        note(f"This run isn't kept in your history. {error}")
        return []


def _handler(text: str) -> str:
    """A handler's name, with its argument, from a name or the path of an SQLite file."""
    from ..execution.events import handler_names

    name, colon, _ = text.partition(":")
    known = handler_names()
    if name in known:
        return text
    if name == "file" or "/" in name or (Path(text).suffix and not colon):
        return f"sqlite:{text}"
    from ..task.validation import did_you_mean

    raise InputError(
        f"--events {text}: this is neither an SQLite file (FILE.db) nor a handler of events."
        f"{did_you_mean(name, known)} There are: {', '.join(known)}."
    )


def _print_outputs(
    options: Namespace, nodes: Mapping[NodeId, Mapping[str, Any]], results: Path | None
) -> None:
    from .document import Document

    document = Document(results)
    spelled = document.of(nodes, merge=options.merge_outputs)
    if options.json:
        print(json.dumps(spelled, ensure_ascii=False, allow_nan=False))
    elif options.merge_outputs:
        _print_lines(spelled)
    else:
        for node, outputs in spelled.items():
            _print_lines({f"{node}.{name}": value for name, value in outputs.items()})
    if document.left_out:
        note("arrays are described only; --results FILE.h5 keeps them.")


def _print_lines(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        print(f"{name} = {json.dumps(value, ensure_ascii=False)}")


@contextmanager
def _quiet_stdout(quiet: bool) -> Iterator[None]:
    """What tasks print, and the programs that they start, goes to the standard error."""
    if not quiet:
        yield
        return
    try:
        if sys.stdout.fileno() != 1:
            raise OSError
        kept = os.dup(1)
    except (OSError, ValueError, AttributeError):  # a stand-in, as in tests
        with redirect_stdout(sys.stderr):
            yield
        return
    sys.stdout.flush()
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
