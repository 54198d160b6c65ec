"""What one nested mapping says beyond another, as plain JSON."""

from __future__ import annotations

import json
from typing import Any


def difference(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What makes `wanted` of `base`: keys to ``set``, to ``drop``, and changes ``in`` mappings."""
    to_set, inside = {}, {}
    for key, value in wanted.items():
        if key not in base:
            to_set[key] = value
        elif isinstance(value, dict) and isinstance(base[key], dict):
            if deeper := difference(base[key], value):
                inside[key] = deeper
        elif not same(value, base[key]):
            to_set[key] = value
    dropped = [key for key in base if key not in wanted]
    parts = {"set": dict(sorted(to_set.items())), "drop": dropped, "in": inside}
    return {name: part for name, part in parts.items() if part}


def apply(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with the changes that `difference` found.

    Raises
    ------
    ValueError
        When the changes aren't of that form.
    """
    if not isinstance(base, dict) or not isinstance(changes, dict):
        raise ValueError("changes of a mapping should be a mapping")
    to_set, dropped = changes.get("set", {}), changes.get("drop", [])
    inside = changes.get("in", {})
    if not (isinstance(to_set, dict) and isinstance(dropped, list) and isinstance(inside, dict)):
        raise ValueError("changes should be a mapping of set, drop and in")
    found = {k: v for k, v in base.items() if k not in dropped}
    for key, deeper in inside.items():
        found[key] = apply(found.get(key, {}), deeper)
    found.update(to_set)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same also in type: 1, 1.0 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
