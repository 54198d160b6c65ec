"""What a link hands over: its condition and its mapping, read once and applied often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..task import MISSING
from ..workflow import InputName, Link, Node
from ..workflow.rules import comparisons

PPF_DICT = "_ppfdict"


def input_name(name: InputName) -> InputName:
    """An input's name as tasks take it: a name of digits is a position."""
    return int(name) if isinstance(name, str) and name.isdecimal() else name


def condition_values(links: Iterable[Link]) -> dict[str | int, list[Any]]:
    """The values that the conditions on the links of one node name, by output."""
    values: dict[str | int, list[Any]] = {}
    for link in links:
        for output, value in link.conditions.items():
            values.setdefault(output, []).append(value)
    return values


class Delivery:
    """A link as the scheduler uses it.

    Parameters
    ----------
    link:
        The link of a flat graph.
    source:
        The node that it comes from.
    siblings:
        The values in the conditions of all links of `source`, by output: what a
        condition on the else-value stands against.
    """

    __slots__ = ("_comparisons", "_conditions", "_mapping", "_nested", "everything")

    def __init__(
        self, link: Link, source: Node, siblings: Mapping[str | int, list[Any]] | None = None
    ) -> None:
        #: all outputs, under their own names
        self.everything = link.map_all_data
        self._mapping = [(input_name(i), o) for i, o in link.data_mapping.items()]
        otherwise = source.conditions_else_value
        self._conditions = [
            (output, value, (siblings or {})[output] if _equal(value, otherwise) else None)
            for output, value in link.conditions.items()
        ]
        self._comparisons = comparisons(link)
        # these tasks pass all they have in one mapping, which conditions look into
        self._nested = source.task_type in ("ppfmethod", "ppfport")

    def holds(self, outputs: Mapping[str | int, Any]) -> bool:
        """Whether the outputs meet all conditions of the link."""
        if not (self._conditions or self._comparisons):
            return True
        outputs = self._visible(outputs)
        for output, value, siblings in self._conditions:
            found = _get(outputs, output)
            if found is MISSING:
                return False
            if not _equal(found, value):
                if siblings is None or any(_equal(found, other) for other in siblings):
                    return False
        return all(
            (found := _get(outputs, test.output)) is not MISSING and test.holds(found)
            for test in self._comparisons
        )

    def data(self, outputs: Mapping[str | int, Any]) -> dict[InputName, Any]:
        """Inputs for the target; an output that isn't there gives none."""
        if self.everything:
            return dict(outputs)
        if not self._mapping:
            return {}
        visible = self._visible(outputs)
        inputs: dict[InputName, Any] = {}
        for name, output in self._mapping:
            value = dict(outputs) if output is None else _get(visible, output)
            if value is not MISSING:
                inputs[name] = value
        return inputs

    def _visible(self, outputs: Mapping[str | int, Any]) -> Mapping[str | int, Any]:
        if self._nested and isinstance(outputs.get(PPF_DICT), Mapping):
            return {**outputs, **outputs[PPF_DICT]}
        return outputs


def _get(outputs: Mapping[str | int, Any], name: str | int) -> Any:
    """The output of that name, or at that position where the name is a number."""
    if name in outputs:
        return outputs[name]
    other: str | int = str(name) if isinstance(name, int) else input_name(name)
    return outputs.get(other, MISSING)


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except Exception:  # arrays, for one, have no single answer
        return False
