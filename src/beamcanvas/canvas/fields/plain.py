"""Values as they are kept in a workflow: plain numbers, texts, lists and mappings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """`value` with numpy scalars, paths, enums, dates and tuples as what a file can say of them."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if type(value).__module__ == "numpy":
        return plain(value.tolist()) if hasattr(value, "tolist") else value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def number_text(value: Any) -> str:
    """A number as a person types it; reading it gives exactly the same number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        value = plain(value)
    text = repr(value) if isinstance(value, (int, float)) else str(value)
    return text.removesuffix(".0")
