"""Runs of one workflow for many files, one after the other, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import InputError, TaskNotFoundError
from ..output_file import replacing
from ..task import SILENT, Progress, resolve
from ..workflow import NodeId, Workflow, id_text
from ..workflow.validation import check

if TYPE_CHECKING:
    from .run import Result

Existing = Literal["keep", "replace"]

_LOOK = 0.1  #: seconds after which it is looked whether a run was cancelled


class Runs(NamedTuple):
    """What became of each file, step by step, and the table of it."""

    states: list[dict[str, str]]
    table: Path
    verdict: str


def run_each(
    workflow: Workflow,
    files: Mapping[str, Path],
    folder: Path,
    *,
    takes: tuple[NodeId, str],
    existing: Existing = "keep",
    executor: str = "inline",
    inputs: Mapping[NodeId, Mapping[Any, Any]] | None = None,
    progress: Progress = SILENT,
    on_end: Callable[[dict[str, str]], None] = lambda _: None,
) -> Runs:
    """Run a workflow for each file. One that fails stops nobody.

    Each run writes ``<name>.h5`` with everything that it got and gave, or ``<name>_failed.h5``;
    the table ``states.csv`` is brought up to date after each. A file that a step of the
    workflow saves gets the name at its end, so that no run writes over another's.

    Parameters
    ----------
    files:
        By a name of their own each (:func:`named`).
    takes:
        The node that opens the file, and the name of its input (:func:`taking`).
    existing:
        What to do with a file whose results are there.
    inputs:
        Other values, by node, the same for all files.
    on_end:
        Called with a file's line of the table when it is done.

    Raises
    ------
    InputError
        When not one run succeeds.
    """
    columns = _columns(workflow)
    rows = [
        {"File": name, **dict.fromkeys(columns.values(), "waits"), "Problem": ""} for name in files
    ]
    progress.show(lambda: {"states": [dict(row) for row in rows]})
    problems: list[str] = []
    table = folder / "states.csv"
    node, parameter = takes
    for name, file in files.items():
        if file.absolute() == (folder / f"{name}.h5").absolute():
            raise InputError(
                f"The results of {file} would lie in its place: choose another folder."
            )
    saved = _saved(check(workflow), inputs or {})
    for n, ((name, file), row) in enumerate(zip(files.items(), rows, strict=True)):
        results = folder / f"{name}.h5"
        if existing == "keep" and results.exists():
            row.update(dict.fromkeys(columns.values(), "done before"))
        else:
            part = progress.part(n / len(files), (n + 1) / len(files))
            part(0, f"{name} ({n + 1} of {len(files)})")
            values = {key: dict(given) for key, given in (inputs or {}).items()}
            for step, key, path in saved:
                own = path.with_name(f"{path.stem}_{name}{path.suffix}")
                values.setdefault(step, {})[key] = str(own)
            values.setdefault(node, {})[parameter] = str(file.absolute())
            try:
                found = _run(workflow, values, executor, results, part, row, columns)
            except BaseException:  # cancelled: what there is by now is no result
                _set_aside(results)
                raise
            row.update(_states(workflow, found, columns))
            if row["Problem"]:
                problems.append(f"{name}: {row['Problem']}")
                _set_aside(results)
        _write(table, rows)
        on_end(row)
    if len(problems) == len(files):
        raise InputError(f"All {len(files)} runs failed. {problems[0]}")
    done = len(files) - len(problems)
    failed = f", {len(problems)} failed: {problems[0]}" if problems else ""
    return Runs(rows, table, f"{done} of {len(files)} done{failed}")


def taking(workflow: Workflow, step: str | None) -> NodeId:
    """The node that takes the file: by its id or title, or the one that starts the scheme.

    Raises
    ------
    InputError
        When there is no such node, or not just one.
    """
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


def named(files: Sequence[Path], source: Path | None = None, pattern: str = "*") -> dict[str, Path]:
    """Files, and those in a folder, by a name of their own each, in their order.

    Raises
    ------
    InputError
        When there are none.
    """
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


def _saved(
    flat: Workflow, inputs: Mapping[NodeId, Mapping[Any, Any]]
) -> list[tuple[NodeId, Any, Path]]:
    """The files that steps are told to save: by which step, in which input."""
    found = []
    linked = {(link.target, name) for link in flat.links for name in link.data_mapping}
    for node in flat.nodes.values():
        try:
            task = resolve(
                node.task_type, node.task_identifier, node.task_generator, folder=flat.folder
            )
        except TaskNotFoundError:  # the run says so, if it comes to this node
            continue
        given = {**node.default_inputs, **inputs.get(node.id, {})}
        for name, value in given.items():
            known = task.inputs.get(str(name))
            is_saved = known is not None and known.param.path == "save"
            if is_saved and isinstance(value, str | Path) and (node.id, name) not in linked:
                found.append((node.id, name, Path(value)))
    return found


def _columns(workflow: Workflow) -> dict[Any, str]:
    """A heading of its own for each step."""
    columns: dict[Any, str] = {}
    for node in workflow.nodes.values():
        title, n = node.title, 2
        while title in columns.values():
            title, n = f"{node.title} {n}", n + 1
        columns[node.id] = title
    return columns


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


def _set_aside(results: Path) -> None:
    """Keep them to be looked at, and let the file be run again the next time."""
    if results.exists():
        results.replace(results.with_name(f"{results.stem}_failed.h5"))


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
            words = str(error.__cause__ or error).removeprefix(f"{node.title}: ")
            states["Problem"] = states["Problem"] or f"{node.title}: {words}"
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
