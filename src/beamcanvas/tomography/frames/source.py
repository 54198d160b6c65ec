"""The frames of a scan, wherever its file says that they are.

An NXtomo file often holds no frame itself but says where they are, in files that may say
the same again. Those links are followed here once, so that each frame is read from the file
that holds it and, where its compression allows, decoded outside of HDF5's lock.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.chunks import Buffers, ChunkedFrames
from ...nexus.file import damage_named, opened

if TYPE_CHECKING:
    import h5py


@dataclass(frozen=True)
class Piece:
    """Frames that follow each other in one dataset."""

    first: int  #: its first frame, counted in the scan
    count: int
    start: int  #: the same frame, counted in the dataset
    frames: ChunkedFrames


class FrameSource:
    """The frames of a dataset of an open scan; for several threads at once.

    Parameters
    ----------
    file, path:
        Where the dataset (frames, rows, columns) is.

    Raises
    ------
    InputError
        When a file that holds some of the frames is missing, cut off or too short.
    """

    def __init__(self, file: Path, path: str) -> None:
        self._stack = ExitStack()
        self._files: dict[Path, h5py.File] = {}
        self.name = file.name
        try:
            with damage_named(file):
                dataset = self._open(file)[path]
                self.shape: tuple[int, int, int] = dataset.shape
                self.dtype: np.dtype[Any] = dataset.dtype.newbyteorder("=")
                self.pieces = self._pieces(dataset, 0, dataset.shape[0], 0, file)
        except BaseException:
            self._stack.close()
            raise
        self._starts = np.array([p.first for p in self.pieces])

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that hold the frames, or say where they are."""
        held = (Path(piece.frames.dataset.file.filename) for piece in self.pieces)
        return tuple({*self._files, *held})

    @property
    def reads_whole_frames(self) -> bool:
        """Whether reading a few rows costs as much as reading all of them."""
        return any(p.frames.dataset.chunks is not None for p in self.pieces)

    @property
    def together(self) -> int:
        """Frames that share a chunk: read them at once, or each is decoded several times."""
        return max(p.frames.together for p in self.pieces)

    def read(self, numbers: NDArray[Any], rows: slice, buffers: Buffers) -> NDArray[Any]:
        """Some rows of some frames, (frames, rows, columns), in memory that is reused.

        Parameters
        ----------
        numbers:
            Of the frames, ascending.
        buffers:
            Of the calling thread; its memory holds the result until the next call.
        """
        top, bottom, _ = rows.indices(self.shape[1])
        shape = (len(numbers), bottom - top, self.shape[2])
        memory = buffers.get("rows", int(np.prod(shape)), self.dtype)
        out = memory[: int(np.prod(shape))].reshape(shape)
        breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
        done = 0
        for run in np.split(numbers, breaks):
            first, last = int(run[0]), int(run[-1]) + 1
            while first < last:
                piece = self.pieces[int(np.searchsorted(self._starts, first, "right")) - 1]
                stop = min(last, piece.first + piece.count)
                count = stop - first
                start = first - piece.first + piece.start
                self._read(piece, start, (top, bottom), out[done : done + count], buffers, first)
                done += count
                first = stop
        return out

    def _read(
        self,
        piece: Piece,
        start: int,
        rows: tuple[int, int],
        out: NDArray[Any],
        buffers: Buffers,
        number: int,
    ) -> None:
        frames, stop = piece.frames, start + len(out)
        top, bottom = rows
        try:
            if frames.is_raw:
                for n in range(start, stop):
                    out[n - start] = frames.read(n, n + 1, buffers)[0, top:bottom]
            else:
                frames.dataset.read_direct(out, np.s_[start:stop, top:bottom])
        except InputError as error:
            raise InputError(f"{self.name}: frame {number} {error}.") from None
        except OSError as error:
            raise InputError(
                f"{self.name}: frames {number} to {number + len(out) - 1} can't be read; "
                f"the file may be damaged ({error})."
            ) from None

    def _open(self, file: Path) -> h5py.File:
        if file not in self._files:
            self._files[file] = self._stack.enter_context(opened(file))
        return self._files[file]

    def _pieces(
        self, dataset: h5py.Dataset, start: int, count: int, first: int, file: Path
    ) -> list[Piece]:
        """Where frames `start` to `start + count` of a dataset are; `first` in the scan."""
        if not dataset.is_virtual:
            return [Piece(first, count, start, ChunkedFrames(dataset))]
        found: list[Piece] = []
        held = Path(dataset.file.filename)
        for source in sorted(
            (_Mapping.of(s) for s in dataset.virtual_sources()), key=lambda m: m.to
        ):
            low, high = max(source.to, start), min(source.to + source.count, start + count)
            if low >= high:
                continue
            where = held if source.file == "." else held.parent / source.file
            if not where.exists():
                raise InputError(f"{file.name}: its frames are in {where}, which is not there.")
            inner = self._open(where).get(source.path)
            if not hasattr(inner, "shape"):
                raise InputError(f"{file.name}: {where} has no dataset {source.path}.")
            begin = source.start + low - source.to
            if not source.is_plain or inner.ndim != 3 or inner.shape[1:] != dataset.shape[1:]:
                # cut from another shape: HDF5 puts it together
                return [Piece(first, count, start, ChunkedFrames(dataset))]
            if begin + high - low > inner.shape[0]:
                raise InputError(
                    f"{file.name}: {where} has {inner.shape[0]} frames, fewer than it should."
                )
            found += self._pieces(inner, begin, high - low, first + low - start, file)
        if sum(p.count for p in found) != count:
            raise InputError(f"{file.name}: it doesn't say where some of its frames are.")
        return found


@dataclass(frozen=True)
class _Mapping:
    """One entry of a virtual dataset: which frames of it are which frames of another."""

    to: int
    count: int
    file: str
    path: str
    start: int
    is_plain: bool  #: whole frames that follow each other

    @classmethod
    def of(cls, source: Any) -> _Mapping:
        from h5py import h5s

        (to, *_), (last, *_) = source.vspace.get_select_bounds()
        count, space = last - to + 1, source.src_space
        if space.get_select_type() == h5s.SEL_ALL:
            return cls(to, count, source.file_name, source.dset_name, 0, True)
        lows, highs = space.get_select_bounds()
        shape = space.get_simple_extent_dims()
        size = int(np.prod(np.subtract(highs, lows) + 1))
        plain = (
            len(shape) == 3
            and size == space.get_select_npoints()
            and highs[0] - lows[0] == last - to
            and lows[1:] == (0, 0)
            and highs[1:] == (shape[1] - 1, shape[2] - 1)
        )
        return cls(to, count, source.file_name, source.dset_name, lows[0], plain)
