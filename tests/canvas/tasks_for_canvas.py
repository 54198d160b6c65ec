"""Tasks of the canvas' tests."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from beamcanvas.task import SILENT, Param, Progress, task


class Summed(NamedTuple):
    result: float
    too_small: bool


@task
def add(a: float, b: float = 0.0) -> float:
    """Add two numbers.

    Parameters
    ----------
    a:
        The first.
    b:
        The second.
    """
    return a + b


@task
def add_until(a: float, b: float = 1.0, limit: float = 10.0) -> Summed:
    return Summed(a + b, a + b < limit)


@task
def fail(a: float = 0.0) -> float:
    raise ValueError(f"{a} is not to be had")


@task
def wait(a: float = 0.0, seconds: float = 0.2, progress: Progress = SILENT) -> float:
    steps = max(1, int(seconds / 0.01))
    for _ in progress.each(range(steps)):
        time.sleep(0.01)
    return a


@task
def grow(seconds: float = 0.2, progress: Progress = SILENT) -> list[int]:
    grown: list[int] = []
    progress.show(lambda: {"result": list(grown)})
    for n in progress.each(range(max(1, int(seconds / 0.01)))):
        grown.append(n)
        time.sleep(0.01)
    return grown


@task
def stubborn(seconds: float = 5.0) -> float:
    time.sleep(seconds)
    return seconds


@task
def chatter(times: int = 400_000, progress: Progress = SILENT) -> int:
    for n in range(times):
        progress(n / times, f"report {n}")
    return times


@task
def length(path: Annotated[str, Param(path="open")]) -> int:
    return len(path)


@task
def note_down(value: int, *, file: Annotated[Path, Param(path="save")]) -> Path:
    file.write_text(str(value))
    return file


@task
def length_of(data: Any) -> int:
    return len(data)


@task
def process() -> int:
    """The process that it runs in."""
    return os.getpid()


@task
def counted(file: str, x: float) -> float:
    """Writes into a file how often it is called."""
    with Path(file).open("a") as calls:
        calls.write("x")
    return x
