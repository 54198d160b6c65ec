"""Any function as a task: its arguments are the inputs, ``return_value`` is the output."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeAlias, get_type_hints

from ..errors import InputError
from .base import MISSING, Input, Output, Task
from .function import is_task, split_annotation, task_of
from .progress import SILENT, Progress

#: The only output of a plain function.
RETURN_VALUE = "return_value"


Parameters: TypeAlias = Mapping[str, inspect.Parameter]


class MethodTask(Task):
    """A function that knows nothing of workflows; arguments by name or by position.

    A function decorated with ``@task`` is checked as such and has its own outputs beside
    ``return_value``.
    """

    task_type = "method"

    def __init__(self, identifier: str, function: Callable[..., Any]) -> None:
        self.identifier = identifier
        self.function = function
        self.title = getattr(function, "__name__", identifier).replace("_", " ").capitalize()
        self.category = identifier.partition(".")[0]

    @cached_property
    def help(self) -> str:  # type: ignore[override]
        return inspect.getdoc(self.function) or ""

    @cached_property
    def _own(self) -> Task | None:
        return task_of(self.function) if is_task(self.function) else None

    @cached_property
    def _parameters(self) -> Parameters | None:
        return parameters_of(self.function)

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        if self._own is not None:
            return self._own.inputs
        return signature_inputs(self.function, self._parameters or {})

    @cached_property
    def open_inputs(self) -> bool:  # type: ignore[override]
        if self._own is not None:
            return False
        if self._parameters is None:
            return True
        kinds = {p.kind for p in self._parameters.values()}
        return bool(kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})

    @cached_property
    def outputs(self) -> Mapping[str, Output]:  # type: ignore[override]
        if self._own is None:
            return {RETURN_VALUE: Output(RETURN_VALUE)}
        named = dict(self._own.outputs)
        if len(named) == 1:
            (output,) = named.values()
            named[RETURN_VALUE] = Output(RETURN_VALUE, output.annotation)
        return named

    def help_for(self, name: str) -> str:
        return super().help_for(name) if self._own is None else self._own.help_for(name)

    def validate(self, inputs: Mapping[str | int, Any]) -> dict[str | int, Any]:
        positional, named = self._arguments(inputs)
        if self._own is not None:
            return self._own.validate(self._by_name(positional, named))
        values: dict[str | int, Any] = dict(enumerate(positional))
        values.update(named)
        return values

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        positional, named = self._arguments(inputs)
        if self._own is None:
            return {RETURN_VALUE: self.function(*positional, **named)}
        outputs = self._own.run(self._by_name(positional, named), progress)
        if len(outputs) == 1:
            (outputs[RETURN_VALUE],) = outputs.values()
        return outputs

    def _by_name(self, positional: list[Any], named: Mapping[Any, Any]) -> dict[str | int, Any]:
        if len(positional) > len(self.inputs):
            raise InputError(
                f"{self.title} takes {len(self.inputs)} inputs, not {len(positional)}."
            )
        return {**dict(zip(self.inputs, positional, strict=False)), **named}

    def _arguments(self, inputs: Mapping[str | int, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The inputs as positional and named arguments that fit the signature."""
        positional, named = by_position(self.title, inputs)
        if self._parameters is not None:
            # what takes no name in a call may still be named in a graph
            by_name = [n for n, p in self._parameters.items() if p.kind is p.POSITIONAL_ONLY]
            for name in by_name[len(positional) :]:
                if name not in named:
                    break
                positional.append(named.pop(name))
        if self._own is None:
            check_arguments(self.title, self._parameters, positional, named)
        return positional, named


def parameters_of(function: Callable[..., Any]) -> Parameters | None:
    """The parameters of a function; None for a builtin that doesn't say what it takes."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None


def check_arguments(
    title: str, parameters: Parameters | None, positional: list[Any], named: Mapping[str, Any]
) -> None:
    """Raise :class:`InputError` when a function can't be called so."""
    if parameters is None:
        return
    try:
        inspect.Signature(list(parameters.values())).bind(*positional, **named)
    except TypeError as error:
        from .validation import did_you_mean

        unknown = [n for n in named if n not in parameters]
        hint = did_you_mean(unknown[0], parameters) if unknown else ""
        raise InputError(f"{title}: {error}.{hint}") from None


def by_position(title: str, inputs: Mapping[str | int, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Inputs named by whole numbers (or their digits) in their order, and the others by name.

    Raises
    ------
    InputError
        When a position before the last one has no value.
    """
    positions: dict[int, Any] = {}
    named: dict[str, Any] = {}
    for name, value in inputs.items():
        if value is MISSING:
            continue
        if isinstance(name, int) or name.isdecimal():
            positions[int(name)] = value
        else:
            named[name] = value
    for n in range(len(positions)):
        if n not in positions:
            raise InputError(
                f"{title}: the input at position {n} is missing; "
                f"there is one at position {max(positions)}."
            )
    return [positions[n] for n in sorted(positions)], named


def signature_inputs(function: Callable[..., Any], parameters: Parameters) -> dict[str, Input]:
    """The named arguments of a function as inputs, with their types where it gives them."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception:  # annotations of foreign code may name what isn't there
        hints = {}
    found = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        annotation, param = split_annotation(hints.get(name, Any))
        default = MISSING if parameter.default is parameter.empty else parameter.default
        found[name] = Input(name, annotation, default, param=param)
    return found
