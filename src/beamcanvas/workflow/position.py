"""Where a node stands on a canvas, in the words of both canvases of ewoks.

The desktop canvas writes ``ows.position`` as the text ``"(x, y)"``, the web canvas
``uiProps.position`` as a mapping. Both are read; both are written.
"""

from __future__ import annotations

import ast
from typing import Any


def read_position(extra: dict[str, Any]) -> tuple[float, float] | None:
    """The position in a node's extra attributes, None where it has none."""
    ows, ui = extra.get("ows"), extra.get("uiProps")
    candidates = [
        ows.get("position") if isinstance(ows, dict) else None,
        ui.get("position") if isinstance(ui, dict) else None,
    ]
    for found in candidates:
        if isinstance(found, str):
            try:
                found = ast.literal_eval(found)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
        if isinstance(found, dict):
            found = (found.get("x"), found.get("y"))
        if isinstance(found, (list, tuple)) and len(found) == 2:
            if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in found):
                return (found[0], found[1])
    return None


def write_position(extra: dict[str, Any], position: tuple[float, float]) -> None:
    """Set the position in a node's extra attributes."""
    x, y = position
    for key, value in (("ows", f"({x}, {y})"), ("uiProps", {"x": x, "y": y})):
        if not isinstance(extra.get(key), dict):
            extra[key] = {}
        extra[key]["position"] = value
