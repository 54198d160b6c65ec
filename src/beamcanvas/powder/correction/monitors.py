"""The beam monitors of two images or patterns that are compared."""

from __future__ import annotations

from typing import Annotated

from ...errors import InputError
from ...task import Param

Monitor = Annotated[float | None, Param(gt=0, auto="not used", group="Monitors")]


def monitor_ratio(monitor: float | None, other: float | None, name: str) -> float:
    """How many times what the other one counted, 1 where neither is given; `name` is the other."""
    if (monitor is None) != (other is None):
        given, missing = ("monitor", name) if other is None else (name, "monitor")
        raise InputError(f"'{given}' is given without '{missing}': give both, or none.")
    return 1.0 if monitor is None or other is None else monitor / other
