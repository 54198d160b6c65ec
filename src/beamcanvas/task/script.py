"""Scripts and shell commands as tasks: inputs are their arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Cancelled, TaskNotFoundError
from .base import MISSING, Input, Output, Task
from .importing import find_file
from .method import by_position
from .progress import SILENT, Progress

_CONTROL = {
    "_capture_output": "Keep what it prints, as the outputs 'out' and 'err'.",
    "_merge_err": "Keep what it prints as errors together with the rest, in 'out'.",
    "_raise_on_error": "Fail when it ends with another return code than 0.",
}


class ScriptTask(Task):
    """A Python or shell script, or a command line.

    An input of one letter is passed as ``-x value``, a longer one as ``--name value``;
    one with an empty value is a flag alone. Inputs by position come last. The script runs
    in the current folder.
    """

    task_type = "script"
    category = "script"
    open_inputs = True
    inputs = {n: Input(n, bool, False, help=h) for n, h in _CONTROL.items()}  # noqa: RUF012
    outputs = {  # noqa: RUF012
        "return_code": Output("return_code", int),
        "out": Output("out", str | None),
        "err": Output("err", str | None),
    }

    def __init__(self, identifier: str, folder: Path | None = None) -> None:
        path = find_file(identifier, folder)
        if path.is_file():
            self.identifier = str(path)
            self.title = path.name
            self._command = _interpreter(path)
        else:
            self.identifier = identifier
            self.title = identifier
            self._command = identifier.split()
            self._check_command(path)

    def _check_command(self, path: Path) -> None:
        program = self._command[0] if self._command else self.identifier
        if shutil.which(program) is None:
            is_script = Path(program).suffix in (".py", ".sh", ".bash") or "/" in program
            missing = f"file '{path}'" if is_script else f"command '{program}' on this machine"
            raise TaskNotFoundError(f"There is no script '{self.identifier}': no {missing}.")

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        given = self.validate(inputs)
        keep, merge, strict = (given.pop(name, False) for name in _CONTROL)
        error_to = subprocess.STDOUT if merge else subprocess.PIPE
        with subprocess.Popen(
            [*self._command, *_arguments(self.title, given)],
            stdout=subprocess.PIPE if keep else None,
            stderr=error_to if keep else None,
            start_new_session=os.name == "posix",  # what it starts is stopped with it
        ) as process:
            out, err = _finish(process, progress)
        if strict and process.returncode:
            said = (err or b"").decode(errors="replace").strip().splitlines()
            tail = f": {said[-1]}" if said else ""
            raise RuntimeError(f"{self.title} ended with return code {process.returncode}{tail}.")
        return {
            "return_code": process.returncode,
            "out": out.decode(errors="replace") if keep else None,
            "err": err.decode(errors="replace") if keep and not merge else None,
        }


def _interpreter(path: Path) -> list[str]:
    with path.open("rb") as file:
        first = file.readline(256)
    if first.startswith(b"#!"):
        return [*first[2:].decode(errors="replace").split(), str(path)]
    return [sys.executable if path.suffix == ".py" else "bash", str(path)]


def _arguments(title: str, inputs: Mapping[str | int, Any]) -> list[str]:
    positional, named = by_position(title, inputs)
    arguments = []
    for name, value in named.items():
        arguments.append(f"-{name}" if len(name) == 1 else f"--{name}")
        if str(value):
            arguments.append(str(value))
    return arguments + [str(value) for value in positional if value is not MISSING]


def _finish(process: subprocess.Popen[bytes], progress: Progress) -> tuple[bytes, bytes]:
    """Wait for the end, or end it when the task is cancelled or interrupted."""
    try:
        while True:
            try:
                out, err = process.communicate(timeout=0.1 if progress.can_cancel else None)
                return out or b"", err or b""
            except subprocess.TimeoutExpired:
                progress.check()
    except (Cancelled, KeyboardInterrupt):
        _stop(process)
        raise


def _stop(process: subprocess.Popen[bytes]) -> None:
    import signal

    def send(number: int) -> None:
        if os.name == "posix":
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                pass
        else:
            process.terminate()

    send(signal.SIGTERM)
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        send(signal.SIGKILL)
        process.wait()
