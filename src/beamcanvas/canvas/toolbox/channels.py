"""A task's inputs and outputs as Orange's channels."""

from __future__ import annotations

from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from orangecanvas.registry import InputSignal, OutputSignal
from orangecanvas.registry.description import Default, Dynamic, Explicit, NonDefault, Single

from ...task import Input, Output, Task, without_none

#: what a value of these types may come as
_ALSO: dict[type, tuple[type, ...]] = {
    float: (float, int),
    complex: (complex, float, int),
    Path: (Path, str),
    PurePath: (PurePath, str),
}


def channels(task: Task) -> tuple[list[InputSignal], list[OutputSignal]]:
    """The channels of a task. Data come first; settings are linked only when asked for."""
    specs = sorted(task.inputs.values(), key=lambda s: not s.is_data)
    return (
        [_input(spec) for spec in specs],
        [_output(spec) for spec in task.outputs.values()],
    )


def _input(spec: Input) -> InputSignal:
    flags = Single | (Default if spec.is_data else NonDefault | Explicit)
    signal = InputSignal(spec.label, types_of(spec.annotation), "", flags, id=spec.name)
    signal.key = spec.name
    return signal


def _output(spec: Output) -> OutputSignal:
    types = types_of(spec.annotation)
    flags = NonDefault | (Dynamic if object in types else 0)
    signal = OutputSignal(spec.label, types, flags, id=spec.name)
    signal.key = spec.name
    return signal


def open_input(key: Any) -> InputSignal:
    signal = InputSignal(str(key), object, "", Single | Default, id=str(key))
    signal.key = key
    return signal


def open_output(key: Any) -> OutputSignal:
    signal = OutputSignal(str(key), object, NonDefault | Dynamic, id=str(key))
    signal.key = key
    return signal


def types_of(annotation: Any) -> tuple[type, ...]:
    """The types that Orange compares when a link is dragged."""
    annotation = without_none(annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        parts = [a for a in get_args(annotation) if a is not NoneType]
        return tuple(dict.fromkeys(t for part in parts for t in types_of(part)))
    if origin is Literal:
        return tuple(dict.fromkeys(type(value) for value in get_args(annotation)))
    plain = origin or annotation
    if plain is Any or not isinstance(plain, type):  # Any is a class since Python 3.11
        return (object,)
    return _ALSO.get(plain, (plain,))
