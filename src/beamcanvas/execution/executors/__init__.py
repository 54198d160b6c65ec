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
    "celery": ("..jobs.executor", "Celery"),
    "inline": (".inline", "Inline"),
    "threads": (".threads", "Threads"),
    "processes": (".processes", "Processes"),
    "dask": (".dask", "Dask"),
    "pypushflow": (".pypushflow", "Pypushflow"),
    "slurm": ("..slurm", "from_text"),
}
_COUNTED = ("threads", "processes")


def make_executor(text: str) -> Executor:
    """The executor of that name, ``name`` or ``name:argument``.

    The argument is for threads and processes how many nodes run at once, for dask that or
    where its scheduler is; an installed executor gets it as a text.

    Raises
    ------
    InputError
        When there is none, or it can't use what it is given.
    """
    make: Callable[..., Executor]
    name, colon, argument = text.partition(":")
    if name in _OWN:
        module, attribute = _OWN[name]
        make = getattr(import_module(module, __name__), attribute)
        if name in _COUNTED and colon:
            if not argument.isdecimal() or not int(argument):
                raise InputError(f"'{text}': how many nodes run at once should be a whole number.")
            return make(int(argument))
        return _made(make, text, argument if colon else None)
    from importlib.metadata import entry_points

    installed = entry_points(group="beamcanvas.executors")
    for point in installed:
        if point.name == name:
            return _made(point.load(), text, argument if colon else None)
    known = [*_OWN, *installed.names]
    raise InputError(
        f"There is no executor '{name}'.{did_you_mean(name, known)} "
        f"There are: {', '.join(sorted(known))}."
    )


def _made(make: Callable[..., Executor], text: str, argument: str | None) -> Executor:
    try:
        return make() if argument is None else make(argument)
    except TypeError as error:
        raise InputError(f"The executor '{text}' can't be made: {error}.") from error
