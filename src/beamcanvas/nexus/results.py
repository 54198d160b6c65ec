"""The results file of a run: what each node got and gave, and the workflow that did it.

::

    /entry                     NXentry, ``default`` is the last result that can be plotted
        workflow               NXnote, the workflow as JSON, with the inputs of this run
        versions               NXcollection of packages
        <node>                 NXprocess: program, version, start_time, end_time
            inputs             NXcollection
            outputs            NXcollection, NXdata where a value can be plotted

A value that a link handed on is stored once: the input is a link to the output.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..errors import InputError, TaskNotFoundError
from ..task import MISSING, Task, resolve
from ..workflow import Node, NodeId, Workflow
from .file import NewFile, opened
from .values import key_of, mark_key, new_group, read_value, safe_name, write_value
from .workflow_file import as_run, write_note

if TYPE_CHECKING:
    import h5py

ENTRY = "entry"


class ResultsWriter:
    """Writes a results file while the nodes of a workflow run.

    The file has a temporary name until :meth:`close`. Leaving a ``with`` block closes it;
    after a failure too, so that what was computed is kept, if anything was. What was
    written isn't kept in memory. Not for several threads.

    Parameters
    ----------
    path:
        The file; its folder is made. An existing file is replaced at the end.
    workflow:
        What runs; its relative paths are rewritten when the file lies in another folder.
    inputs:
        Values given for this run beyond the workflow's own, by node.

    Raises
    ------
    InputError
        When the file can't be written; at once, before anything is computed.
    """

    def __init__(
        self,
        path: str | Path,
        workflow: Workflow,
        inputs: Mapping[NodeId, Mapping[Any, Any]] | None = None,
    ) -> None:
        self.path = Path(path).expanduser().resolve()
        self._new = NewFile(self.path)
        self._groups: dict[NodeId, str] = {}
        # what was written and is still alive, by its identity: itself, and where it is
        self._stored: dict[int, tuple[Callable[[], Any], str]] = {}
        self._versions = _core_versions()
        self._folder = workflow.folder
        self._closed = False
        self._is_worth_keeping = False
        file = self._new.file
        file.attrs.update(_root_attributes(self.path))
        self._entry = new_group(file, ENTRY, "NXentry")
        self._entry["title"] = workflow.title
        self._entry["start_time"] = _time(datetime.now(UTC))
        write_note(self._entry, as_run(workflow, self.path.parent, inputs or {}))

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.finish(failed=kind is not None)

    def node(
        self,
        node: Node,
        *,
        inputs: Mapping[Any, Any],
        outputs: Mapping[Any, Any] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        error: BaseException | None = None,
        task: Task | None = None,
    ) -> None:
        """Add a node that ran; of one that runs several times, the last time counts.

        Parameters
        ----------
        inputs:
            What its task was given.
        outputs:
            What the task returned; None when it failed.
        error:
            Why it failed.
        task:
            For the version, the units and the defaults of inputs that weren't given.
        """
        self._is_worth_keeping |= not isinstance(error, InputError)
        name = self._groups.get(node.id)
        if name is not None:
            # space of what is replaced stays in the file; loops are rare and short
            old = f"{self._entry.name}/{name}/"
            self._stored = {k: v for k, v in self._stored.items() if not v[1].startswith(old)}
            del self._entry[name]
        else:
            name = safe_name(node.title, self._entry)
            self._groups[node.id] = name
        group = new_group(self._entry, name, "NXprocess")
        group.attrs["node_id"] = json.dumps(node.id)
        group["title"] = node.title
        group["program"] = str(node.task_identifier or node.task_type)
        group["task_type"] = node.task_type
        group["sequence_index"] = len(self._groups)
        group["status"] = "failed" if error is not None else "done"
        for key, time in (("start_time", start), ("end_time", end)):
            if time is not None:
                group[key] = _time(time)
        if task is not None:
            self._describe(group, task)
        self._write_inputs(new_group(group, "inputs", "NXcollection"), inputs, task)
        if error is not None:
            _write_error(group, error)
        self._write_outputs(group, outputs or {})

    def ran(
        self,
        node: Node,
        inputs: Mapping[Any, Any],
        outputs: Mapping[Any, Any],
        times: tuple[float, float],
        error: BaseException | None = None,
    ) -> None:
        """Add a node of a run that has just ended.

        Parameters
        ----------
        times:
            When it started and ended, in seconds since 1970.

        Raises
        ------
        InputError
            When the file can't be written any more: a full disk, a folder that went away.
        """
        start, end = (datetime.fromtimestamp(t, UTC) for t in times)
        task = _task(node, self._folder)
        try:
            self.node(
                node, inputs=inputs, outputs=outputs, start=start, end=end, error=error, task=task
            )
        except OSError as problem:
            raise InputError(f"{self.path}: the results can't be written: {problem}.") from problem

    def _describe(self, group: h5py.Group, task: Task) -> None:
        package = str(task.identifier).partition(".")[0]
        found = self._versions.get(package) or _version(package)
        if found:
            self._versions[package] = found
        version = " ".join(v for v in (found and f"{package} {found}", task.version) if v)
        if version:
            group["version"] = version

    def _write_inputs(
        self, group: h5py.Group, inputs: Mapping[Any, Any], task: Task | None
    ) -> None:
        import h5py

        specs = task.inputs if task is not None else {}
        for key, value in inputs.items():
            name = safe_name(str(key), group)
            stored = self._stored.get(id(value))
            if stored is not None and stored[0]() is value:
                group[name] = h5py.SoftLink(stored[1])
            elif value is not MISSING:
                spec = specs.get(str(key))
                written = write_value(group, name, value, spec.param.unit if spec else "")
                mark_key(written, key)
        for key, spec in specs.items():
            if key not in inputs and spec.default is not MISSING:
                name = safe_name(key, group)
                written = write_value(group, name, spec.default, spec.param.unit)
                written.attrs["is_default"] = True

    def _write_outputs(self, group: h5py.Group, outputs: Mapping[Any, Any]) -> None:
        collection = new_group(group, "outputs", "NXcollection")
        for key, value in outputs.items():
            if value is MISSING:
                continue
            name = safe_name(str(key), collection)
            written = write_value(collection, name, value)
            mark_key(written, key)
            if hasattr(written, "items"):  # small values are written again, not linked
                self._remember(value, written.name)
            if written.attrs.get("NX_class") == "NXdata":
                collection.attrs.setdefault("default", name)
                group.attrs["default"] = "outputs"
                self._entry.attrs["default"] = group.name.rpartition("/")[2]

    def _remember(self, value: Any, path: str) -> None:
        key = id(value)
        try:
            self._stored[key] = ref(value, lambda _: self._stored.pop(key, None)), path
        except TypeError:  # lists, mappings: kept, so that their identity stays their own
            self._stored[key] = (lambda: value), path

    def finish(self, *, failed: bool) -> Path | None:
        """Close the file, or discard it when nothing came of a run that failed.

        A node that got a bad input is nothing yet; one that failed by itself is, for its
        inputs and its traceback. Returns the path of what was kept.
        """
        if failed and not self._is_worth_keeping:
            self.discard()
            return None
        return self.close()

    def close(self) -> Path:
        """Complete the file and move it to its place; returns the path."""
        if not self._closed:
            self._closed = True
            self._entry["end_time"] = _time(datetime.now(UTC))
            write_value(self._entry, "versions", self._versions)
            self._new.keep()
        return self.path

    def discard(self) -> None:
        """Leave nothing behind: nothing ran."""
        if not self._closed:
            self._closed = True
            self._new.discard()


@dataclass(frozen=True)
class Stored:
    """An output in a results file."""

    path: str  #: of its data, inside the file
    kind: str  #: what it is: ``NXdata``, ``NXcollection`` or empty
    shape: tuple[int, ...] | None = None  #: of its data
    dtype: str = ""


def read_outputs(path: str | Path) -> dict[NodeId, dict[str, Any]]:
    """The outputs that a results file holds, by node and name.

    Plottable ones come back as arrays or `NXData`, the others as they were or as text.

    Raises
    ------
    InputError
        When it is no results file.
    """
    found: dict[NodeId, dict[str, Any]] = {}
    with opened(Path(path)) as file:
        for node_id, name, value in _outputs(file, path):
            outputs = found.setdefault(node_id, {})
            if value is not None:
                outputs[name] = read_value(value)
    return found


def stored_outputs(path: str | Path) -> dict[NodeId, dict[str, Stored]]:
    """Where in a results file the outputs are; nothing big is read."""
    found: dict[NodeId, dict[str, Stored]] = {}
    with opened(Path(path)) as file:
        for node_id, name, value in _outputs(file, path):
            outputs = found.setdefault(node_id, {})
            if value is not None:
                data = value[value.attrs["signal"]] if "signal" in value.attrs else value
                outputs[name] = Stored(
                    data.name,
                    str(value.attrs.get("NX_class", "")),
                    getattr(data, "shape", None),
                    str(getattr(data, "dtype", "")),
                )
    return found


def _outputs(file: h5py.File, path: str | Path) -> list[tuple[NodeId, str, Any]]:
    entry = file.get(ENTRY)
    if entry is None or "workflow" not in entry:
        raise InputError(f"{path}: this is not a results file of beamcanvas.")
    found: list[tuple[NodeId, str, Any]] = []
    for group in entry.values():
        if "node_id" not in group.attrs:
            continue
        node_id = _as_id(json.loads(group.attrs["node_id"]))
        found.append((node_id, "", None))  # a node without outputs is there, too
        for name, value in group["outputs"].items():
            found.append((node_id, str(key_of(value, name)), value))
    return found


def _as_id(value: Any) -> NodeId:
    return tuple(_as_id(v) for v in value) if isinstance(value, list) else value


def _task(node: Node, folder: Path) -> Task | None:
    try:
        return resolve(node.task_type, node.task_identifier, node.task_generator, folder=folder)
    except TaskNotFoundError:
        return None


def _time(time: datetime) -> str:
    return time.astimezone().isoformat(timespec="milliseconds")


def _root_attributes(path: Path) -> dict[str, str]:
    from .. import __version__

    return {
        "NX_class": "NXroot",
        "default": ENTRY,
        "creator": "beamcanvas",
        "creator_version": __version__,
        "file_name": path.name,
        "file_time": _time(datetime.now(UTC)),
    }


def _core_versions() -> dict[str, str]:
    import platform

    import h5py
    import numpy as np

    from .. import __version__

    return {
        "beamcanvas": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "h5py": h5py.__version__,
    }


def _version(package: str) -> str:
    """The version of the installed package that a module belongs to, or nothing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except (PackageNotFoundError, ValueError):
        return ""


def _write_error(group: h5py.Group, error: BaseException) -> None:
    import traceback

    note = new_group(group, "error", "NXnote")
    cause = error.__cause__ or error
    write_value(note, "type", type(cause).__name__)
    write_value(note, "description", str(error))
    write_value(note, "data", "".join(traceback.format_exception(error)))
