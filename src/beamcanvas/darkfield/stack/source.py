"""Where the frames of a stack are: in HDF5 files, in image files, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import FrameReader, Part, Scan
from ...nexus.chunks import Buffers


class Reader(Protocol):
    """Reads frames, for several threads."""

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Runs of frames that are best read at once."""
        ...

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        """The frames of one of the runs."""
        ...


@dataclass(frozen=True)
class Source:
    """Frames that can be read. Small, and goes from one process to another."""

    count: int  #: number of frames
    shape: tuple[int, int]  #: rows and columns
    dtype: str  #: of the frames as they are stored
    name: str  #: words for a person

    @property
    def key(self) -> Any:
        """Equal for equal frames."""
        return self

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader, until the block ends."""
        raise NotImplementedError


@dataclass(frozen=True)
class FileSource(Source):
    """Frames in one or several HDF5 files."""

    parts: tuple[Part, ...] = ()
    missing: tuple[int, ...] = ()  #: frames that no file holds: read as zeros

    @property
    def key(self) -> Any:
        return self, tuple(_stamp(part.file) for part in self.parts[:64])

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        scan = Scan(
            file=self.parts[0].file,
            entry=self.name,
            title="",
            start_time="",
            end_time="",
            detector="",
            parts=self.parts,
            frames=self.count,
        )
        with FrameReader(scan) as reader:
            yield _WithGaps(reader, frozenset(self.missing), self) if self.missing else reader


class _WithGaps:
    """Zeros for the frames that are missing."""

    def __init__(self, reader: FrameReader, missing: frozenset[int], source: Source) -> None:
        self._reader, self._missing, self._source = reader, missing, source

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        while start < stop:
            end = start + 1
            if start not in self._missing:
                while end < stop and end not in self._missing:
                    end += 1
                yield from self._reader.blocks(start, end)
            else:
                yield start, end
            start = end

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        if start in self._missing:
            return np.zeros((stop - start, *self._source.shape), self._source.dtype)
        return self._reader.read(start, stop, buffers)


def _stamp(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


@dataclass(frozen=True)
class ImageSource(Source):
    """Frames that are an image file each."""

    files: tuple[Path, ...] = ()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        yield _Images(self)


class _Images:
    def __init__(self, source: ImageSource) -> None:
        self._source = source

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        return ((k, k + 1) for k in range(start, stop))

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        return np.stack([self._one(k) for k in range(start, stop)])

    def _one(self, number: int) -> NDArray[Any]:
        import fabio

        file = self._source.files[number]
        try:
            with fabio.open(file) as image:
                data = np.array(image.data)
        except Exception as error:  # fabio's readers raise whatever their format makes them
            raise InputError(f"{file} can't be read as an image: {error}") from None
        if data.shape != self._source.shape:
            raise InputError(
                f"{file} has {data.shape[0]} × {data.shape[1]} pixels; the first image has "
                f"{self._source.shape[0]} × {self._source.shape[1]}."
            )
        return data


@dataclass(frozen=True)
class ArraySource(Source):
    """Frames in memory."""

    frames: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0, 0)), compare=False)

    @cached_property
    def _identity(self) -> object:
        return object()

    @property
    def key(self) -> Any:
        return self._identity

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        yield _Array(self.frames)


class _Array:
    def __init__(self, frames: NDArray[Any]) -> None:
        self._frames = frames

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        return ((k, min(k + 16, stop)) for k in range(start, stop, 16))

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        return self._frames[start:stop]


def array_source(frames: NDArray[Any], name: str = "in memory") -> ArraySource:
    """A source of frames in memory, (frames, rows, columns)."""
    count, rows, columns = frames.shape
    return ArraySource(count, (rows, columns), str(frames.dtype), name, frames)
