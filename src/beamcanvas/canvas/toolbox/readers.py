"""The steps of the tool box that read given files or folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any, get_origin

from orangecanvas.registry import WidgetDescription

from ...task import Input, Task
from .registry import catalogue

#: files of a folder that are looked at to find out what it holds
_LOOKED_AT = 2000


@dataclass(frozen=True)
class Reader:
    """A step that reads what is given."""

    kind: WidgetDescription
    input: str  #: that takes it
    value: Any  #: of this input: a path, or a list of them

    @property
    def only_reads(self) -> bool:
        """Whether running it leaves no files anywhere."""
        others = (s for s in self.kind.task.inputs.values() if s.name != self.input)
        return not any(s.param.path in ("save", "folder") for s in others)


def readers(paths: Sequence[Path]) -> list[Reader]:
    """The steps that begin with such files or such a folder, in the order of the tool box.

    A step takes a file whose name is like a pattern of its file chooser, and a folder that
    holds such a file. Steps for several files are left out for one, where another step of
    the same technique takes just one.
    """
    folders = {path.is_dir() for path in paths}
    if len(folders) != 1:
        return []
    kind_of_path = "folder" if folders.pop() else "open"
    names = [_names_in(path) if kind_of_path == "folder" else [path.name] for path in paths]
    texts = [str(path) for path in paths]
    several, single = [], []
    for kind in catalogue().scan().registry.widgets():
        spec = _begins_with(kind.task)
        if spec is None or spec.param.path != kind_of_path:
            continue
        patterns = _patterns(spec)
        if not all(any(_is_like(n, p) for n in some for p in patterns) for some in names):
            continue
        if get_origin(spec.annotation) is list:
            several.append(Reader(kind, spec.name, texts))
        elif len(texts) == 1:
            single.append(Reader(kind, spec.name, texts[0]))
    alone = {reader.kind.category for reader in single}
    return single + [reader for reader in several if reader.kind.category not in alone]


def _names_in(folder: Path) -> list[str]:
    try:
        return [file.name for file in islice(folder.iterdir(), _LOOKED_AT)]
    except OSError:  # it may not be looked into
        return []


def _begins_with(task: Task) -> Input | None:
    """The first required input, where no link has to come before."""
    required = [spec for spec in task.inputs.values() if spec.required]
    return required[0] if required and not any(spec.is_data for spec in required) else None


def _patterns(spec: Input) -> list[str]:
    """The patterns of a file chooser, less that of all files; none where it is for workflows."""
    words = spec.param.filter.replace(";;", " ")
    patterns = [part.strip("()") for part in words.split() if "*" in part]
    return [] if "*.ows" in patterns else [p for p in patterns if p != "*"]


def _is_like(name: str, pattern: str) -> bool:
    return fnmatch(name.lower(), pattern.lower())
