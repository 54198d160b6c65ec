"""Which formats there are, ours and other packages', and which one a file is in."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ...errors import WorkflowError
from ...task.validation import did_you_mean
from ..model import Workflow


class Format(Protocol):
    """What a format's module offers."""

    name: str
    suffixes: tuple[str, ...]

    def read(self, path: Path) -> Workflow: ...
    def write(self, workflow: Workflow, path: Path) -> None: ...


#: Formats by name: module and suffixes. A module is imported when a file of its kind is met.
_OURS: dict[str, tuple[str, tuple[str, ...]]] = {
    "json": (f"{__package__}.json_file", (".json",)),
    "yaml": (f"{__package__}.yaml_file", (".yaml", ".yml")),
    "ows": (f"{__package__}.ows", (".ows",)),
    "nexus": ("beamcanvas.nexus.workflow_file", (".h5", ".hdf5", ".nx", ".nxs", ".nexus")),
}


def formats() -> list[str]:
    """Names of the formats that there are here, other packages' included."""
    return [*_OURS, *(e.name for e in _entry_points())]


def suffixes() -> dict[str, tuple[str, ...]]:
    """The suffixes of each format; another package's that can't be loaded is left out."""
    found = {name: ours for name, (_, ours) in _OURS.items()}
    for entry in _entry_points():
        try:
            found.setdefault(entry.name, tuple(_foreign(entry).suffixes))
        except WorkflowError:
            pass  # said where a file can't be read without it
    return found


def format_named(name: str) -> Format:
    """The format of that name.

    Raises
    ------
    WorkflowError
        When there is none, or it can't be loaded.
    """
    if name in _OURS:
        return _ours(name)
    for entry in _entry_points():
        if entry.name == name:
            return _foreign(entry)
    raise WorkflowError(f"There is no workflow format '{name}'.{did_you_mean(name, formats())}")


def format_of(path: str | Path) -> Format:
    """The format that a file's suffix tells.

    Raises
    ------
    WorkflowError
        When no format has it.
    """
    found, faults = by_suffix(Path(path).suffix)
    if found is None:
        known = ", ".join(s for of_one in suffixes().values() for s in of_one)
        why = (
            f"{path}: the suffix '{Path(path).suffix}' tells no workflow format; known are {known}."
        )
        raise WorkflowError(" ".join([why, *faults]))
    return found


def by_suffix(suffix: str) -> tuple[Format | None, list[str]]:
    """The format of files with a suffix, and why formats that may be meant can't be loaded."""
    suffix = suffix.lower()
    faults: list[str] = []
    for name, (_, ours) in _OURS.items():
        if suffix in ours:
            return _ours(name), faults
    if suffix:
        for entry in _entry_points():
            try:
                found = _foreign(entry)
            except WorkflowError as error:
                faults.append(str(error))
            else:
                if suffix in found.suffixes:
                    return found, faults
    return None, faults


def _entry_points() -> Any:
    from importlib.metadata import entry_points  # slow to import, seldom needed

    return entry_points(group="beamcanvas.formats")


def _ours(name: str) -> Format:
    found: Any = import_module(_OURS[name][0])
    return found  # type: ignore[no-any-return]


class _Foreign:
    """Another package's format: whatever it raises becomes a `WorkflowError`."""

    def __init__(self, entry: Any) -> None:
        self.name: str = entry.name
        try:
            self._module: Any = import_module(entry.value)
            self.suffixes: tuple[str, ...] = tuple(s.lower() for s in self._module.suffixes)
        except Exception as error:
            raise WorkflowError(
                f"The workflow format '{entry.name}' of another package can't be loaded: "
                f"{type(error).__name__}: {error}."
            ) from error

    def read(self, path: Path) -> Workflow:
        workflow: Workflow = self._do("read", path)
        return workflow

    def write(self, workflow: Workflow, path: Path) -> None:
        self._do("write", workflow, path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)  # loads and dumps, where it has them

    def _do(self, name: str, *arguments: Any) -> Any:
        try:
            return getattr(self._module, name)(*arguments)
        except WorkflowError:
            raise
        except Exception as error:
            raise WorkflowError(
                f"the format '{self.name}' can't {name} it: {type(error).__name__}: {error}."
            ) from error


def _foreign(entry: Any) -> Format:
    return _Foreign(entry)
