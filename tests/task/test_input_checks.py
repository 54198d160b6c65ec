"""Inputs that are checked before a task runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from beamcanvas import InputError
from beamcanvas.task import Param, Task, task, task_of, validation


@dataclass(frozen=True)
class Slit:
    """Its field's type is not known where it is checked."""

    width: NowhereToBeFound  # noqa: F821


@task
def through(slit: Slit, others: list[Slit] | None = None, *, file: Path = Path("a")) -> float:
    return slit.width


def test_domain_types_are_checked_by_their_class() -> None:
    assert task_of(through).run({"slit": Slit(2.0), "others": [Slit(1.0)], "file": "b"}) == {
        "result": 2.0
    }
    with pytest.raises(InputError, match="'slit' should be"):
        task_of(through).run({"slit": 2.0, "file": "b"})
    with pytest.raises(InputError, match="'others' should be"):
        task_of(through).run({"slit": Slit(2.0), "others": [2.0], "file": "b"})


@task
def named(name: str, *, file: Path = Path("a")) -> str:
    return name


def test_a_number_is_a_name_too() -> None:
    assert task_of(named).run({"name": 2024}) == {"result": "2024"}
    with pytest.raises(InputError, match="'name' should be text"):
        task_of(named).run({"name": True})
    with pytest.raises(InputError, match="'name' should be text"):
        task_of(named).run({"name": [1]})


@dataclass(frozen=True)
class Kind:
    size: int


@dataclass(frozen=True)
class Special(Kind):
    pass


_ANNOTATIONS = [
    *(int, float, str, bool, Path, Kind, Literal["x", "y"], Literal[1, "1"], Any),
    *(int | None, float | None, Path | None, Kind | None, Literal["x"] | None),
    *(float | str, Kind | Path, Kind | int | None, list[int], Special | Kind),
]


@pytest.mark.parametrize(
    ("annotation", "param"),
    [
        *((annotation, Param()) for annotation in _ANNOTATIONS),
        *((annotation, Param(choices=["x", "1", 1])) for annotation in _ANNOTATIONS),
        *((annotation, Param(ge=1)) for annotation in (int, float, int | None, float | None)),
    ],
)
def test_what_is_taken_as_it_is_would_pass_the_full_check_unchanged(
    annotation: Any, param: Param, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(value: Any) -> None: ...

    step.__annotations__ = {"value": Annotated[annotation, param], "return": None}
    known = task_of(task(step))
    values = (None, True, 0, 1, 2.5, "x", "1", "", Path("x"), Kind(1), Special(1), [1], {"size": 1})
    quick = [_outcome(known, value) for value in values]
    monkeypatch.setattr(validation, "_is_fine", lambda spec, value: False)
    assert quick == [_outcome(known, value) for value in values]


def _outcome(known: Task, value: Any) -> tuple[Any, str]:
    try:
        found = known.validate({"value": value})["value"]
    except InputError as error:
        return str(error), "error"
    return found, type(found).__name__
