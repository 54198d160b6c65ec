"""Values of inputs and conditions, spelled with what a text file can hold.

JSON and YAML have text, numbers, lists and mappings. What else Python has is spelled as a
tagged mapping, ``{"__ewoks__": "tuple", "items": [1, 2]}``, in the words of ewoks for
tuples, sets and bytes. Two more tags are ours: ``dict`` for mappings whose keys aren't
text, and ``complex``. A literal, as Orange stores settings, keeps tuples, bytes and any
plain key; there ``float`` spells what isn't finite.

What changes on the way, once: numpy scalars and arrays become numbers and lists, paths
become text, members of an enumeration their value.
"""

from __future__ import annotations

import ast
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any

from ..errors import WorkflowError

TAG = "__ewoks__"
_LARGEST_ARRAY = 100_000
_LARGEST_INT_BITS = 14_000  # Python reads and writes integers of up to 4300 digits
_SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Opaque:
    """A pickled value of a file: carried along as it is, never unpickled."""

    spelled: Mapping[str, Any]

    def __hash__(self) -> int:
        return hash(repr(self.spelled))

    def __repr__(self) -> str:
        return "<pickled value, never loaded>"


class Encoder:
    """Spells values for one file, and remembers whether a tag was needed."""

    def __init__(self, *, literal: bool = False) -> None:
        self.literal = literal
        self.tagged = False

    def __call__(self, value: Any) -> Any:
        """`value`, spelled.

        Raises
        ------
        WorkflowError
            When a file can't hold it.
        """
        try:
            return self._encode(value)
        except RecursionError:
            raise WorkflowError(
                "A value refers to itself or is nested too deeply to be stored."
            ) from None

    def _encode(self, value: Any) -> Any:
        kind = type(value)
        if kind is float:
            if self.literal and not isfinite(value):
                return self._tag("float", data=repr(value))
            return value
        if kind is int:
            if value.bit_length() > _LARGEST_INT_BITS:
                raise WorkflowError("A whole number of more than 4000 digits can't be stored.")
            return value
        if kind in _SCALARS:
            return value
        if kind is list:
            return [self._encode(v) for v in value]
        if kind is dict:
            return self._mapping(value)
        return self._other(value)

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        keys = (str, int, bytes, bool, type(None)) if self.literal else (str,)
        if TAG not in value and all(type(k) in keys for k in value):
            return {k: self._encode(v) for k, v in value.items()}
        return self._tag(
            "dict", items=[[self._encode(k), self._encode(v)] for k, v in value.items()]
        )

    def _other(self, value: Any) -> Any:
        if isinstance(value, Opaque):
            self.tagged = True
            return dict(value.spelled)
        if isinstance(value, Enum):
            return self._encode(value.value)
        if isinstance(value, PurePath):
            return str(value)
        if hasattr(value, "tolist"):  # numpy
            if getattr(value, "size", 1) > _LARGEST_ARRAY:
                raise WorkflowError(
                    f"An array of {value.size} values is too large for a workflow: "
                    "save it in a file of its own and give its path."
                )
            plain = value.tolist()
            if type(plain) is not type(value):
                return self._encode(plain)
        if isinstance(value, tuple):
            items = [self._encode(v) for v in value]
            return tuple(items) if self.literal else self._tag("tuple", items=items)
        if isinstance(value, (set, frozenset)):
            return self._tag("set", items=[self._encode(v) for v in sorted(value, key=repr)])
        if isinstance(value, (bytes, bytearray)):
            data = bytes(value)
            return data if self.literal else self._tag("bytes", data=b64encode(data).decode())
        if isinstance(value, complex):
            return self._tag("complex", items=[self._encode(v) for v in (value.real, value.imag)])
        for plain_kind in (bool, int, float, str):
            if isinstance(value, plain_kind):
                return self._encode(plain_kind(value))
        if isinstance(value, Mapping):
            return self._mapping(dict(value))
        if isinstance(value, list):
            return self._encode(list(value))
        raise WorkflowError(
            f"A value of type {type(value).__name__} can't be stored in a workflow."
        )

    def _tag(self, tag: str, **content: Any) -> dict[str, Any]:
        self.tagged = True
        return {TAG: tag, **content}


def to_literal(value: Any) -> str:
    """`value` as a Python literal, in which Orange stores the settings of a widget."""
    return repr(Encoder(literal=True)(value))


def from_literal(text: str, found_opaque: list[Opaque] | None = None) -> Any:
    """The value that a literal spells; nothing is evaluated.

    Raises
    ------
    WorkflowError
        When it is no literal.
    """
    try:
        return decode(ast.literal_eval(text), found_opaque)
    except WorkflowError:
        raise
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise WorkflowError("This is no Python literal.") from None


def decode(value: Any, found_opaque: list[Opaque] | None = None) -> Any:
    """The value that was spelled; pickled ones are added to `found_opaque`.

    Raises
    ------
    WorkflowError
        When a tag is unknown or its content is wrong.
    """
    kind = type(value)
    if kind is dict:
        if TAG in value:
            try:
                return _untag(value, found_opaque)
            except (KeyError, TypeError, ValueError) as error:
                if isinstance(error, WorkflowError):
                    raise
                raise WorkflowError(f"A value is tagged '{value[TAG]}', but is none.") from None
        return {k: decode(v, found_opaque) for k, v in value.items()}
    if kind is list:
        return [decode(v, found_opaque) for v in value]
    if kind is tuple:
        return tuple(decode(v, found_opaque) for v in value)
    return value


def _untag(value: dict[Any, Any], found_opaque: list[Opaque] | None) -> Any:
    tag = value[TAG]
    if tag == "pickle":
        opaque = Opaque(value)
        if found_opaque is not None:
            found_opaque.append(opaque)
        return opaque
    if tag == "bytes":
        return b64decode(value["data"].encode("ascii"), validate=True)
    if tag == "float":
        return float(value["data"])
    if tag not in ("tuple", "list", "set", "dict", "complex"):
        raise WorkflowError(f"A value has the unknown tag {tag!r}.")
    items = value["items"]
    if type(items) is not list:
        raise TypeError
    decoded = [decode(v, found_opaque) for v in items]
    if tag == "complex":
        real, imaginary = decoded
        return complex(real, imaginary)
    if tag == "dict":
        return {k: v for k, v in decoded}  # noqa: C416 - checks that they are pairs
    return {"tuple": tuple, "list": list, "set": set}[tag](decoded)
