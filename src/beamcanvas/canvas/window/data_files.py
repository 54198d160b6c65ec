"""The data files that a scheme names: found when it moves, asked for once when missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from AnyQt.QtWidgets import QFileDialog

from ...task import MISSING
from ...task.paths import absolute_paths
from ..run.node_run import NodeRun
from ..scheme import Scheme
from .message_bar import MessageBar


@dataclass(frozen=True)
class DataFile:
    """A file that a setting of a node names, to be read."""

    run: NodeRun
    node: str  #: title
    name: str | int  #: of the input
    place: int | None  #: in a list of files
    path: Path  #: absolute

    def named(self, path: Path) -> Any:
        """The setting's value with another name for this file."""
        if self.place is None:
            return str(path)
        files = list(self.run.settings[self.name])
        files[self.place] = str(path)
        return files

    def replace(self, path: Path) -> None:
        """Let the setting name another file."""
        self.run.set_setting(self.name, self.named(path))


def data_files(scheme: Scheme) -> Iterator[DataFile]:
    """The files that the nodes read, of the tasks that are known without importing more."""
    for node in scheme.nodes:
        run = node.run
        if run is None or run.task is None:
            continue
        absolute = absolute_paths(run.task, run.settings, run.folder)
        for name, spec in run.task.inputs.items():
            value = absolute.get(name, MISSING)
            if spec.param.path != "open" or name in run.linked or not value:
                continue
            several = isinstance(value, (list, tuple))
            for place, path in enumerate(value if several else [value]):
                if isinstance(path, (str, Path)):
                    at = place if several else None
                    yield DataFile(run, node.title, name, at, Path(path))


def keep_found(scheme: Scheme, folder: Path) -> None:
    """Before the scheme moves to another folder: name the files that it reads absolutely."""
    for file in list(data_files(scheme)):
        if file.run.folder != folder and file.path.is_file():
            # the same file by another name: nothing has to run again
            file.run.settings[file.name] = file.named(file.path)
            file.run.inputs_changed.emit()


def ask_for_missing(scheme: Scheme, bar: MessageBar) -> None:
    """Say which files aren't there, and offer to find them."""
    missing = [file for file in data_files(scheme) if not file.path.exists()]
    if not missing:
        return
    first = missing[0]
    words = f"'{first.node}' reads {first.path.name}, which is not in {first.path.parent}."
    if len(missing) > 1:
        words += f" {len(missing) - 1} more files are missing too."
    bar.tell(words, "warning", {"Find…": lambda: _find(scheme, missing, bar)})


def _find(scheme: Scheme, missing: list[DataFile], bar: MessageBar) -> None:
    first = missing[0]
    chosen, _ = QFileDialog.getOpenFileName(
        bar.window(), f"Find {first.path.name}", str(first.run.folder)
    )
    if not chosen:
        return
    found_at(missing, Path(chosen))
    ask_for_missing(scheme, bar)


def found_at(missing: list[DataFile], path: Path) -> None:
    """The first missing file is here now; others that lay beside it may lie beside it again."""
    first, *others = missing
    old, new = first.path.parent, path.parent
    first.replace(path)
    for file in others:
        if file.path == first.path:
            file.replace(path)
        elif file.path.is_relative_to(old) and (new / file.path.relative_to(old)).exists():
            file.replace(new / file.path.relative_to(old))
