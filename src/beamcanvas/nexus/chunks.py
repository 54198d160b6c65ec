"""Frames of a dataset, each chunk read raw and decoded once, outside of HDF5's lock.

HDF5 lets one thread in at a time and copies each chunk twice on its way. Read raw, a frame
costs its decoding and no more, and frames are decoded by as many threads as there are.
Bitshuffle with LZ4 or zstd, and no compression at all, go this way; the rest through h5py.

Masui et al., Astron. Comput. 12 (2015) 181.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

if TYPE_CHECKING:
    import h5py

_BITSHUFFLE = 32008  #: registered number of the filter
_COMPRESSORS = {2: "bshuf_decompress_lz4", 3: "bshuf_decompress_zstd"}
_HEADER = 12  #: bytes before the first block: size of the data (8) and of a block (4)


#: unpacks a chunk into a frame, and says whether it could
Decode = Callable[[NDArray[np.uint8], NDArray[Any]], bool]


class Buffers:
    """Memory that one thread reads into again and again: new pages cost as much as decoding."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[Any]] = {}

    def get(self, name: str, size: int, dtype: Any) -> NDArray[Any]:
        """At least `size` items; what was in them is lost."""
        found = self._kept.get(name)
        if found is None or found.size < size or found.dtype != dtype:
            found = self._kept[name] = np.empty(size, dtype)
        return found


class ChunkedFrames:
    """The frames of an open dataset of (frames, rows, columns), for several threads.

    Attributes
    ----------
    together:
        Frames that share a chunk: read them at once, or each is decoded several times.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.dataset = dataset
        self._file = dataset.file  # or it closes under a reader when nobody else holds it
        self.shape: tuple[int, int] = dataset.shape[-2:]
        chunks = dataset.chunks
        self.together = 1 if chunks is None else int(chunks[0])
        self._decode = _decoder(dataset) if chunks == (1, *self.shape) else None

    @property
    def is_raw(self) -> bool:
        """Whether chunks are read past HDF5's filters."""
        return self._decode is not None

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        """Frames `start` to `stop`, in memory of `buffers` that the next call uses again.

        Raises
        ------
        InputError
            When a chunk was never written or is damaged; the sentence goes on after the
            dataset's name.
        """
        count = stop - start
        rows, columns = self.shape
        memory = buffers.get("frames", count * rows * columns, self.dataset.dtype)
        frames = memory[: count * rows * columns].reshape(count, rows, columns)
        if self._decode is None:
            if self.written(start, stop) < count:
                raise InputError("was never written")
            try:
                self.dataset.read_direct(frames, np.s_[start:stop])
            except OSError as error:
                raise InputError(f"can't be read ({error})") from None
            return frames
        for number in range(start, stop):
            self._read_raw(self._decode, number, frames[number - start], buffers)
        return frames

    def _read_raw(self, decode: Decode, number: int, frame: NDArray[Any], buffers: Buffers) -> None:
        where = (number, 0, 0)
        identity = self.dataset.id
        try:
            # one lookup in the index; a chunk that isn't there has no size
            size = identity.get_chunk_info_by_coord(where).size
            raw = buffers.get("raw", size, np.uint8)
            skipped, data = identity.read_direct_chunk(where, out=raw) if size else (0, b"")
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"can't be read ({error})") from None
        if not size:
            raise InputError("was never written")
        if skipped:  # this chunk went past the filters when it was written
            self.dataset.read_direct(frame, np.s_[number])
        elif not decode(np.frombuffer(data, np.uint8, size), frame):
            raise InputError("is damaged: it can't be unpacked")

    def written(self, start: int, stop: int) -> int:
        """How many frames from `start` on have all their chunks, up to `stop`."""
        dataset = self.dataset
        if dataset.chunks is None:
            return stop - start
        step = dataset.chunks[0]
        rows, columns = (
            range(0, n, c) for n, c in zip(self.shape, dataset.chunks[1:], strict=True)
        )
        for first in range(start - start % step, stop, step):
            for row in rows:
                for column in columns:
                    if not dataset.id.get_chunk_info_by_coord((first, row, column)).size:
                        return max(first - start, 0)
        return stop - start


def _decoder(dataset: h5py.Dataset) -> Decode | None:
    """What unpacks its chunks; None where only HDF5 can."""
    if not dataset.dtype.isnative:
        return None
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i) for i in range(plist.get_nfilters())]
    if not filters:
        return _copy
    if len(filters) > 1 or filters[0][0] != _BITSHUFFLE:
        return None
    values = filters[0][2]
    name = _COMPRESSORS.get(values[4]) if len(values) > 4 else None
    library = _bitshuffle()
    if name is None or library is None:
        return None
    call = getattr(library, name)
    call.restype = ctypes.c_int64
    call.argtypes = (ctypes.c_void_p, ctypes.c_void_p, *(ctypes.c_size_t,) * 3)
    item = dataset.dtype.itemsize

    def decode(raw: NDArray[np.uint8], frame: NDArray[Any]) -> bool:
        if raw.size <= _HEADER:
            return False
        total = int.from_bytes(raw[:8].tobytes(), "big")
        block = int.from_bytes(raw[8:_HEADER].tobytes(), "big") // item
        if total != frame.nbytes or block % 8:
            return False
        used = call(raw.ctypes.data + _HEADER, frame.ctypes.data, frame.size, item, block)
        return bool(used == raw.size - _HEADER)

    return decode


def _copy(raw: NDArray[np.uint8], frame: NDArray[Any]) -> bool:
    if raw.size != frame.nbytes:
        return False
    frame[...] = raw.view(frame.dtype).reshape(frame.shape)
    return True


@cache
def _bitshuffle() -> Any:
    """The library that hdf5plugin gave HDF5 as the filter; None where it is another one's."""
    import hdf5plugin

    path = hdf5plugin.get_config().registered_filters.get("bshuf")
    try:
        library = ctypes.CDLL(str(path))
        return library if hasattr(library, "bshuf_decompress_lz4") else None
    except OSError:
        return None
