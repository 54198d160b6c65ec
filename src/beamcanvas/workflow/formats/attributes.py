"""Single attributes of ewoks' nested mapping, each checked for what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import WorkflowError
from ..model import NodeId
from ..values import Opaque


class Attributes:
    """Reads attributes and collects a sentence for each that is wrong."""

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._opaque: list[Opaque] = []
        self._value: Callable[[Any], Any] = copied

    def _raise_problems(self, prefix: str = "") -> None:
        if self._problems:
            problems = tuple(prefix + problem for problem in self._problems)
            shown = " ".join(problems[:5])
            if len(problems) > 5:
                shown += f" And {len(problems) - 5} more problems."
            raise WorkflowError(shown, problems)

    def _problem(self, sentence: str) -> None:
        self._problems.append(sentence)

    def _expect(self, item: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
        value = item.get(key)
        if value is None or isinstance(value, kind):
            return value
        words = "a list" if kind is list else "a mapping"
        self._problem(f"{where}: '{key}' should be {words}, not {shown(value)}.")
        return None

    def _list(self, item: Mapping[str, Any], key: str, where: str) -> list[Any]:
        value = item.get(key)
        if type(value) is tuple:
            return list(value)
        return self._expect(item, key, list, where) or []

    def _attributes(self, item: Mapping[str, Any], key: str, where: str) -> dict[str, Any] | None:
        value = self._expect(item, key, Mapping, where)
        if value is None:
            return None
        return {self._word(k, where): self._value(v) for k, v in value.items()}

    def _text(self, item: Mapping[str, Any], key: str, where: str) -> str:
        value = item.get(key)
        if type(value) is str:
            return value
        if value is None:
            return ""
        if type(value) in (int, float):
            return str(value)
        self._problem(f"{where}: '{key}' should be text, not {shown(value)}.")
        return ""

    def _flag(self, item: Mapping[str, Any], key: str, where: str) -> bool:
        value = item.get(key)
        if type(value) is bool:
            return value
        if value is not None:
            self._problem(f"{where}: '{key}' should be true or false, not {shown(value)}.")
        return False

    def _id(self, value: Any, where: str, key: str) -> NodeId | None:
        found = _as_id(value)
        if found is None:
            self._problem(
                f"{where} should say its '{key}'"
                + (
                    f" as text, number or list of these, not {shown(value)}."
                    if value is not None
                    else "."
                )
            )
        return found

    def _word(self, key: Any, where: str) -> str:
        if type(key) is str:
            return key
        self._problem(f"{where}: the attribute {shown(key)} should have a name that is text.")
        return str(key)


def _as_id(value: Any) -> NodeId | None:
    if type(value) is str or type(value) is int:
        return value
    if type(value) in (list, tuple) and value:
        parts = tuple(_as_id(part) for part in value)
        if None not in parts:
            return parts  # type: ignore[return-value]
    return None


def copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {k: copied(v) for k, v in value.items()}
    if kind is list:
        return [copied(v) for v in value]
    if kind is tuple:
        return tuple(copied(v) for v in value)
    return set(value) if kind is set else value


def shown(value: Any) -> str:
    if isinstance(value, (str, int, float, bool)) or value is None:
        try:
            text = repr(value)
        except ValueError:
            return "a very long number"
        return text if len(text) <= 40 else text[:37] + "..."
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"a {type(value).__name__}"
