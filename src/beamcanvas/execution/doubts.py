"""What results warn of themselves: any value may have `warnings`, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def doubts_of(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """What outputs warn of, each sentence once; of a mapped node, of all items."""
    found: dict[str, None] = {}
    for output in outputs.values():
        for value in output if isinstance(output, list) else [output]:
            found.update(dict.fromkeys(map(str, getattr(value, "warnings", None) or ())))
    return tuple(found)
