"""The fields of the settings panel: from an input's annotation to what a person edits it with.

A type that others registered with ``magicgui.register_type`` shows their widget.
"""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from ...task import Input, without_none
from .base import Field, can_be_none
from .choice import CheckField, ChoiceField, SeveralField
from .line import LineField, ListField, LiteralField, NumberField, whole_or_real
from .path import DataPathField, PathField, PathsField
from .plain import plain
from .several import LinesField, TupleField

__all__ = [
    "CheckField",
    "ChoiceField",
    "DataPathField",
    "Field",
    "PathField",
    "PathsField",
    "field_for",
    "plain",
]


def field_for(spec: Input) -> Field:
    """The field that suits an input."""
    annotation = without_none(spec.annotation)
    param = spec.param
    if param.choices is not None:
        return ChoiceField(spec, param.choices)
    if param.path == "data":
        return DataPathField(spec)
    if param.text == "lines":
        return LinesField(spec, as_list=get_origin(annotation) is list)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple, set) or annotation in (list, tuple, set):
        return _field_of_items(spec, origin or annotation, args)
    if param.path:
        return PathField(spec)
    if origin is Literal:
        return ChoiceField(spec, [a for a in args if a is not None])
    if origin in (Union, UnionType):
        return _field_of_union(spec, args)
    if isinstance(annotation, type):
        return _field_of_class(spec, annotation)
    return LiteralField(spec)


def _field_of_class(spec: Input, annotation: type) -> Field:
    if annotation is bool:
        if can_be_none(spec):
            return ChoiceField(spec, [True, False], {True: "yes", False: "no"})
        return CheckField(spec)
    if annotation in (int, float):
        return NumberField(spec, annotation)
    if issubclass(annotation, Enum):
        return ChoiceField(spec, list(annotation))
    if issubclass(annotation, PurePath):
        return PathField(spec)
    if annotation is str:
        return LineField(spec)
    from .registered import registered_field

    return registered_field(spec, annotation) or LiteralField(spec)


def _field_of_items(spec: Input, origin: Any, args: tuple[Any, ...]) -> Field:
    kinds = [a for a in args if a is not Ellipsis]
    numbers = bool(kinds) and all(a in (int, float) for a in kinds)
    if origin is tuple and numbers and Ellipsis not in args and len(kinds) <= 3:
        return TupleField(spec, tuple(kinds))
    if origin is not tuple or Ellipsis in args:
        item = kinds[0] if kinds else None
        if spec.param.path or (isinstance(item, type) and issubclass(item, PurePath)):
            return PathsField(spec)
        if get_origin(item) is Literal:
            return SeveralField(spec, get_args(item))
        if item in (int, float, str):
            return ListField(spec, item)
    return LiteralField(spec)


def _field_of_union(spec: Input, args: tuple[Any, ...]) -> Field:
    kinds = {a for a in args if a is not NoneType}
    if kinds == {int, float}:
        return NumberField(spec, whole_or_real)
    if kinds and all(isinstance(k, type) and issubclass(k, (str, PurePath)) for k in kinds):
        return PathField(spec) if any(k is not str for k in kinds) else LineField(spec)
    return LiteralField(spec)
