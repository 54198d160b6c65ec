"""The work of a firing taken apart: an item each where its node is mapped, and its tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..errors import Cancelled, InputError, TaskError
from ..workflow.rules import PLAIN
from .scheduler import Firing
from .work import Work, gathered, items


class Pieces:
    """One firing under way."""

    __slots__ = (
        "_left", "_outputs", "_rows", "_tries", "_work", "began", "error", "firing", "rules",
    )  # fmt: skip

    def __init__(self, firing: Firing, work: Work) -> None:
        self.firing = firing
        self.rules = work.rules
        self.began: tuple[float, int] | None = None
        self.error: BaseException | None = None
        self._work = work
        self._tries: dict[int, int] = {}
        self._rows: list[dict[Any, Any]] = []
        self._outputs: list[dict[str, Any]] = []
        self._left = 0

    def take_apart(self, home: Callable[[Any], Any]) -> None:
        """Find the pieces; `home` fetches the lists that an executor kept elsewhere.

        Raises
        ------
        InputError
            When the node is mapped over what isn't a list.
        """
        rows = _WHOLE
        if self.rules.map:
            lists = {n: home(v) for n, v in self.firing.inputs.items() if n in self.rules.map}
            rows = items(lists, self.rules.map)
        self._rows = rows
        self._left = len(self._rows)
        self._outputs = [{}] * self._left

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self._rows)

    @property
    def are_done(self) -> bool:
        """Whether each came to an end."""
        return not self._left

    @property
    def fraction(self) -> float | None:
        """How many came to an end, where the node is mapped."""
        return 1 - self._left / len(self._rows) if self.rules.map and self._rows else None

    @property
    def words(self) -> str:
        """The same in words."""
        return f"{len(self._rows) - self._left} of {len(self._rows)}"

    def outputs(self) -> dict[str, Any]:
        """What the node gives, lists where it is mapped."""
        return gathered(self._outputs, self._work) if self.rules.map else self._outputs[0]

    def piece(self, number: int, serial: int) -> Work:
        """The work of one piece, by the number that it goes by from now on."""
        if self.rules is PLAIN:
            self._work.serial = serial
            return self._work
        inputs = {**self._work.inputs, **self._rows[number]}
        rules = replace(self.rules, map=(), retries=0)
        return replace(self._work, serial=serial, inputs=inputs, rules=rules)

    def finished(self, number: int, outputs: dict[str, Any]) -> None:
        """A piece gave its outputs."""
        self._outputs[number] = outputs
        self._left -= 1

    def is_tried_again(self, number: int, error: BaseException) -> bool:
        """Whether a piece that failed is to be tried again; a wrong input is never right."""
        if isinstance(error, (InputError, Cancelled)):
            return False
        self._tries[number] = self._tries.get(number, 0) + 1
        return self._tries[number] <= self.rules.retries

    def failed(self, number: int, error: BaseException) -> None:
        """A piece failed for good; the first failure is that of the node."""
        self._left -= 1
        if self.error is not None:
            return
        self.error = error
        if self.rules.map:
            words = f"Item {number + 1} of {len(self._rows)}: {error or type(error).__name__}"
            self.error = TaskError(words)
            self.error.__cause__ = error


#: one piece, with the inputs as they are
_WHOLE: list[dict[Any, Any]] = [{}]
