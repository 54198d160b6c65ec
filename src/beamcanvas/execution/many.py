"""One scheme run for many files: a line for each file, with the state of each step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from ..task import SILENT, Param, Progress, task
from .each import Existing, Runs, named, run_each, taking


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
        Existing,
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
    ``states.csv`` beside them is brought up to date after each file. A file that a step of
    the scheme saves gets the name of the file at its end, as in ``pattern_scan12.xye``.

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
    return run_each(
        workflow,
        named(files, source, pattern),
        Path(folder),
        takes=(taking(workflow, step), parameter),
        existing=existing,
        executor=executor,
        progress=progress,
    )
