"""Inputs that are checked before a task runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from beamcanvas import InputError
from beamcanvas.task import task, task_of


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
