"""Any value in a few words, for a line below a plot, a tooltip, a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ...task import MISSING

LONGEST = 80


def summary_of(value: Any) -> str:
    """What a value is, in the user's words: its own ``summary`` where it has one.

    Big data is named by its shape and type, never read.
    """
    if value is None or value is MISSING:
        return "nothing"
    own = getattr(value, "summary", None)
    if callable(own) and not isinstance(value, type):
        own = own()
    if isinstance(own, str):
        return own
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (int, complex)):
        return str(value)
    if isinstance(value, (str, PurePath)):
        return _cut(str(value))
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return _array_words(value)
    if isinstance(value, Mapping):
        number = f"{len(value)} value{'s' if len(value) > 1 else ''}"
        return f"{number}: {_cut(', '.join(map(str, value)))}" if value else "no values"
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        if len(value) <= 4 and all(isinstance(v, (int, float, str)) for v in value):
            return _cut(", ".join(summary_of(v) for v in value)) or "empty list"
        return _list_words(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if hasattr(type(value), "__dataclass_fields__"):
        return _name_words(type(value).__name__)
    return _cut(f"{_name_words(type(value).__name__)} {value}")


def _list_words(values: Sequence[Any]) -> str:
    """How many of what, and the first few of them."""
    number, kinds = len(values), {type(value) for value in values}
    if all(isinstance(value, PurePath) for value in values):
        return _cut(f"{number} files: {', '.join(value.name for value in values[:9])}")
    first = getattr(values[0], "summary", None)
    if len(kinds) == 1 and isinstance(first, str):
        return _cut(f"{number} × {_name_words(kinds.pop().__name__)}, the first: {first}")
    return f"list of {number}"


def _array_words(value: Any) -> str:
    if not value.shape:
        return summary_of(value.item()) if hasattr(value, "item") else str(value.dtype)
    size = " × ".join(str(n) for n in value.shape)
    kind = {1: "points", 2: "image", 3: "stack"}.get(len(value.shape), "array")
    words = f"{size} {kind}" if kind == "points" else f"{kind} {size}"
    return f"{words}, {value.dtype}"


def _name_words(name: str) -> str:
    """``PowderPattern`` as ``powder pattern``."""
    return "".join(
        f" {c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c
        for i, c in enumerate(name[:1].lower() + name[1:])
    )


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
