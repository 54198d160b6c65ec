"""Orange's inputs and outputs of a widget class, from the signature of its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orangewidget.widget import Input, Output

from ...task import Task
from ..toolbox.channels import types_of


def declare_channels(cls: Any, task: Task) -> None:
    """Give a widget class its channels: data first; a setting is linked only when asked for.

    They go by the task's own names, as in the files that we write: ewoks' canvas and
    ``ewoks execute`` know a channel by that name alone.
    A value that arrives goes to the widget's ``_take(name, value)``.
    """
    inputs: dict[str, Any] = {}
    for spec in sorted(task.inputs.values(), key=lambda s: not s.is_data):
        channel = Input(
            spec.name,
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
    outputs = {
        spec.name: Output(
            spec.name,
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


def source_of(widget: Any, name: str) -> tuple[str, str]:
    """Title and channel of the node at the other end of a link, where Orange tells."""
    scheme: Any = getattr(widget.signalManager, "workflow", lambda: None)()
    node = scheme.node_for_widget(widget) if hasattr(scheme, "node_for_widget") else None
    if node is not None:
        for link in scheme.find_links(sink_node=node):
            if link.sink_channel.id == name:
                return link.source_node.title, link.source_channel.name
    return "", ""
