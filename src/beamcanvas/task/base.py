"""What a task is to everyone who runs, shows or connects it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from .progress import SILENT, Progress


class Missing(Enum):
    """The type of :data:`MISSING`; an enum, so that it stays itself through pickle."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


#: No value. ``None`` is a value.
MISSING: Final = Missing.MISSING


@dataclass(frozen=True, kw_only=True)
class Param:
    """What a task's author says of an input, in ``Annotated[type, Param(...)]``.

    Everything has a sensible default; the name, the type, the default value and the
    docstring say the rest.
    """

    label: str = ""  #: words beside the field; from the name by default
    help: str = ""  #: what the docstring would say, where several tasks share the input
    unit: str = ""  #: of the value, as people write it: "keV", "mm", "°"
    unit_of: str = ""  #: the input that decides on the unit, where it isn't always the same
    units: Mapping[Any, str] = field(default_factory=dict)  #: the unit for each of its values
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    #: what can be chosen, or a callable that lists it when the panel is shown; its parameters
    #: are given the values of the inputs of their names: ``def counters(file, scan)``
    choices: Sequence[Any] | Callable[..., Sequence[Any]] | None = None
    #: the choices that can't be taken here, each with the reason; asked when the list is opened
    unavailable: Callable[[], Mapping[Any, str]] | None = None
    #: how choices are shown: {"2th_deg": "2θ (°)"}; the value itself where it has no words
    words: Mapping[Any, str] = field(default_factory=dict)
    #: "open" and "save" choose a file, "folder" a folder, "data" a path inside an HDF5 file
    path: Literal["", "open", "save", "folder", "data"] = ""
    #: of the file chooser: "Images (*.tif *.edf *.cbf)"; for a folder, what is in it. What is
    #: dropped on the canvas finds the tasks whose first required path takes it by this.
    filter: str = ""
    of: str = ""  #: for "data": the name of the input that holds the file
    group: str = ""  #: heading in the settings panel
    more: bool = False  #: shown only behind *More*
    auto: str = ""  #: for an input that can be None: what None means ("from the header")
    text: Literal["", "lines"] = ""  #: "lines": a text field of several lines

    def unit_given(self, values: Mapping[str, Any]) -> str:
        """The unit where the inputs have these values."""
        return self.units.get(values.get(self.unit_of), "") if self.unit_of else self.unit


_PLAIN = (str, int, float, complex, bool, bytes, PurePath, NoneType, Enum)


def is_plain(annotation: Any) -> bool:
    """Whether values of this type are typed into a settings panel, not sent along a link."""
    origin = get_origin(annotation)
    if origin is Literal:
        return True
    if origin in (Union, UnionType, list, tuple, set, dict) or annotation in (list, tuple, dict):
        return all(is_plain(a) for a in get_args(annotation) if a is not Ellipsis)
    return isinstance(annotation, type) and issubclass(annotation, _PLAIN)


def without_none(annotation: Any) -> Any:
    """``X`` of ``X | None``; anything else as it is."""
    if get_origin(annotation) in (Union, UnionType):
        rest = tuple(a for a in get_args(annotation) if a is not NoneType)
        if len(rest) == 1:
            return rest[0]
    return annotation


@dataclass(frozen=True)
class Input:
    """One input of a task."""

    name: str
    annotation: Any = Any  #: the type, without ``Annotated``
    default: Any = MISSING  #: MISSING: a value must be given
    help: str = ""
    param: Param = field(default_factory=Param)

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def label(self) -> str:
        return self.param.label or self.name.replace("_", " ").strip().capitalize()

    @property
    def is_data(self) -> bool:
        """Whether it normally comes along a link: its type is a domain type, or unknown."""
        return not is_plain(self.annotation)


@dataclass(frozen=True)
class Output:
    """One output of a task."""

    name: str
    annotation: Any = Any
    help: str = ""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").strip().capitalize()


class Task(ABC):
    """A step that can be run: its inputs, its outputs and how to run it.

    Attributes
    ----------
    identifier:
        Dotted path, or file, by which :func:`beamcanvas.task.resolve` finds it.
    task_type:
        How a graph file names this kind of task (``generated``, ``class``, ``method`` ...).
    open_inputs:
        True when it takes inputs beyond those declared (``**keywords``, positions).
    """

    identifier: str = ""
    task_type: str = ""
    task_generator: str | None = None
    title: str = ""
    category: str = ""
    version: str = ""
    help: str = ""
    inputs: Mapping[str, Input] = {}
    outputs: Mapping[str, Output] = {}
    open_inputs: bool = False

    def help_for(self, name: str) -> str:
        """What the author says of an input."""
        return self.inputs[name].help

    def validate(self, inputs: Mapping[str | int, Any]) -> dict[str | int, Any]:
        """The inputs as the task will get them.

        Raises
        ------
        InputError
            One sentence that names each input that is missing, unknown or wrong.
        """
        from .validation import check_names

        check_names(self, inputs)
        return dict(inputs)

    @abstractmethod
    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        """Validate `inputs`, run the task, and return its outputs by name."""

    def __reduce__(self) -> tuple[Any, ...]:
        # another process finds the task by its name; no code travels
        from .resolve import resolve

        return resolve, (self.task_type, self.identifier or None, self.task_generator)

    def __repr__(self) -> str:
        return f"<Task {self.identifier}>"
