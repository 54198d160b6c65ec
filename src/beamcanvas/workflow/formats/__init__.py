"""A workflow's spellings: JSON, YAML, Orange's ``.ows``, networkx graphs and plain mappings.

A format is a module with a ``name``, its ``suffixes``, ``read(path) -> Workflow`` and
``write(workflow, path)``, and for a text also ``loads(text)`` and ``dumps(workflow)``.
Others add one by the entry point ``beamcanvas.formats`` whose value is the module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import WorkflowError
from ..model import Workflow
from .ewoks_dict import from_dict, to_dict
from .file import naming
from .finding import Format, by_suffix, format_named, format_of, formats, suffixes
from .networkx_graph import from_networkx, to_networkx

__all__ = [
    "Format",
    "dumps",
    "format_named",
    "format_of",
    "formats",
    "from_dict",
    "from_networkx",
    "load",
    "loads",
    "save",
    "suffixes",
    "to_dict",
    "to_networkx",
]


_TRIED_SUFFIXES = (".json", ".yml", ".yaml", ".ows")


# -- loading


def load(
    source: Any,
    format: str | None = None,
    *,
    root_dir: str | Path | None = None,
    root_module: str | None = None,
) -> Workflow:
    """Load a workflow. Nothing in it is imported or run.

    Parameters
    ----------
    source:
        A path, with or without its suffix; a JSON text; a mapping; a networkx graph, or an
        object that has one as its ``graph``; a `Workflow`, which is returned as it is; None
        for an empty one.
    format:
        Its format, where the suffix doesn't tell; ewoks' names are understood too
        (``json_module``: ``package.name`` of a file in that package).
    root_dir:
        Folder that a relative path starts in, also the paths of subgraphs that aren't
        beside the file that names them; the current folder by default.
    root_module:
        Package whose folder that is, where no `root_dir` is given; the workflow's id
        becomes ``package.name``.

    Raises
    ------
    WorkflowError
        One sentence that names the file and all that is wrong with it.
    """
    if isinstance(source, Workflow):
        return source
    if source is None or (isinstance(source, (str, Mapping)) and not source):
        return Workflow()
    if isinstance(source, Mapping):
        return from_dict(source)
    if isinstance(source, str) and (format == "json_string" or ("{" in source and "}" in source)):
        return loads(source)
    if isinstance(source, (str, os.PathLike)):
        return _load_file(os.fspath(source), format, root_dir, root_module)
    for graph in (source, getattr(source, "graph", None)):
        if hasattr(graph, "is_directed"):
            return from_networkx(graph)
    raise WorkflowError(f"A workflow can't be loaded from a {type(source).__name__}.")


def _load_file(
    source: str, format: str | None, root_dir: str | Path | None, root_module: str | None
) -> Workflow:
    if format in ("json_module", "yaml_module"):
        package, _, source = source.rpartition(".")
        format = format.removesuffix("_module")
        if package:
            source = str(package_folder(package) / f"{source}.{format}")
    if root_dir:
        root_module = None
    elif root_module:
        root_dir = package_folder(root_module)
    root = Path(root_dir).expanduser() if root_dir else None
    path = find_file(source, (root or Path(),))
    with naming(path):
        if format is not None:
            workflow = format_named(format).read(path)
        else:
            found, faults = by_suffix(path.suffix)
            workflow = found.read(path) if found else _read_unknown(path, faults)
    if root_module:
        workflow.id = f"{root_module}.{path.stem}"
    place(workflow, path, (root.absolute(),) if root else ())
    return workflow


def place(workflow: Workflow, path: Path, roots: tuple[Path, ...]) -> None:
    """Tell a workflow, and those in it, the file that they came from."""
    workflow.path, workflow.roots = path, roots
    for node in workflow.nodes.values():
        if node.task_type == "graph" and isinstance(node.task_identifier, Workflow):
            place(node.task_identifier, path, roots)


def find_file(source: str, folders: tuple[Path, ...]) -> Path:
    """The file that `source` names in the first of `folders` that has it.

    Without a suffix, or with the wrong one, those of the workflow formats are tried.

    Raises
    ------
    WorkflowError
        When there is none.
    """
    asked = Path(source).expanduser()
    candidates = [Path(os.path.normpath(folder.absolute() / asked)) for folder in folders]
    try:
        for candidate in candidates:
            if candidate.is_file():
                return candidate
            for suffix in _TRIED_SUFFIXES if candidate.name else ():
                if (other := candidate.with_suffix(suffix)).is_file():
                    return other
        is_folder = candidates[0].is_dir()
    except (OSError, ValueError) as error:  # a name that is too long, or has a null character
        raise WorkflowError(f"{source!r} can't be the path of a file: {error}.") from None
    if is_folder:
        raise WorkflowError(f"{candidates[0]} is a folder, not a workflow file.")
    raise WorkflowError(f"There is no file {candidates[0]}.")


def package_folder(package: str) -> Path:
    """The folder of an installed package; only its parents are imported."""
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError, AttributeError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise WorkflowError(f"There is no package '{package}' here.")
    return Path(next(iter(spec.submodule_search_locations)))


def _read_unknown(path: Path, faults: list[str]) -> Workflow:
    """A file whose suffix tells nothing; `faults` are those of formats that may be meant."""
    from .file import as_text, read_bytes

    content = read_bytes(path)
    if content.startswith(b"\x89HDF"):
        return format_named("nexus").read(path)
    try:
        if b"\0" in content:
            raise WorkflowError("this is no workflow: it is neither a text nor HDF5.")
        text = as_text(content).lstrip()
        if not text:
            raise WorkflowError("the file is empty.")
        name = "ows" if text.startswith("<") else "json" if text.startswith("{") else "yaml"
        return loads(text, name)
    except WorkflowError as error:
        raise WorkflowError(" ".join([str(error), *faults])) from error.__cause__


# -- saving


def save(workflow: Workflow, path: str | Path, format: str | None = None) -> Path:
    """Write a workflow to a file, whole or not at all; returns the file's path.

    Parameters
    ----------
    format:
        Its name; the suffix tells by default.

    Raises
    ------
    WorkflowError
        When the suffix tells no format, or a value can't be stored.
    InputError
        When the file can't be written.
    """
    path = Path(path).expanduser()
    chosen = format_of(path) if format is None else format_named(format)
    with naming(path):
        chosen.write(workflow, path)
    return path


# -- texts


def loads(text: str, format: str = "json") -> Workflow:
    """The workflow that a text describes."""
    workflow: Workflow = _text_format(format).loads(text)
    return workflow


def dumps(workflow: Workflow, format: str = "json") -> str:
    """The workflow as a text."""
    text: str = _text_format(format).dumps(workflow)
    return text


def _text_format(name: str) -> Any:
    found = format_named(name)
    if not hasattr(found, "loads"):
        raise WorkflowError(f"The workflow format '{name}' is not a text.")
    return found
