"""``beamcanvas convert SRC DST``: a workflow in another format."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..workflow import Workflow
from .words import Parser, note_remarks


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "convert", "Write a workflow in another format. Runs none of it.",
        "scheme.ows scheme.json",
        "scheme.ows .yaml             # beside it: scheme.yaml",
        "scan_12.h5 scheme.ows        # the workflow that made these results",
    )  # fmt: skip
    made.add_argument("source", metavar="SRC", help="workflow, or file of results")
    made.add_argument(
        "destination", metavar="DST", help="file to write; '.json' alone: beside SRC, same name"
    )
    return made


def run(options: Namespace) -> int:
    """Load and save."""
    from ..workflow.formats import load, save

    source = Path(options.source).expanduser()
    destination = Path(options.destination).expanduser()
    if not destination.suffix and destination.name.startswith("."):
        destination = source.with_suffix(destination.name)
    if destination.is_dir():
        raise InputError(f"{destination}: this is a folder, not a file to write to.")
    workflow = load(source)
    note_remarks(workflow)
    _move_paths(workflow, source.absolute().parent, destination.absolute().parent)
    save(workflow, destination)
    return 0


def _move_paths(workflow: Workflow, old: Path, new: Path) -> None:
    """Keep relative paths valid from the new folder: those that are files in the old one."""
    if old.resolve() == new.resolve():
        return

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(v) for v in value]
        if not isinstance(value, str) or not value or Path(value).is_absolute():
            return value
        file, separator, name = value.partition("::")  # a task in a file, a path in HDF5
        try:
            if not (old / file).exists() or file in (".", ".."):
                return value
        except (OSError, ValueError):  # no path at all
            return value
        return Path(os.path.relpath(old / file, new)).as_posix() + separator + name

    for node in workflow.nodes.values():
        node.default_inputs = {n: moved(v) for n, v in node.default_inputs.items()}
        if isinstance(node.task_identifier, Workflow):
            _move_paths(node.task_identifier, old, new)
        else:
            node.task_identifier = moved(node.task_identifier)
