"""The fingerprint of a piece of work: its task, the version and code of it, and its inputs."""

from __future__ import annotations

import os
import pickle
import stat
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from pathlib import Path, PurePath
from types import CodeType
from typing import Any

from ...task import Task, resolve
from ..work import Work, task_inputs

#: kinds of tasks that do nothing but to make outputs of inputs, as far as one can know
_KINDS = ("generated", "method", "class")
_PLAIN = (bool, int, float, complex, str, bytes)


def fingerprint(work: Work) -> str | None:
    """What is the same for work that gives the same; None for what can't be kept.

    That are tasks that write files, that have no outputs, scripts and notebooks; and
    whatever can't be found or read. Of files among the inputs, size and time of the last
    change count.
    """
    if work.task_type not in _KINDS:
        return None
    try:
        task = resolve(work.task_type, work.identifier, work.generator, folder=work.folder)
        if any(spec.param.path in ("save", "folder") for spec in task.inputs.values()):
            return None
        if task.outputs == {}:
            return None
        inputs = task_inputs(task, work.inputs, work.offered, work.folder)
        digest = _Digest(work.folder)
        for part in (task.identifier, task.version, *_code(task)):
            digest.add(part)
        digest.add({str(name): value for name, value in inputs.items()})
    except Exception:  # the task will say what is wrong, when it runs
        return None
    return digest.hex()


def _code(task: Task) -> tuple[Any, ...]:
    """What the task does: the code of its function, and the version of its package."""
    made_of = getattr(task, "function", None) or getattr(task, "task_class", None)
    code = getattr(made_of, "__code__", None) or getattr(
        getattr(made_of, "run", None), "__code__", None
    )
    package = sys.modules.get(str(task.identifier).partition(".")[0])
    return _spelled(code), getattr(package, "__version__", None)


def _spelled(code: Any) -> Any:
    """The code of a function, without the places where it stands."""
    if not isinstance(code, CodeType):
        return None
    constants = [_spelled(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return (code.co_code, constants, code.co_names, code.co_varnames)


class _Digest:
    """Values, one after the other; each with its type and its size, so that none is mistaken."""

    def __init__(self, folder: Path) -> None:
        self._hash = blake2b(digest_size=20)
        self._folder = folder

    def hex(self) -> str:
        return self._hash.hexdigest()

    def add(self, value: Any) -> None:
        kind = type(value)
        self._write(f"{kind.__module__}.{kind.__qualname__}")
        if value is None:
            return
        if isinstance(value, Enum):
            self._write(value.name)
        elif kind in _PLAIN:
            self._write(value if kind is bytes else repr(value))
            if kind is str:
                self._add_file(value)
        elif isinstance(value, PurePath):
            self._write(str(value))
            self._add_file(str(value))
        elif hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "tobytes"):
            self._add_array(value)
        elif is_dataclass(value):
            for field in fields(value):
                self._write(field.name)
                self.add(getattr(value, field.name))
        elif isinstance(value, Mapping):
            self._add_all(value.items(), len(value))
        elif isinstance(value, (list, tuple)):
            self._add_all(value, len(value))
        elif isinstance(value, (set, frozenset)):
            self._add_all(sorted(value, key=repr), len(value))
        else:  # if it isn't the same each time, the work is only done again
            self._write(pickle.dumps(value, protocol=5))

    def _add_all(self, values: Any, count: int) -> None:
        self._write(str(count))
        for value in values:
            self.add(value)

    def _add_array(self, value: Any) -> None:
        if value.dtype.hasobject:
            self.add(value.tolist())
            return
        self._write(f"{value.dtype.descr!r} {value.shape!r}")
        if value.size:
            import numpy as np

            self._hash.update(np.ascontiguousarray(value).data.cast("B"))

    def _add_file(self, text: str) -> None:
        if not text or len(text) > 4096 or "\0" in text:
            return
        try:
            found = os.stat(os.path.join(self._folder, text))  # noqa: PTH116, PTH118 - of any text
        except OSError:
            return
        if stat.S_ISREG(found.st_mode):
            self._write(f"{found.st_size} {found.st_mtime_ns}")

    def _write(self, text: str | bytes) -> None:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        self._hash.update(len(data).to_bytes(8))
        self._hash.update(data)
