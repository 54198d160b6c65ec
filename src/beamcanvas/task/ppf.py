"""The tasks of pypushflow: one dictionary is handed from task to task and added to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ..errors import InputError
from .base import MISSING, Input, Output, Task
from .method import check_arguments, parameters_of, signature_inputs
from .progress import SILENT, Progress

#: Name of the input and of the output that hold the dictionary.
PPF_DICT = "_ppfdict"


class PpfPortTask(Task):
    """Hands its inputs on as they are: the way in or out of a subgraph."""

    task_type = "ppfport"
    title = "Port"
    category = "ppf"
    outputs = {PPF_DICT: Output(PPF_DICT, dict)}  # noqa: RUF012 - the same for each of them
    open_inputs = True

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        return {PPF_DICT: Input(PPF_DICT, dict, default={})}

    def _merged(self, inputs: Mapping[str | int, Any]) -> dict[str, Any]:
        merged = {str(n): v for n, v in inputs.items() if n != PPF_DICT and v is not MISSING}
        handed = inputs.get(PPF_DICT) or {}
        if not isinstance(handed, Mapping):
            raise InputError(
                f"{self.title}: '{PPF_DICT}' should be a mapping, not a {type(handed).__name__}."
            )
        return merged | dict(handed)

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        return {PPF_DICT: self._merged(inputs)}


class PpfMethodTask(PpfPortTask):
    """A function that takes the dictionary as its arguments and returns what changes in it."""

    task_type = "ppfmethod"

    def __init__(self, identifier: str, function: Callable[..., Any]) -> None:
        self.identifier = identifier
        self.function = function
        self.title = identifier.removesuffix(".run").rpartition(".")[2].replace("_", " ")
        self.title = self.title.capitalize()
        self.category = identifier.partition(".")[0]

    @cached_property
    def help(self) -> str:  # type: ignore[override]
        return inspect.getdoc(self.function) or ""

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        parameters = parameters_of(self.function) or {}
        # the dictionary may bring any of them: none is required by itself
        named = {
            name: Input(name, spec.annotation, None if spec.required else spec.default)
            for name, spec in signature_inputs(self.function, parameters).items()
        }
        return {**super().inputs, **named}

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        arguments = self._merged(inputs)
        check_arguments(self.title, parameters_of(self.function), [], arguments)
        returned = self.function(**arguments)
        if returned is not None and not isinstance(returned, Mapping):
            raise InputError(
                f"{self.title}: the function '{self.identifier}' should return a mapping, "
                f"not a {type(returned).__name__}."
            )
        return {PPF_DICT: arguments | dict(returned or {})}
