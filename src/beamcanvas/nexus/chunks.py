"""Frames of a dataset, each chunk read raw and decoded once, outside of HDF5's lock.

HDF5 lets one thread in at a time and copies each chunk twice on its way. Read raw, a frame
costs its decoding and no more, and frames are decoded by as many threads as there are.
Bitshuffle with LZ4 or zstd, and no compression at all, go this way; the rest through h5py.

Masui et al., Astron. Comput. 12 (2015) 181.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

if TYPE_CHECKING:
    import h5py

_BITSHUFFLE = 32008  #: registered number of the filter
_COMPRESSORS = {2: "bshuf_decompress_lz4", 3: "bshuf_decompress_zstd"}
_FUNCTION = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, *(ctypes.c_size_t,) * 3
)
#: bytes before the first block: size of the data, and of a block
_HEADER = (slice(0, 8), slice(8, 12))
_DAMAGED = "is damaged: it can't be unpacked"


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


class Packed(NamedTuple):
    """A frame as it stands in its file: blocks of bitshuffled pixels, each after its size.

    Whoever has it unpacks it, all at once or block by block, without HDF5.
    """

    data: NDArray[np.uint8]  #: in memory that the next frame uses again
    #: address of bitshuffle's function (packed, pixels, number of pixels, bytes of one, block)
    unpack: int
    #: address of LZ4's function for one block (packed, unpacked, their sizes); 0: another packed it
    lz4: int
    block: int  #: pixels of a block
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    name: str  #: for sentences: the file, and which frame of it

    def unpacked(self, buffers: Buffers) -> NDArray[Any]:
        """The frame, in memory of `buffers` that the next call uses again.

        Raises
        ------
        InputError
            When it is damaged.
        """
        size = self.shape[0] * self.shape[1]
        frame = buffers.get("frames", size, self.dtype)[:size].reshape(self.shape)
        if not self.into(frame):
            raise InputError(f"{self.name} is damaged: it can't be unpacked.")
        return frame

    def into(self, frame: NDArray[Any]) -> bool:
        """Unpack it all; says whether it could."""
        call = _FUNCTION(self.unpack)
        size = frame.dtype.itemsize
        used = call(self.data.ctypes.data, frame.ctypes.data, frame.size, size, self.block)
        return bool(used == self.data.size)


class _Codec(NamedTuple):
    """Addresses as in :class:`Packed`; all 0: nothing is packed."""

    unpack: int
    lz4: int


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
        self._codec = _codec(dataset) if chunks == (1, *self.shape) else None

    @property
    def is_raw(self) -> bool:
        """Whether chunks are read past HDF5's filters."""
        return self._codec is not None

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
        native = self.dataset.dtype.newbyteorder("=")
        memory = buffers.get("frames", count * rows * columns, native)
        frames = memory[: count * rows * columns].reshape(count, rows, columns)
        if self._codec is None:
            if self.written(start, stop) < count:
                raise InputError("was never written")
            try:
                self.dataset.read_direct(frames, np.s_[start:stop])
            except OSError as error:
                raise InputError(f"can't be read ({error})") from None
            return frames
        for number, frame in zip(range(start, stop), frames, strict=True):
            found = self._chunk(self._codec, number, buffers)
            if not isinstance(found, Packed):
                frame[...] = found
            elif not found.into(frame):
                raise InputError(_DAMAGED)
        return frames

    def read_packed(self, number: int, buffers: Buffers) -> Packed | NDArray[Any]:
        """One frame as it stands in the file, for who unpacks it; unpacked if only HDF5 can.

        Raises
        ------
        InputError
            As :meth:`read`; not for what shows only when it is unpacked.
        """
        if self._codec is None:
            (frame,) = self.read(number, number + 1, buffers)
            return np.asarray(frame)
        return self._chunk(self._codec, number, buffers)

    def _chunk(self, codec: _Codec, number: int, buffers: Buffers) -> Packed | NDArray[Any]:
        where = (number, 0, 0)
        identity, dtype = self.dataset.id, self.dataset.dtype
        try:
            # one lookup in the index; a chunk that isn't there has no size
            size = identity.get_chunk_info_by_coord(where).size
            memory = buffers.get("raw", size, np.uint8)
            skipped, _ = identity.read_direct_chunk(where, out=memory) if size else (0, b"")
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"can't be read ({error})") from None
        if not size:
            raise InputError("was never written")
        data = memory[:size]
        pixels = self.shape[0] * self.shape[1]
        if skipped or not codec.unpack:  # a chunk may go past the filters when it is written
            if size != pixels * dtype.itemsize:
                raise InputError(_DAMAGED)
            return np.asarray(data.view(dtype).reshape(self.shape))
        total, block = (int.from_bytes(data[at].tobytes(), "big") for at in _HEADER)
        block //= dtype.itemsize
        if total != pixels * dtype.itemsize or block <= 0 or block % 8:
            raise InputError(_DAMAGED)
        packed = data[_HEADER[-1].stop :]
        return Packed(packed, *codec, block, self.shape, dtype, f"frame {number}")

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


def _codec(dataset: h5py.Dataset) -> _Codec | None:
    """What unpacks its chunks; None where only HDF5 can."""
    if not dataset.dtype.isnative:
        return None
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i) for i in range(plist.get_nfilters())]
    if not filters:
        return _Codec(0, 0)
    if len(filters) > 1 or filters[0][0] != _BITSHUFFLE:
        return None
    values = filters[0][2]
    name = _COMPRESSORS.get(values[4]) if len(values) > 4 else None
    library = _bitshuffle()
    if name is None or library is None:
        return None
    lz4 = "LZ4_decompress_safe"
    has_lz4 = name.endswith("lz4") and hasattr(library, lz4)
    return _Codec(_address(library, name), _address(library, lz4) if has_lz4 else 0)


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


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
