"""``beamcanvas history``: what ran, how it ended, and again."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .words import Parser, print_table

if TYPE_CHECKING:
    from ..execution.history import History, PastRun

_WHAT = ("list", "show", "run", "open", "save")
#: so many are listed
_LAST = 30


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "history", "What ran: list it, look at a run, run it again.",
        "",
        "--workflow powder --state failed --since 2026-05-17",
        "show 1f3a                   # the run whose id begins with this",
        "run 1f3a                    # the same again, with the same values",
        "open 1f3a                   # on the canvas",
        "save 1f3a again.ows",
    )  # fmt: skip
    made.add_argument("what", nargs="?", choices=_WHAT, default="list", help="default: list")
    made.add_argument("id", nargs="?", metavar="ID", help="of the run, or the beginning of it")
    made.add_argument("file", nargs="?", metavar="FILE", help="to save the workflow to")
    made.add_argument("--workflow", metavar="TEXT", help="part of its name or its file")
    made.add_argument("--state", choices=("running", "done", "failed", "stopped", "lost"))
    made.add_argument("--user", metavar="NAME")
    made.add_argument("--host", metavar="NAME")
    made.add_argument("--since", metavar="TIME", help="2026-05-17, or 2026-05-17T14:30")
    made.add_argument("--until", metavar="TIME")
    made.add_argument("--limit", type=int, default=_LAST, help=f"so many (default: {_LAST})")
    made.add_argument(
        "--history", metavar="FILE.db|URL",
        help="another history than your own: a file, or postgresql://user@host/database",
    )  # fmt: skip
    made.add_argument("--json", action="store_true", help="print it as JSON")
    return made


def run(options: Namespace) -> int:
    """List, show, or run again."""
    from ..execution.history import History

    history = History(options.history)
    if options.what == "list":
        return _list(history, options)
    if options.id is None:
        raise InputError(f"Which run? Say: beamcanvas history {options.what} ID")
    if options.what == "show":
        return _show(history.run(options.id), options.json)
    if options.what == "save":
        if options.file is None:
            raise InputError("To which file? Say: beamcanvas history save ID FILE")
        print(_save(history, options.id, Path(options.file).expanduser()))
        return 0
    if options.what == "run":
        return _again(history, options.id)
    from tempfile import mkdtemp

    from .open_command import parser as open_parser
    from .open_command import run as open_canvas

    file = _save(history, options.id, Path(mkdtemp(prefix="beamcanvas-"), "again.ows"))
    return open_canvas(open_parser().parse_args([str(file)]))


def _list(history: History, options: Namespace) -> int:
    found = history.runs(
        workflow=options.workflow,
        state=options.state,
        user=options.user,
        host=options.host,
        since=options.since,
        until=options.until,
        limit=options.limit,
    )
    if options.json:
        print(json.dumps([_spelled(run) for run in found], default=str))
        return 0
    rows = [
        (
            run.job_id[:8],
            _local(run.started),
            run.state,
            _seconds(run.seconds),
            run.title,
            run.user_name or "",
            run.host_name or "",
            run.error or "",
        )
        for run in found
    ]
    print_table(("Run", "Began", "State", "Took", "Workflow", "User", "Host", "Error"), rows)
    return 0


def _show(run: PastRun, as_json: bool) -> int:
    if as_json:
        print(json.dumps(_spelled(run), default=str))
        return 0
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    for name, value in (
        ("run", run.job_id),
        ("workflow", f"{run.title}{f' ({run.path})' if run.path else ''}"),
        ("state", run.state),
        ("began", _local(run.started)),
        ("took", _seconds(run.seconds)),
        ("where", f"{run.executor}, process {run.process_id} of {run.user_name}@{run.host_name}"),
        ("results", run.results),
        ("versions", versions),
        ("error", run.error),
    ):
        if value:
            print(f"{name + ':':<10}{value}")
    print()
    rows = []
    for node in run.nodes:
        far = f" {node.progress} %" if node.ended is None and node.progress is not None else ""
        said = [f"{name}={_short(value)}" for name, value in node.inputs.items()]
        said += [f"{name} from {source}" for name, source in node.linked.items()]
        rows.append(
            (
                node.node_id,
                node.task or "",
                node.state + far,
                _local(node.started),
                _seconds(node.seconds),
                ", ".join(said),
                node.error or "",
            )
        )
    print_table(("Node", "Task", "State", "Began", "Took", "Inputs", "Error"), rows)
    return 0


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _again(history: History, job_id: str) -> int:
    from ..execution import run as run_workflow

    result = run_workflow(history.workflow(job_id), outputs=[], events=[f"history:{history.where}"])
    print(result.job_id)
    return 0


def _save(history: History, job_id: str, file: Path) -> Path:
    from ..nexus.workflow_file import as_run
    from ..workflow.formats import save

    if file.exists():
        raise InputError(f"{file}: there is a file of this name already.")
    return save(as_run(history.workflow(job_id), file.absolute().parent, {}), file)


def _spelled(run: PastRun) -> dict[str, object]:
    return {**asdict(run), "seconds": run.seconds}


def _local(time: str) -> str:
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
