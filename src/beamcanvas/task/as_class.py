"""Our tasks by names under which ewoks imports them as classes of its own.

``beamcanvas.task.as_class.package:module:function`` is the task ``package.module.function``
as an ewokscore task class, which its graphs can name as a ``class``. It is made, and known
to ewokscore by that name, when it is first asked for.
"""

from __future__ import annotations

from typing import Any


def name_of(identifier: str) -> str:
    """The name of the class of a task."""
    return f"{__name__}.{identifier.replace('.', ':')}"


def task_of_name(name: str) -> str | None:
    """The task that such a name means; None for any other name."""
    start = f"{__name__}."
    return name.removeprefix(start).replace(":", ".") if name.startswith(start) else None


def __getattr__(name: str) -> Any:
    if ":" not in name:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ..errors import TaskNotFoundError
    from .ewoks import task_class

    try:
        return task_class(name.replace(":", "."), f"{__name__}.{name}")
    except TaskNotFoundError as error:
        raise AttributeError(str(error)) from error
