"""``@task``: a typed function becomes a task."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints, overload

from ..errors import InputError
from .base import MISSING, Input, Output, Param, Task
from .progress import SILENT, Progress
from .validation import InputValidator

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__beamcanvas_task__"

#: How a graph file names one of our tasks, so that ewoks can run it too: it asks this
#: function for a task class of its own kind.
GENERATOR = "beamcanvas.task.ewoks.task_class"


@overload
def task(function: F, /) -> F: ...
@overload
def task(
    *,
    title: str = ...,
    category: str = ...,
    version: str = ...,
    output: str = ...,
    requires: str = ...,
) -> Callable[[F], F]: ...
def task(
    function: F | None = None,
    /,
    *,
    title: str = "",
    category: str = "",
    version: str = "1",
    output: str = "result",
    requires: str = "",
) -> F | Callable[[F], F]:
    """Declare a function to be a task. It stays the plain function that it is.

    Its annotations and its docstring say everything: names, types, defaults; units,
    bounds, choices and labels in ``Annotated[type, Param(...)]``; help in the docstring's
    *Parameters* section. A parameter annotated `Progress` gets progress and cancelling.
    It returns one value, a `NamedTuple` of several outputs, or None when it has none.

    Parameters
    ----------
    title:
        Words for the task; from the function's name by default.
    category:
        Where it stands in the canvas and in lists.
    version:
        Changes when the same inputs give another result.
    output:
        Name of the only output.
    requires:
        The extra of beamcanvas (or the package) that it needs beyond the core.
    """

    def decorate(f: F) -> F:
        setattr(f, _ATTRIBUTE, FunctionTask(f, title, category, version, output, requires))
        return f

    return decorate if function is None else decorate(function)


def task_of(function: Callable[..., Any]) -> FunctionTask:
    """The task that a function decorated with :func:`task` is."""
    found = getattr(function, _ATTRIBUTE, None)
    if not isinstance(found, FunctionTask):
        raise TypeError(f"{function!r} is not a task: decorate it with @task.")
    return found


def is_task(thing: object) -> bool:
    """Whether `thing` is a function decorated with :func:`task`."""
    return isinstance(getattr(thing, _ATTRIBUTE, None), FunctionTask)


class FunctionTask(Task):
    """A task made by :func:`task`. Its signature is read when it is first asked for."""

    task_type = "generated"
    task_generator = GENERATOR

    def __init__(
        self,
        function: Callable[..., Any],
        title: str,
        category: str,
        version: str,
        output: str,
        requires: str,
    ) -> None:
        self.function = function
        self._identifier = ""
        self.title = title or function.__name__.replace("_", " ").capitalize()
        self.category = category or _category(function.__module__)
        self.version = version
        self.requires = requires
        self._output = output

    @property
    def identifier(self) -> str:
        """The shortest dotted path by which the task can be imported.

        A package that lists the task among its own names gives it a path that stays when
        the module with its source moves.
        """
        return self._identifier or self._public_path()

    @identifier.setter
    def identifier(self, identifier: str) -> None:
        self._identifier = identifier

    def _public_path(self) -> str:
        # not kept: the packages around may still be on their way to being imported
        name, module = self.function.__qualname__, self.function.__module__
        packages = accumulate(module.split("."), lambda package, part: f"{package}.{part}")
        for package in packages:
            found = getattr(sys.modules.get(package), name, None)
            if getattr(found, _ATTRIBUTE, None) is self:
                return f"{package}.{name}"
        return f"{module}.{name}"

    @cached_property
    def help(self) -> str:  # type: ignore[override]
        return inspect.getdoc(self.function) or ""

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)

    @cached_property
    def _progress(self) -> str | None:
        return next((n for n, h in self._hints.items() if h is Progress and n != "return"), None)

    @cached_property
    def _documented(self) -> dict[str, str]:
        from docstring_parser import parse

        return {
            p.arg_name: " ".join((p.description or "").split()) for p in parse(self.help).params
        }

    def help_for(self, name: str) -> str:
        return self._documented.get(name) or self.inputs[name].param.help

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        found = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if name == self._progress:
                continue
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"The task {self.identifier} can't take *{name}.")
            annotation, param = split_annotation(self._hints.get(name, Any))
            default = MISSING if parameter.default is parameter.empty else parameter.default
            found[name] = Input(name, annotation, default, param=param)
        return found

    @cached_property
    def _fields(self) -> tuple[str, ...] | None:
        """Names of the outputs when the function returns a `NamedTuple`."""
        returned, _ = split_annotation(self._hints.get("return", Any))
        return getattr(returned, "_fields", None)

    @cached_property
    def outputs(self) -> Mapping[str, Output]:  # type: ignore[override]
        returned, _ = split_annotation(self._hints.get("return", Any))
        if returned is type(None):
            return {}
        if self._fields is None:
            return {self._output: Output(self._output, returned)}
        hints = get_type_hints(returned)
        return {name: Output(name, hints[name]) for name in self._fields}

    @cached_property
    def _validator(self) -> InputValidator:
        return InputValidator(self)

    def validate(self, inputs: Mapping[str | int, Any]) -> dict[str | int, Any]:
        return self._validator(inputs)

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        keywords = {str(k): v for k, v in self._validator(inputs).items()}
        if self._progress:
            keywords[self._progress] = progress
        try:
            value = self.function(**keywords)
        except ModuleNotFoundError as error:
            if not self.requires:
                raise
            raise InputError(
                f"{self.title}: this needs the package '{error.name}'. "
                f"Install it with: pip install 'beamcanvas[{self.requires}]'"
            ) from error
        if not self.outputs:
            return {}
        if self._fields is None:
            return {self._output: value}
        return dict(zip(self._fields, value, strict=True))


def _category(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "beamcanvas" and len(parts) > 1 else parts[0]


def split_annotation(hint: Any) -> tuple[Any, Param]:
    """An annotation into its type and what the author says of it."""
    if get_origin(hint) is Annotated:
        annotation, *said = get_args(hint)
        return annotation, next((s for s in said if isinstance(s, Param)), Param())
    return hint, Param()
