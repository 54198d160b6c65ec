"""Small tasks that other processes find too."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from beamcanvas.task import SILENT, Param, Progress, task


@task
def add(a: float, b: float = 0) -> float:
    return a + b


class Sum(NamedTuple):
    result: float
    too_small: bool


@task
def add_below_ten(a: float, b: float = 0) -> Sum:
    return Sum(a + b, a + b < 10)


@task
def add_or_fail(a: float = 0, b: float = 0, raise_error: bool = False) -> float:
    if raise_error:
        raise RuntimeError("Intentional error")
    return a + b


@task(output="sum")
def total(list: list[float]) -> float:
    return sum(list)


@task
def nothing() -> None:
    pass


@task
def where() -> int:
    return os.getpid()


@task(output="values")
def collect(a: Any = None, b: Any = None, c: Any = None) -> dict[str, Any]:
    return {n: v for n, v in (("a", a), ("b", b), ("c", c)) if v is not None}


@task
def bounded(x: Annotated[float, Param(ge=0, unit="mm")]) -> float:
    return x


@task
def steps(n: int, progress: Progress = SILENT) -> int:
    for i in range(n):
        progress((i + 1) / n, f"step {i + 1}")
    return n


@task
def patient(begun: str, progress: Progress = SILENT) -> str:
    """Waits to be cancelled."""
    Path(begun).write_text(str(os.getpid()))
    for _ in range(600):
        progress.check()
        time.sleep(0.05)
    return "not cancelled"


@task
def stubborn(begun: str, seconds: float = 30.0) -> str:
    """Doesn't look at any progress."""
    Path(begun).write_text(str(os.getpid()))
    time.sleep(seconds)
    return "not cancelled"


@task
def crash() -> None:
    os._exit(3)


@task
def leave() -> None:
    raise SystemExit(2)


@task
def lambda_out() -> Any:
    return lambda: None


@task
def path_is(path: Annotated[str, Param(path="open")]) -> str:
    return path


class UnpicklableError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


@task
def raise_unpicklable() -> None:
    raise UnpicklableError("one", "two")


@task
def describe_error(WorkflowException: dict[str, Any], a: float | None = None) -> str:  # noqa: N803
    return f"{WorkflowException['errorMessage']} with a={a}"


BOXES: Any = None


class Box:
    """Known to `BOXES` while it lives."""

    def __init__(self) -> None:
        BOXES.add(self)


def unbox(box: Box) -> None:
    assert box in BOXES


def boxes() -> int:
    return len(BOXES)


def meet(mine: str, other: str) -> None:
    """Ends when another task wrote its file."""
    Path(mine).write_text("here")
    end = time.monotonic() + 20
    while not Path(other).exists():
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.01)


def raise_circle() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    raise one
