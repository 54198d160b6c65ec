"""One scheme run for many files: a line for each file, with the state of each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from ..errors import InputError
from ..output_file import replacing
from ..task import SILENT, Param, Progress, task
from ..workflow import Workflow, id_text

if TYPE_CHECKING:
    from .run import Result

_LOOK = 0.1  #: seconds after which it is looked whether a run was cancelled


class Runs(NamedTuple):
    """What became of each file, step by step, and the table of it."""

    states: list[dict[str, str]]
    table: Path
    verdict: str


@task(title="Run for each file", category="execution")
def run_for_each(
    scheme: Annotated[
        Path, Param(path="open", filter="Schemes (*.ows *.json *.yaml *.yml);;All files (*)")
    ],
    *,
    files: Annotated[list[Path], Param(path="open")] = [],  # noqa: B006
    source: Annotated[
        Path | None, Param(path="folder", auto="none", label="And those in the folder")
    ] = None,
    pattern: Annotated[str, Param(label="whose names are like")] = "*",
    step: Annotated[str | None, Param(auto="the first one", label="Step that takes the file")] = (
        None
    ),
    parameter: Annotated[str, Param(label="Its setting")] = "file",
    folder: Annotated[Path, Param(path="folder", label="Folder of results")],
    existing: Annotated[
        Literal["keep", "replace"],
        Param(
            label="Files that have results",
            words={"keep": "are skipped", "replace": "are run again"},
        ),
    ] = "keep",
    executor: Annotated[
        Literal["inline", "threads", "processes"],
        Param(
            label="Steps run",
            words={
                "inline": "one after the other",
                "threads": "side by side",
                "processes": "in processes of their own",
            },
            more=True,
        ),
    ] = "inline",
    progress: Progress = SILENT,
) -> Runs:
    """Run a scheme for many files, one after the other. A file that fails stops nobody.

    Each run writes a file of results with everything that it got and gave. The table
    ``states.csv`` beside them is brought up to date after each file.

    Parameters
    ----------
    scheme:
        A workflow that works for one file.
    files:
        The files.
    source:
        A folder with more of them.
    pattern:
        With wildcards * and ?, for the names of files in that folder.
    step:
        Title of the step in the scheme that opens the file.
    parameter:
        The name of that step's setting, as it is in the scheme.
    folder:
        Where results are written: ``<file>.h5`` for each, ``<file>_failed.h5`` for those that
        failed after something was computed.
    existing:
        What to do with a file whose results are there: a run that was interrupted goes on
        where it was.
    executor:
        How the steps of one run are run.

    Raises
    ------
    InputError
        When the scheme or its step isn't there, there are no files, or not one run succeeds.
    """
    from ..workflow.formats import load

    workflow = load(scheme)
    node = _taking(workflow, step)
    names = _files(files, source, pattern)
    columns = _columns(workflow)
    rows = [
        {"File": name, **dict.fromkeys(columns.values(), "waits"), "Problem": ""} for name in names
    ]
    progress.show(lambda: {"states": [dict(row) for row in rows]})
    problems: list[str] = []
    target = Path(folder)
    table = target / "states.csv"
    for n, ((name, file), row) in enumerate(zip(names.items(), rows, strict=True)):
        results = target / f"{name}.h5"
        if existing == "keep" and results.exists():
            row.update(dict.fromkeys(columns.values(), "done before"))
        else:
            part = progress.part(n / len(names), (n + 1) / len(names))
            part(0, f"{name} ({n + 1} of {len(names)})")
            values = {node: {parameter: str(file.absolute())}}
            found = _run(workflow, values, executor, results, part, row, columns)
            row.update(_states(workflow, found, columns))
            if row["Problem"]:
                problems.append(f"{name}: {row['Problem']}")
                if results.exists():  # to be looked at, and run again the next time
                    results.replace(target / f"{name}_failed.h5")
        _write(table, rows)
    if len(problems) == len(names):
        raise InputError(f"All {len(names)} runs failed. {problems[0]}")
    done = len(names) - len(problems)
    failed = f", {len(problems)} failed: {problems[0]}" if problems else ""
    return Runs(rows, table, f"{done} of {len(names)} done{failed}")


def _columns(workflow: Workflow) -> dict[Any, str]:
    """A heading of its own for each step."""
    columns: dict[Any, str] = {}
    for node in workflow.nodes.values():
        title, n = node.title, 2
        while title in columns.values():
            title, n = f"{node.title} {n}", n + 1
        columns[node.id] = title
    return columns


def _taking(workflow: Workflow, step: str | None) -> Any:
    if step is not None:
        found = workflow.find(step)
        if not found:
            raise InputError(
                f"The scheme has no step '{step}', but "
                f"{', '.join(n.title for n in workflow.nodes.values())}."
            )
        return found[0].id
    fed = {link.target for link in workflow.links}
    starts = [n for n in workflow.nodes.values() if n.id not in fed]
    if len(starts) != 1:
        raise InputError(
            f"{len(starts)} steps start the scheme ({', '.join(n.title for n in starts)}): say "
            "which one takes the file."
        )
    return starts[0].id


def _files(files: list[Path], source: Path | None, pattern: str) -> dict[str, Path]:
    """The files by a name of their own each, in their order."""
    found = [Path(f) for f in files]
    if source is not None:
        if not Path(source).is_dir():
            raise InputError(f"{source}: there is no such folder.")
        found += sorted(p for p in Path(source).glob(pattern) if p.is_file())
    if not found:
        raise InputError(
            "There are no files to run the scheme for."
            if source is None
            else f"{source}: there are no files like '{pattern}'."
        )
    names: dict[str, Path] = {}
    for path in dict.fromkeys(found):
        name, n = path.stem, 2
        while name in names:
            name, n = f"{path.stem}_{n}", n + 1
        names[name] = path
    return names


def _run(
    workflow: Workflow,
    values: Any,
    executor: str,
    results: Path,
    progress: Progress,
    row: dict[str, str],
    columns: dict[Any, str],
) -> Result:
    """Run it once; what its steps are at is in `row` meanwhile."""
    from .run import run

    headings = {id_text(node): heading for node, heading in columns.items()}
    done: set[str] = set()

    def follow(event: dict[str, Any]) -> None:
        node = str(event["node_id"])
        if event["context"] != "node" or event["type"] not in ("start", "end"):
            return
        if node in headings:
            row[headings[node]] = "runs" if event["type"] == "start" else "done"
        if event["type"] == "end":
            done.add(node)
            progress(len(done) / max(len(workflow.nodes), 1))

    flag = Flag()
    with _watched(progress, flag):
        return run(
            workflow,
            values,
            executor=executor,
            results=results,
            outputs=[],
            events=[follow],
            cancelled=flag,
            raise_on_error=False,
        )


@contextmanager
def _watched(progress: Progress, flag: Flag) -> Iterator[None]:
    """Set `flag` when the task is cancelled, and raise that afterwards."""
    ended = Flag()

    def look() -> None:
        while not ended.wait(_LOOK):
            if progress.cancelled:
                flag.set()
                return

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    progress.check()


def _states(workflow: Workflow, result: Result, columns: dict[Any, str]) -> dict[str, str]:
    states = {"Problem": ""}
    for node in workflow.nodes.values():
        heading, error = columns[node.id], result.errors.get(node.id)
        if error is not None:
            states[heading] = "failed"
            states["Problem"] = states["Problem"] or f"{node.title}: {error.__cause__ or error}"
        elif node.id in result.times:
            start, end = result.times[node.id]
            states[heading] = f"done, {end - start:.1f} s"
        else:
            states[heading] = "not run"
    return states


def _write(table: Path, rows: list[dict[str, str]]) -> None:
    import csv

    with replacing(table) as (_, new), new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
