"""Values in files of a shared folder, arrays apart from the rest and mapped when read."""

from __future__ import annotations

import mmap
import pickle
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import finalize

from ..executors.elsewhere import Elsewhere
from ..executors.letters import LARGE

_ALIGNED = 64
_HEAD = 8  # bytes that say how long the index is


def write(path: Path, value: Any) -> None:
    """Write a value, whole or not at all.

    Raises
    ------
    OSError
        When there is no room for it.
    """
    buffers: list[pickle.PickleBuffer] = []

    def stays(buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < LARGE:
            return True
        buffers.append(buffer)
        return False

    data = pickle.dumps(value, protocol=5, buffer_callback=stays)
    index = pickle.dumps((data, [buffer.raw().nbytes for buffer in buffers]), protocol=5)
    new = path.with_name(f".{path.name}")
    try:
        with new.open("wb") as file:
            file.write(len(index).to_bytes(_HEAD, "little"))
            file.write(index)
            for buffer in buffers:
                file.write(bytes(-file.tell() % _ALIGNED))
                file.write(buffer.raw())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def read(path: Path | str) -> Any:
    """Read a value that `write` wrote. Its arrays may be changed: the file stays as it is."""
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(_HEAD), "little")
        data, sizes = pickle.loads(file.read(length))  # noqa: S301 - our own folder
        return pickle.loads(data, buffers=_views(file, sizes))  # noqa: S301


def _views(file: Any, sizes: Sequence[int]) -> list[memoryview]:
    if not sizes:
        return []
    whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    place, views = file.tell(), []
    for size in sizes:
        place += -place % _ALIGNED
        views.append(whole[place : place + size])
        place += size
    return views


class Filed(Elsewhere):
    """An output in a file, which goes when nobody knows of it any more.

    Another job reads it as the value that it is.
    """

    __slots__ = ("_value", "path", "warnings")

    def __init__(self, path: Path, warnings: tuple[str, ...] = ()) -> None:
        self.path = path
        self.warnings = warnings  #: of the value
        self._value: Any = _CLOSED
        finalize(self, _remove, path)

    def value(self) -> Any:
        """The value, the same one each time."""
        if self._value is _CLOSED:
            self._value = read(self.path)
        return self._value

    def __reduce__(self) -> Any:
        return read, (str(self.path),)


_CLOSED = object()


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
