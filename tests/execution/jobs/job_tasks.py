"""Tasks whose beginning and end are counted in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from beamcanvas.task import SILENT, Progress, task


def note(file: str, words: str) -> None:
    with Path(file).open("a") as lines:  # one write at the end of a file is not torn apart
        lines.write(f"{words}\n")


@task
def once(file: str, name: str) -> str:
    """Notes that it was run."""
    note(file, name)
    return name


@task
def long(file: str, seconds: float = 60.0) -> None:
    """Looks at no progress, has a program run, and notes its beginning and its end."""
    program = subprocess.Popen(["sleep", "61.5"])
    note(file, f"begun {os.getpid()} {program.pid}")
    time.sleep(seconds)
    program.kill()
    note(file, "ended")


@task
def long_the_first_time(file: str) -> None:
    """The same, but when it is begun again it ends at once."""
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    note(file, f"begun {os.getpid()}")
    if not lines:
        time.sleep(60.0)
    note(file, "ended")


@task
def polite(file: str, progress: Progress = SILENT) -> None:
    """Ends when it is asked to."""
    note(file, f"begun {os.getpid()}")
    while True:
        progress.check()
        time.sleep(0.02)


@task
def segfault() -> None:
    """Takes its process down."""
    os.kill(os.getpid(), signal.SIGSEGV)


@task
def kill_worker(file: str) -> None:
    """Takes down the worker whose process it runs in, and waits."""
    note(file, f"begun {os.getpid()}")
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60.0)
    note(file, "ended")


@task
def fill_disk() -> None:
    """Finds no room."""
    raise OSError(28, "No space left on device", "/data/scan.h5")
