"""Small tasks of the test graphs, which other processes and machines find by their names."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...task import SILENT, Progress, task


@task
def add(a: float, b: float = 0) -> float:
    """The sum."""
    return a + b


class Sum(NamedTuple):
    """A sum, and whether it is below ten."""

    result: float
    too_small: bool


@task
def add_below_ten(a: float, b: float = 0) -> Sum:
    """The sum, to be used in conditions."""
    return Sum(a + b, a + b < 10)


@task
def add_or_fail(a: float = 0, b: float = 0, raise_error: bool = False) -> float:
    """The sum, or an error."""
    if raise_error:
        raise RuntimeError("Intentional error")
    return a + b


@task(output="sum")
def total(list: list[float]) -> float:
    """The sum of a list."""
    return sum(list)


@task
def nothing() -> None:
    """No output."""


@task(output="values")
def collect(a: Any = None, b: Any = None, c: Any = None) -> dict[str, Any]:
    """The inputs that there are, by name."""
    return {n: v for n, v in (("a", a), ("b", b), ("c", c)) if v is not None}


@task
def describe_error(WorkflowException: dict[str, Any], a: float | None = None) -> str:  # noqa: N803
    """What an error link handed over, in words."""
    return f"{WorkflowException['errorMessage']} with a={a}"


class Arrays(NamedTuple):
    """Two arrays."""

    image: NDArray[np.float64]
    curve: NDArray[np.float64]


@task
def ramp(rows: int, columns: int) -> Arrays:
    """An image that counts its pixels, and its first row."""
    image = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
    return Arrays(image, image[0].copy())


@task(output="image")
def shift(image: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
    """An array plus a number."""
    return image + offset


@task(output="sum")
def total_of(image: NDArray[np.float64]) -> float:
    """The sum of an array."""
    return float(image.sum())


@task
def steps(n: int, progress: Progress = SILENT) -> int:
    """Tells its progress `n` times."""
    for i in range(n):
        progress((i + 1) / n, f"step {i + 1}")
    return n


@task
def patient(begun: str, seconds: float = 30.0, progress: Progress = SILENT) -> str:
    """Writes the file `begun` and waits to be cancelled."""
    Path(begun).write_text("begun")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress.check()
        time.sleep(0.02)
    return "not cancelled"


@task
def stubborn(begun: str, seconds: float = 6.0) -> str:
    """Writes the file `begun` and never looks whether it was cancelled."""
    Path(begun).write_text("begun")
    time.sleep(seconds)
    return "not cancelled"


@task
def leave() -> None:
    """Asks Python to end."""
    raise SystemExit(2)


class TwoPartError(Exception):
    """An error that can't be pickled and read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


@task
def raise_two_parts() -> None:
    """Fails with an error that no other process can read."""
    raise TwoPartError("one", "two")
