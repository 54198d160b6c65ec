"""Orange's inputs and outputs of a widget class, from the signature of its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orangewidget.widget import Input, Output

from ..task import Task
from .channels import types_of


def declare_channels(cls: Any, task: Task) -> None:
    """Give a widget class its channels: data first; a setting is linked only when asked for.

    A value that arrives goes to the widget's ``_take(name, value)``.
    """
    inputs: dict[str, Any] = {}
    names: set[str] = set()
    for spec in sorted(task.inputs.values(), key=lambda s: not s.is_data):
        channel = Input(
            _free_name(spec.label, spec.name, names),
            types_of(spec.annotation),
            id=spec.name,
            doc=task.help_for(spec.name),
            default=spec.is_data,
            explicit=not spec.is_data,
            auto_summary=False,
        )
        handler = _handler(spec.name)
        setattr(cls, handler.__name__, channel(handler))
        inputs[spec.name] = channel
    names = set()
    outputs = {
        spec.name: Output(
            _free_name(spec.label, spec.name, names),
            types_of(spec.annotation),
            id=spec.name,
            doc=spec.help,
            dynamic=types_of(spec.annotation) == (object,),
            auto_summary=False,
        )
        for spec in task.outputs.values()
    }
    cls.Inputs = type("Inputs", (), inputs)
    cls.Outputs = type("Outputs", (), outputs)


def _handler(name: str) -> Callable[[Any, Any], None]:
    def take(self: Any, value: Any) -> None:
        self._take(name, value)

    take.__name__ = f"_take_{name}"
    return take


def _free_name(label: str, name: str, taken: set[str]) -> str:
    found = name if label in taken else label
    taken.add(found)
    return found
