"""Where a node's work runs. An executor is one file with one class, and one entry point.

Others are added as entry points of the group ``beamcanvas.executors``: the name by which
it is chosen, and a class (or a function) that makes an `Executor` when called.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ...errors import InputError
from ...task.validation import did_you_mean
from .base import Executor

__all__ = ["Executor", "make_executor"]

_OWN = {
    "inline": (".inline", "Inline"),
    "threads": (".threads", "Threads"),
    "processes": (".processes", "Processes"),
}


def make_executor(name: str) -> Executor:
    """The executor of that name.

    Raises
    ------
    InputError
        When there is none.
    """
    make: Callable[[], Executor]
    if name in _OWN:
        module, attribute = _OWN[name]
        make = getattr(import_module(module, __name__), attribute)
        return make()
    from importlib.metadata import entry_points

    installed = entry_points(group="beamcanvas.executors")
    for point in installed:
        if point.name == name:
            make = point.load()
            return make()
    known = [*_OWN, *installed.names]
    raise InputError(
        f"There is no executor '{name}'.{did_you_mean(name, known)} "
        f"There are: {', '.join(sorted(known))}."
    )
