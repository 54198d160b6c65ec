"""Inputs of a task, checked before it runs: one clear sentence for each that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from ..errors import InputError
from .base import MISSING, Input, Task, without_none

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """`` Did you mean 'x'?`` when something known is close to `name`, else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(str(name), [str(k) for k in known], n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _title(task: Task) -> str:
    return task.title or task.identifier


def check_names(task: Task, inputs: Mapping[str | int, Any]) -> None:
    """Raise :class:`InputError` for inputs that `task` doesn't know or still needs."""
    problems = []
    if not task.open_inputs:
        problems += [
            f"there is no input '{name}'.{did_you_mean(name, task.inputs)}"
            for name in inputs
            if name not in task.inputs
        ]
    problems += [
        f"the input '{name}' is missing."
        for name, spec in task.inputs.items()
        if spec.required and inputs.get(name, MISSING) is MISSING
    ]
    if problems:
        raise InputError(_sentence(task, problems))


def _sentence(task: Task, problems: list[str]) -> str:
    return f"{_title(task)}: " + " ".join(problems)


class InputValidator:
    """Checks and converts all inputs of a task at once, through one pydantic model.

    Text becomes a number or a path where the annotation says so, a mapping becomes the
    dataclass that is asked for; instances of domain types pass as they are.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._alias = {f"input_{i}": name for i, name in enumerate(task.inputs)}

    @cached_property
    def _model(self) -> type[BaseModel]:
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {}
        for key, name in self._alias.items():
            spec = self.task.inputs[name]
            default = ... if spec.required else spec.default
            fields[key] = (_annotated(spec), Field(default, alias=name))
        # 2024 is a name where text is asked for: the command line reads it as a number
        config = ConfigDict(arbitrary_types_allowed=True, coerce_numbers_to_str=True)
        return create_model("Inputs", __config__=config, **fields)

    def __call__(self, inputs: Mapping[str | int, Any]) -> dict[str | int, Any]:
        check_names(self.task, inputs)
        given = {k: v for k, v in inputs.items() if v is not MISSING}
        specs = self.task.inputs
        if all(_is_fine(specs[str(name)], value) for name, value in given.items()):
            return {
                name: _as_is(spec, given[name]) if name in given else spec.default
                for name, spec in specs.items()
            }
        values = self._converted(given)
        problems = [
            f"'{name}' should be one of {_listed(choices)}, not {_shown(value)}."
            for name, value in values.items()
            if name in given
            and (choices := _fixed_choices(specs[str(name)])) is not None
            and value is not None
            and value not in choices
        ]
        if problems:
            raise InputError(_sentence(self.task, problems))
        return values

    def _converted(self, given: Mapping[str | int, Any]) -> dict[str | int, Any]:
        from pydantic import ValidationError

        try:
            model = self._model.model_validate(given)
        except ValidationError as error:
            raise InputError(_sentence(self.task, self._explain(error))) from None
        return {name: getattr(model, key) for key, name in self._alias.items()}

    def _explain(self, error: ValidationError) -> list[str]:
        problems = []
        seen = set()
        for item in error.errors(include_url=False):
            name = str(item["loc"][0])
            if name in seen:  # one sentence an input: a union reports each of its members
                continue
            seen.add(name)
            problems.append(_explain_one(self.task.inputs[name], item))
        return problems


def _is_fine(spec: Input, value: Any) -> bool:
    """Whether the value surely needs no conversion: most do, and pydantic is slow to import."""
    choices = _fixed_choices(spec)
    if choices is not None and not (type(value) in (str, int) and _as_is(spec, value) in choices):
        return False
    wanted = without_none(spec.annotation)
    if value is None:
        return wanted is Any or wanted is not spec.annotation
    if wanted is Any:
        return True
    if not (_is_plainly(wanted, value) or (wanted is float and type(value) is int)):
        # one of several types
        members = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else ()
        return any(is_dataclass(m) and isinstance(value, m) for m in members)  # type: ignore[arg-type]
    param = spec.param
    return (
        (param.ge is None or value >= param.ge)
        and (param.gt is None or value > param.gt)
        and (param.le is None or value <= param.le)
        and (param.lt is None or value < param.lt)
    )


def _is_plainly(wanted: Any, value: Any) -> bool:
    """Whether a value is what is wanted, or the text of a path."""
    if wanted is Path:
        return type(value) is str or isinstance(value, Path)
    if get_origin(wanted) is Literal:
        return type(value) is str and value in get_args(wanted)
    if wanted in (int, float, str, bool):
        return type(value) is wanted
    return is_dataclass(wanted) and isinstance(wanted, type) and isinstance(value, wanted)


def _as_is(spec: Input, value: Any) -> Any:
    """A value that is fine; a number or a path as such."""
    wanted = without_none(spec.annotation)
    if wanted is float and type(value) is int:
        return float(value)
    return Path(value) if wanted is Path and type(value) is str else value


def _annotated(spec: Input) -> Any:
    """The annotation with its bounds, as pydantic wants them."""
    from pydantic import Field

    bounds = {k: v for k in ("ge", "gt", "le", "lt") if (v := getattr(spec.param, k)) is not None}
    if not bounds:
        return _by_class(spec.annotation)
    inner = without_none(spec.annotation)
    bounded: Any = Annotated.__class_getitem__((inner, Field(**bounds)))  # type: ignore[attr-defined]
    return bounded | None if type(None) in get_args(spec.annotation) else bounded


def _by_class(annotation: Any) -> Any:
    """The annotation with those domain types checked by class whose fields can't be looked into.

    Others can be written out in a file, as a mapping of their fields.
    """
    from pydantic import InstanceOf

    if isinstance(annotation, type) and is_dataclass(annotation):
        return annotation if _has_known_fields(annotation) else InstanceOf[annotation]  # type: ignore[misc]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return Union[tuple(_by_class(a) for a in arguments)]  # noqa: UP007 - of any number
    if origin in (list, tuple, dict, Sequence, Mapping) and arguments:
        return origin[tuple(_by_class(a) for a in arguments)]
    return annotation


def _has_known_fields(domain_type: type) -> bool:
    from pydantic import ConfigDict, PydanticSchemaGenerationError, create_model

    config = ConfigDict(arbitrary_types_allowed=True)
    try:
        model = create_model("Field", __config__=config, value=(domain_type, ...))
    except (PydanticSchemaGenerationError, NameError):
        return False
    return model.__pydantic_complete__


def _fixed_choices(spec: Input) -> list[Any] | None:
    choices = spec.param.choices
    # a callable lists what is known here (calibrants, detectors); the task judges those itself
    return None if choices is None or callable(choices) else list(choices)


def _listed(values: Iterable[Any]) -> str:
    shown = [_shown(v) for v in values]
    return ", ".join(shown[:-1]) + (" or " if len(shown) > 1 else "") + shown[-1]


def _shown(value: Any) -> str:
    text = repr(value)
    if len(text) > 60:
        return f"a {type(value).__name__}"
    return text


_TYPE_WORDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "path_type": "a path",
}
_BOUND_WORDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def _explain_one(spec: Input, item: Mapping[str, Any]) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    unit = f" {spec.param.unit}" if spec.param.unit else ""
    where = ""
    inside = [str(p) for p in item["loc"][1:] if isinstance(p, int)]
    if inside:
        where = f" (item {inside[0]})"
    if kind in _BOUND_WORDS:
        key, words = _BOUND_WORDS[kind]
        return (
            f"'{spec.name}' should be {words} {context[key]:g}{unit}, not {_shown(value)}{where}."
        )
    if kind in _TYPE_WORDS:
        return f"'{spec.name}' should be {_TYPE_WORDS[kind]}{where}, not {_shown(value)}."
    if kind == "literal_error":
        return f"'{spec.name}' should be one of {context['expected']}, not {_shown(value)}."
    if kind in ("is_instance_of", "dataclass_type", "model_type"):
        expected = context.get("class") or context.get("class_name") or "another type"
        return f"'{spec.name}' should be a {expected}, not {_shown(value)}."
    if kind == "missing":
        return f"the input '{spec.name}' is missing a value: {item['loc'][-1]}."
    message = str(item["msg"])
    return f"'{spec.name}' is wrong: {message[:1].lower()}{message[1:]} (got {_shown(value)})."
