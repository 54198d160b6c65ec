"""Tasks across the border: ewokscore's task classes run here, ours run in ewoks.

Nothing here imports ewokscore by itself; a class that is asked for does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, InputError, TaskNotFoundError
from .as_class import name_of
from .base import MISSING, Input, Output, Param, Task
from .function import GENERATOR
from .importing import IN_FILE, import_object
from .progress import SILENT, Progress

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_PROTOCOL = ("required_input_names", "optional_input_names", "output_names", "execute")


class EwoksTask(Task):
    """A task class written for ewokscore, run as it is.

    Attributes
    ----------
    task_class:
        The class; known by its methods, whatever it derives from.
    """

    def __init__(self, identifier: str, task_class: Any, generator: str | None = None) -> None:
        self.identifier = identifier
        self.task_class = task_class
        self.task_type = "generated" if generator else "class"
        self.task_generator = generator
        self.title = _words(task_class.__name__)
        self.category = task_class.__module__.partition(".")[0]

    @cached_property
    def help(self) -> str:  # type: ignore[override]
        import inspect

        return inspect.cleandoc(self.task_class.__doc__ or "")

    @cached_property
    def open_inputs(self) -> bool:  # type: ignore[override]
        """Such a class may look at positional inputs beyond those that it requires."""
        return self._positions > 0

    @cached_property
    def _positions(self) -> int:
        count = getattr(self.task_class, "n_required_positional_inputs", None)
        return int(count()) if callable(count) else 0

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        fields = _fields(self.task_class, "input_model")
        if fields is not None:
            return {name: _input(name, field) for name, field in fields.items()}
        found = {str(n): Input(str(n)) for n in range(self._positions)}
        found |= {n: Input(n) for n in sorted(self.task_class.required_input_names())}
        optional = sorted(self.task_class.optional_input_names())
        return found | {n: Input(n, default=None) for n in optional}

    @cached_property
    def outputs(self) -> Mapping[str, Output]:  # type: ignore[override]
        fields = _fields(self.task_class, "output_model")
        if fields is not None:
            return {n: Output(n, f.annotation, f.description or "") for n, f in fields.items()}
        return {name: Output(name) for name in sorted(self.task_class.output_names())}

    def validate(self, inputs: Mapping[str | int, Any]) -> dict[str | int, Any]:
        """The inputs, with those that are required.

        Inputs that the class doesn't declare pass: it can use them, and ewoks lets it.
        """
        from .validation import check_names

        given = {n: v for n, v in inputs.items() if v is not MISSING}
        named: dict[str | int, Any] = {str(n): v for n, v in given.items()}
        if any(spec.required and name not in named for name, spec in self.inputs.items()):
            check_names(self, named)  # names the unknown ones too: likely the missing one, misspelt
        return given

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        given = self.validate(inputs)
        progress.check()
        options = {"progress": _EwoksProgress(progress)} if self._takes_progress else {}
        try:
            instance = self.task_class(inputs=given, **options)
            with _cancelling(instance, progress):
                instance.execute()
        except Exception as error:
            raise _reason(error, self.title) from error.__cause__
        progress.check()
        return {n: v for n, v in instance.get_output_values().items() if not _is_missing(v)}

    @cached_property
    def _takes_progress(self) -> bool:
        import inspect

        if any(c.__name__ == "TaskWithProgress" for c in self.task_class.__mro__):
            return True
        return "progress" in inspect.signature(self.task_class.__init__).parameters


def find_class(identifier: str, folder: Path | None = None) -> Any:
    """The ewokscore task class of a graph's ``class`` node.

    By its dotted path or ``file.py::Class``; else by its registered name, or the end of
    it, among the classes that are imported already.

    Raises
    ------
    TaskNotFoundError
        When there is none, or several end so.
    """
    registered = _registered()
    if identifier in registered:
        return registered[identifier]
    if IN_FILE not in identifier:
        found = [n for n in registered if n.endswith(f".{identifier}")]
        if len(found) == 1:
            return registered[found[0]]
        if found:
            raise TaskNotFoundError(
                f"'{identifier}' is the end of several tasks: {', '.join(sorted(found))}."
            )
    return check_class(import_object(identifier, folder), identifier)


def is_task_class(found: Any) -> bool:
    """Whether `found` is a task class in ewokscore's sense: it has its methods."""
    return isinstance(found, type) and all(hasattr(found, name) for name in _PROTOCOL)


def check_class(found: Any, identifier: str) -> Any:
    """`found` when it is a task class in ewokscore's sense."""
    if not is_task_class(found):
        raise TaskNotFoundError(
            f"'{identifier}' is not a task class: it should be a subclass of ewokscore's Task, "
            f"not the {type(found).__name__} {getattr(found, '__name__', '')}".rstrip()
            + "."
        )
    return found


def _registered() -> dict[str, Any]:
    core = sys.modules.get("ewokscore.task")
    if core is None:
        return {}
    return {c.class_registry_name(): c for c in core.Task.get_subclasses()}


@lru_cache(maxsize=1024)
def task_class(identifier: str, registry_name: str | None = None) -> Any:
    """One of our tasks as an ewokscore task class, for ``task_type: generated`` in a graph.

    This is the ``task_generator`` that our graphs name, so that plain ewoks runs them.

    Parameters
    ----------
    registry_name:
        What ewokscore shall know the class by; nothing by default.
    """
    from types import new_class

    from ewokscore.taskwithprogress import TaskWithProgress

    from .resolve import resolve

    own = resolve("generated", identifier, GENERATOR)

    def run(self: Any) -> None:
        def report(fraction: float | None, message: str) -> None:
            if fraction is not None:
                self.progress = round(100 * fraction)

        # ewoks hands over what the task doesn't declare, too, and has warned of it
        given = {n: v for n, v in self.get_input_values().items() if n in own.inputs}
        outputs = own.run(given, Progress(report, lambda: bool(self.cancelled)))
        for name, value in outputs.items():
            self.outputs[name] = value

    def cancel(self: Any) -> None:
        self.cancelled = True

    members = {
        "__doc__": own.help,
        "__module__": identifier.rpartition(".")[0],
        "run": run,
        "cancel": cancel,
        "_get_task_identifier": lambda self, inputs: identifier,
    }
    required = [name for name, spec in own.inputs.items() if spec.required]
    declaration = {
        "register": registry_name is not None,
        "registry_name": registry_name,
        "input_names": required,
        "optional_input_names": [name for name in own.inputs if name not in required],
        "output_names": list(own.outputs),
        "version": own.version or None,
    }
    name = identifier.replace(IN_FILE, ".").rpartition(".")[2]
    return new_class(name, (TaskWithProgress,), declaration, lambda body: body.update(members))


class OfWidget:
    """As ``ewokstaskclass`` of a widget class, its task as an ewokscore task class.

    Made when ewoks asks for it; not there for a widget without a task, nor where ewokscore
    isn't installed. Graphs name the class by where `beamcanvas.task.as_class` makes it, so
    that what ``ewoks convert`` writes runs, too.
    """

    def __get__(self, widget: Any, widget_class: Any) -> Any:
        if "ewokscore" not in sys.modules:  # Orange looks at each attribute of each widget
            raise AttributeError("Only ewoks asks for its kind of task.")
        identifier = widget_class.task_identifier
        if not identifier:
            raise AttributeError(f"The widget {widget_class.__name__} has no task.")
        try:
            return task_class(identifier, name_of(identifier))
        except (ImportError, TaskNotFoundError) as error:
            raise AttributeError(str(error)) from error


class _EwoksProgress:
    """What ewokscore's tasks tell their progress to: a percentage that is set."""

    def __init__(self, progress: Progress) -> None:
        self._told = progress
        self._percent: float = 0

    @property
    def progress(self) -> float:
        return self._percent

    @progress.setter
    def progress(self, percent: float) -> None:
        self._percent = percent
        self._told(percent / 100)

    def reset(self) -> None:
        self.progress = 0

    def update(self) -> None:
        self._told(self._percent / 100)


@contextmanager
def _cancelling(instance: Any, progress: Progress) -> Iterator[None]:
    """While it lasts, a cancel of ours becomes a call of the task's own ``cancel()``."""
    cancel = getattr(type(instance), "cancel", None)
    if cancel is None or cancel.__module__ == "ewokscore.task" or not progress.can_cancel:
        yield
        return
    from threading import Event, Thread

    over = Event()

    def watch() -> None:
        while not over.wait(0.1):
            if progress.cancelled:
                instance.cancelled = True
                instance.cancel()
                return

    watcher = Thread(target=watch, name="cancel", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _reason(error: Exception, title: str) -> Exception:
    """What the task itself raised, out of ewokscore's wrapping."""
    cause = error.__cause__
    if isinstance(cause, Cancelled):
        return cause
    if type(cause or error).__name__ == "TaskInputError":
        lines = [line.strip() for line in str(cause or error).splitlines()]
        return InputError(f"{title}: {' '.join(line for line in lines if line)}")
    return cause if isinstance(cause, Exception) else error


def _is_missing(value: Any) -> bool:
    return type(value).__name__ == "MissingData"


def _fields(task_class: Any, which: str) -> dict[str, FieldInfo] | None:
    model = getattr(task_class, which, lambda: None)()
    return None if model is None else model.model_fields


def _input(name: str, field: FieldInfo) -> Input:
    """A field of a pydantic model as an input, with its bounds."""
    bounds: dict[str, Any] = {}
    for rule in field.metadata:
        for bound in ("ge", "gt", "le", "lt"):
            value = getattr(rule, bound, None)
            if isinstance(value, int | float):
                bounds[bound] = value
    default = MISSING if field.is_required() else field.get_default(call_default_factory=True)
    if _is_missing(default):
        default = None
    return Input(
        name,
        field.annotation,
        default,
        help=field.description or "",
        param=Param(label=field.title or "", **bounds),
    )


def _words(name: str) -> str:
    """``SumTask`` as a title: Sum task; abbreviations stay."""
    import re

    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    text = " ".join(w if w.isupper() else w.lower() for w in words)
    return text[:1].upper() + text[1:]
