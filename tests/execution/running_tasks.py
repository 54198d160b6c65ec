"""Small tasks that other processes find too."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from beamcanvas.execution.conformance.tasks import (
    add,
    add_below_ten,
    add_or_fail,
    collect,
    describe_error,
    leave,
    nothing,
    raise_two_parts,
    steps,
    total,
)
from beamcanvas.task import SILENT, Param, Progress, task

__all__ = [
    "add",
    "add_below_ten",
    "add_or_fail",
    "collect",
    "describe_error",
    "leave",
    "nothing",
    "raise_two_parts",
    "steps",
    "total",
]


@dataclass(frozen=True)
class Doubtful:
    """A result that warns of itself."""

    warnings: tuple[str, ...]


@task
def doubt(words: list[str]) -> Doubtful:
    return Doubtful(tuple(words))


@task
def pass_on(value: Doubtful) -> Doubtful:
    return Doubtful((*value.warnings, "It was passed on."))


@task
def where() -> int:
    return os.getpid()


@task
def bounded(x: Annotated[float, Param(ge=0, unit="mm")]) -> float:
    return x


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
def lambda_out() -> Any:
    return lambda: None


@task
def path_is(path: Annotated[str, Param(path="open")]) -> str:
    return path


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


@task
def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


@task(output="image")
def add_in_place(image: Any, offset: float) -> Any:
    """Changes the array that came in, as a task that saves memory does, and hands it on."""
    image += offset
    return image


class Foreign:
    """Can be written, but not read outside of a worker."""

    def __reduce__(self) -> Any:
        return _only_in, (os.getpid(),)


def _only_in(process: int) -> Foreign:
    if process != os.getpid():
        raise RuntimeError("it is at home in another process")
    return Foreign()


@task
def foreign() -> Any:
    return Foreign()


@task
def fails_at_first(file: str, times: int, how: str = "raise") -> int:
    """Fails so many times, which it counts in a file; gives how often it was called."""
    path = Path(file)
    called = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(called))
    if called <= times:
        if how == "die":
            os._exit(4)
        raise RuntimeError("not yet")
    return called


@task
def count_calls(file: str, x: float) -> float:
    """Adds a letter to the file ``calls`` beside `file`, which isn't there."""
    with (Path(file).parent / "calls").open("a") as calls:
        calls.write("x")
    return x


@task
def writes(file: Annotated[Path, Param(path="save")]) -> Path:
    return file
