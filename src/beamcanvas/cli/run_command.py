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
from ..workflow import NodeId
from .parameters import add_flags, given_inputs
from .words import Parser, note, note_remarks

if TYPE_CHECKING:
    from ..execution import Result
    from ..nexus.results import ResultsWriter


def parser() -> Parser:
    """Its options."""
    made = Parser("run", "Run a workflow.")
    made.add_argument("file", metavar="FILE", help="workflow, or file of results")
    made.add_argument(
        "--executor", default="inline", metavar="NAME",
        help="where the nodes run: inline (default), threads, processes or an installed one",
    )  # fmt: skip
    made.add_argument("--results", metavar="FILE.h5", help="write all results, as NeXus")
    made.add_argument("--json", action="store_true", help="print the outputs as JSON")
    made.add_argument("--events", metavar="FILE.db", help="write the events, as SQLite")
    made.add_argument("-j", "--jobid", help="name of this run in its events")
    made.add_argument(
        "--outputs", choices=("none", "end", "all"),
        help="of which nodes the outputs are printed (default: none, with --json: end)",
    )  # fmt: skip
    made.add_argument("--merge-outputs", action="store_true", help="print them in one, not by node")
    add_flags(made)
    return made


def run(options: Namespace) -> int:
    """Run it, write the results, print the outputs; raise what failed at the end."""
    from ..execution import run as run_workflow
    from ..workflow.formats import load
    from ..workflow.formats.file import naming
    from ..workflow.validation import check

    workflow = load(options.file)
    note_remarks(workflow)
    with naming(Path(options.file)):
        check(workflow)
    inputs: Mapping[NodeId, Mapping[Any, Any]] = {}
    if options.parameters or options.inputs is not None:
        from ..workflow.flat import flatten

        inputs = given_inputs(workflow, flatten(workflow), options)
    which = options.outputs or ("end" if options.json else "none")
    failure: BaseException | None = None
    with _results(options.results, workflow, inputs) as writer:
        try:
            with naming(Path(options.file)), _quiet_stdout(options.json):
                result = run_workflow(
                    workflow,
                    inputs,
                    executor=options.executor,
                    outputs=_wanted(which, writer is not None),
                    merge_outputs=False,
                    events=_handlers(options),
                    job_id=options.jobid,
                )
        except (TaskError, Cancelled, KeyboardInterrupt) as error:
            produced: Result | None = getattr(error, "result", None)
            if produced is None:  # stopped before it began
                raise
            failure, result = error, produced
        results: Path | None = None
        if writer is not None and _is_worth_keeping(result, failure):
            writer.add(result)
            results = writer.path
        elif writer is not None:
            writer.discard()
    if which != "none":
        nodes = result.nodes if which == "all" else result.outputs
        _print_outputs(options, nodes, results)
    if failure is not None:
        raise failure
    return 0


@contextmanager
def _results(
    file: str | None, workflow: Any, inputs: Mapping[NodeId, Mapping[Any, Any]]
) -> Iterator[ResultsWriter | None]:
    """The results file, made before anything runs, and kept unless nothing could run."""
    if file is None:
        yield None
        return
    from ..nexus.results import ResultsWriter

    writer = ResultsWriter(file, workflow, inputs)
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise
    writer.close()


def _is_worth_keeping(result: Result, failure: BaseException | None) -> bool:
    """Whether anything was produced, or failed by itself; not if the input was bad at once."""
    by_input = failure is not None and isinstance(failure.__cause__, InputError)
    return not by_input or any(result.nodes.values())


def _wanted(which: str, keep_all: bool) -> list[dict[str, bool]] | None:
    """ewoks' words for the outputs to keep in memory; None is all."""
    if keep_all or which == "all":
        return None
    return [] if which == "none" else [{"all": False}]


def _handlers(options: Namespace) -> list[str]:
    handlers = []
    if options.events is not None:
        handlers.append(f"sqlite:{options.events}")
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append("terminal")
    return handlers


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
