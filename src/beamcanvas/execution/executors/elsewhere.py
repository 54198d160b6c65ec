"""Values that stay where they were made until somebody wants them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: what is sent as it is: it is no larger than the word where it would be
_PLAIN = (type(None), bool, int, float, complex)
_SHORT = 200


class Elsewhere:
    """An output that an executor keeps; among the inputs of further work it stands for it."""

    __slots__ = ("__weakref__",)


def is_small(value: Any) -> bool:
    """Whether a value isn't worth keeping elsewhere."""
    kind = type(value)
    return kind in _PLAIN or (kind in (str, bytes) and len(value) <= _SHORT)


def kept_elsewhere(values: Any) -> Iterator[Elsewhere]:
    """All that is elsewhere among values: themselves, in mappings and in lists."""
    if isinstance(values, Elsewhere):
        yield values
    elif type(values) is dict:
        for value in values.values():
            yield from kept_elsewhere(value)
    elif type(values) in (list, tuple):
        for value in values:
            yield from kept_elsewhere(value)


def replaced(values: Any, by: Callable[[Any], Any]) -> Any:
    """The same values, with `by` called on what is elsewhere."""
    if isinstance(values, Elsewhere):
        return by(values)
    if type(values) is dict:
        return {name: replaced(value, by) for name, value in values.items()}
    if type(values) in (list, tuple):
        if any(True for _ in kept_elsewhere(values)):
            return type(values)(replaced(value, by) for value in values)
    return values
