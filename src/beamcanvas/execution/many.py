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
from ..workflow import Workflow

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
    titles = [n.title for n in workflow.nodes.values()]
    rows: list[dict[str, str]] = []
    problems: list[str] = []
    target = Path(folder)
    table = target / "states.csv"
    for n, (name, file) in enumerate(names.items()):
        results = target / f"{name}.h5"
        if existing == "keep" and results.exists():
            rows.append({"File": name, **dict.fromkeys(titles, "done before"), "Problem": ""})
        else:
            part = progress.part(n / len(names), (n + 1) / len(names))
            part(0, f"{name} ({n + 1} of {len(names)})")
            values = {node: {parameter: str(file.absolute())}}
            found = _run(workflow, values, executor, results, part)
            rows.append(_row(name, workflow, found))
            if rows[-1]["Problem"]:
                problems.append(f"{name}: {rows[-1]['Problem']}")
                if results.exists():  # to be looked at, and run again the next time
                    results.replace(target / f"{name}_failed.h5")
        _write(table, rows)
    if len(problems) == len(names):
        raise InputError(f"All {len(names)} runs failed. {problems[0]}")
    done = len(names) - len(problems)
    failed = f", {len(problems)} failed: {problems[0]}" if problems else ""
    return Runs(rows, table, f"{done} of {len(names)} done{failed}")


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
    workflow: Workflow, values: Any, executor: str, results: Path, progress: Progress
) -> Result:
    from .run import run

    steps = max(len(workflow.nodes), 1)
    done: set[str] = set()

    def follow(event: dict[str, Any]) -> None:
        if event["context"] == "node" and event["type"] == "end":
            done.add(str(event["node_id"]))
            progress(len(done) / steps)

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


def _row(name: str, workflow: Workflow, result: Result) -> dict[str, str]:
    states: dict[str, str] = {}
    problem = ""
    for node in workflow.nodes.values():
        error = result.errors.get(node.id)
        if error is not None:
            states[node.title] = "failed"
            cause = error.__cause__ or error
            problem = problem or f"{node.title}: {cause}"
        elif node.id in result.times:
            start, end = result.times[node.id]
            states[node.title] = f"done, {end - start:.1f} s"
        else:
            states[node.title] = "not run"
    return {"File": name, **states, "Problem": problem}


def _write(table: Path, rows: list[dict[str, str]]) -> None:
    import csv

    with replacing(table) as (_, new), new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
