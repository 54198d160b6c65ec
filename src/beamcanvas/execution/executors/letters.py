"""How work and values travel between processes of one machine: arrays through shared memory.

A letter is a pickle and the large buffers of it, which pickle (protocol 5) hands out apart.
These go into one piece of memory without a name, whose descriptor is sent along: what is
large is copied once, when it is written, and nothing is left behind however a process ends.
Who reads it maps it privately, so that a task may change its inputs without others seeing it.
"""

from __future__ import annotations

import mmap
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from tempfile import TemporaryFile
from typing import Any
from weakref import finalize

from .elsewhere import Elsewhere

#: buffers of fewer bytes go with the rest of the letter
LARGE = 1 << 16
_ALIGNED = 64
#: so many pieces of memory are held; what comes beyond is copied, as descriptors are limited
_MOST = 400


class Memory:
    """Bytes without a name that other processes read too."""

    held = 0

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size
        self._map: mmap.mmap | None = None
        Memory.held += 1
        finalize(self, _let_go, descriptor)

    def view(self, offset: int, size: int) -> memoryview:
        """A part of it, private to this process."""
        if self._map is None:
            self._map = mmap.mmap(self.descriptor, self.size, access=mmap.ACCESS_COPY)
        return memoryview(self._map)[offset : offset + size]


def _let_go(descriptor: int) -> None:
    Memory.held -= 1
    os.close(descriptor)


@dataclass(slots=True, frozen=True)
class Part:
    """A buffer in a piece of memory."""

    memory: Memory
    offset: int
    size: int

    def view(self) -> memoryview:
        """Its bytes, private to this process."""
        return self.memory.view(self.offset, self.size)


class Parcel(Elsewhere):
    """A value as another process wrote it, to be opened here or handed on as it is."""

    __slots__ = ("_value", "buffers", "data", "warnings")

    def __init__(
        self, data: bytes, buffers: Sequence[Part | bytearray], warnings: tuple[str, ...] = ()
    ) -> None:
        self.data = data
        self.buffers = buffers
        self.warnings = warnings  #: of the value
        self._value: Any = _CLOSED

    def value(self) -> Any:
        """The value, the same one each time."""
        if self._value is _CLOSED:
            self._value = pickle.loads(self.data, buffers=views(self.buffers))  # noqa: S301 - ours
        return self._value


_CLOSED = object()


class Letter:
    """What is sent at once: pickles, and the large buffers of them."""

    def __init__(self) -> None:
        self._buffers: list[pickle.PickleBuffer] = []
        self._parts: dict[int, Part] = {}

    @property
    def count(self) -> int:
        """How many large buffers it has up to now."""
        return len(self._buffers)

    def pickled(self, value: Any) -> bytes:
        """The pickle of a value, its large buffers being taken into the letter."""
        written = BytesIO()
        _Pickler(written, self).dump(value)
        return written.getvalue()

    def take(self, buffer: pickle.PickleBuffer) -> bool:
        """Pickle's question whether a buffer is to stay in the pickle."""
        if id(buffer) not in self._parts and buffer.raw().nbytes < LARGE:
            return True
        self._buffers.append(buffer)
        return False

    def hand_on(self, part: Part | bytearray) -> pickle.PickleBuffer:
        """A buffer that came in a letter, to stand in the pickle of this one."""
        if not isinstance(part, Part):
            return pickle.PickleBuffer(part)
        buffer = pickle.PickleBuffer(bytearray())
        self._parts[id(buffer)] = part
        return buffer

    def send(self, connection: Connection, data: bytes) -> None:
        """Send a pickle with the buffers.

        Raises
        ------
        OSError
            When there is no memory for them, or nobody to read them.
        """
        memories: dict[int, tuple[int, int]] = {}  # place and size, by descriptor
        places: list[tuple[int, int, int]] = []
        large: list[tuple[int, memoryview]] = []
        size = 0
        for buffer in self._buffers:
            part = self._parts.get(id(buffer))
            if part is None:
                raw = buffer.raw()
                large.append((size, raw))
                places.append((-1, size, raw.nbytes))
                size += -(-raw.nbytes // _ALIGNED) * _ALIGNED
            else:
                at = memories.setdefault(part.memory.descriptor, (len(memories), part.memory.size))
                places.append((at[0], part.offset, part.size))
        new = _written(large, size) if large else None
        try:
            sizes = [n for _, n in memories.values()] + ([size] if new is not None else [])
            connection.send_bytes(pickle.dumps((data, places, sizes), 5))
            for descriptor in [*memories, *(() if new is None else (new,))]:
                send_handle(connection, descriptor, 0)
        finally:
            if new is not None:
                os.close(new)


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, letter: Letter) -> None:
        super().__init__(file, 5, buffer_callback=letter.take)
        self._letter = letter

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Parcel):  # read as what is in it
            return _open, (value.data, *map(self._letter.hand_on, value.buffers))
        return NotImplemented


def _open(data: bytes, *buffers: Any) -> Any:
    return pickle.loads(data, buffers=buffers)  # noqa: S301 - from our own process


def _written(large: list[tuple[int, memoryview]], size: int) -> int:
    """The descriptor of memory that holds the buffers."""
    if hasattr(os, "memfd_create"):
        new = os.memfd_create("beamcanvas")
    else:
        with TemporaryFile() as file:  # without a name as well
            new = os.dup(file.fileno())
    try:
        os.ftruncate(new, size)
        for offset, raw in large:
            done = 0
            while done < raw.nbytes:  # the system writes 2 GB at once at most
                done += os.pwrite(new, raw[done:], offset + done)
    except OSError:
        os.close(new)
        raise
    return new


def received(connection: Connection) -> tuple[bytes, list[Part | bytearray]]:
    """The pickle and the buffers of the next letter."""
    data, places, sizes = pickle.loads(connection.recv_bytes())  # noqa: S301 - our own process
    if not sizes:
        return data, []
    memories = [Memory(recv_handle(connection), size) for size in sizes]
    parts: list[Part | bytearray] = [Part(memories[m], offset, n) for m, offset, n in places]
    if Memory.held > _MOST:
        parts = [bytearray(part.view()) for part in parts if isinstance(part, Part)]
    return data, parts


def views(parts: Sequence[Part | bytearray]) -> list[Any]:
    """The buffers for pickle."""
    return [part.view() if isinstance(part, Part) else part for part in parts]
