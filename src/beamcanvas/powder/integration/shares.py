"""How pixels are shared between points: pyFAI's sparse matrix, laid out for adding up a frame.

A matrix is kept in the smallest of three forms: one point a pixel; a run of points with the
same share for all but the two ends, which is what a pixel's bounding box covers of a radial
axis; any points. Import this only where it is used: it brings numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.chunks import Buffers, Packed
from .adding import SPARE, add_boxes, add_columns, add_unsplit
from .together import FRAMES, add_boxes_together, add_unsplit_together
from .unpacking import BAD, NEGATIVE, POSITION, Source, Valid

#: types of counts that are added as they are
_NUMBERS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]
_COMPILED = {np.dtype(name).str for name in _NUMBERS}
_MOST = 1 << 24  #: pixels of a byte, of which a uint32 holds the sum for sure
_BLOCK = 2048  #: pixels that are looked at and added together
#: of the largest step, what is left of steps that cancel out
_ROUNDING = 1e-12


class Added(NamedTuple):
    """What a frame's pixels add up to, (points,), and which of them hold no measurement."""

    signal: NDArray[np.float64]
    variance: NDArray[np.float64] | None
    bad: NDArray[np.intp]


class Entries(NamedTuple):
    """The matrix's entries for some pixels."""

    points: NDArray[np.intp]
    pixels: NDArray[np.intp]
    shares: NDArray[np.float64]


class Eight(NamedTuple):
    """Eight packed frames, and where the pixels of a block come to, a row for each frame."""

    sources: tuple[Source, ...]
    words: NDArray[Any]  #: pixels
    bytes: NDArray[np.uint8]  #: where they are no more than that

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Eight:
        """With room of their own for all that doesn't end with a block."""
        bits, shape = sources[0].bits, (FRAMES, sources[0].block)
        words, narrow = np.empty(shape, sources[0].pixels.dtype), np.empty(shape, np.uint8)
        own = [
            source._replace(pixels=w, bits=w.view(bits.dtype), row=n.view(np.uint64))
            for source, w, n in zip(sources, words, narrow, strict=True)
        ]
        return cls(tuple(own), words, narrow)


@dataclass(frozen=True, eq=False)
class Unsplit:
    """Each pixel counts for one point, or for none: then it has the number after the last."""

    points: int
    index: NDArray[Any]

    @cached_property
    def used(self) -> NDArray[np.uint8]:
        return _bits(self.index < self.points)

    def new_sums(self, poisson: bool, whole: bool) -> NDArray[Any]:
        return np.zeros((1 + poisson, self.points + SPARE), np.int64 if whole else np.float64)

    def add(self, *task: Any) -> bool:
        return bool(add_unsplit(*task, self.index))

    def totals(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        return sums[:, : self.points].astype(float)

    def add_together(self, eight: Eight, *task: Any, poisson: bool) -> list[NDArray[Any]] | None:
        words, narrow = eight.words, eight.bytes
        if words.itemsize > 4 or words.dtype.kind == "f":
            return None
        sums = np.zeros((1 + poisson, self.points + SPARE, FRAMES), np.int64)
        room = np.empty(narrow.shape[::-1], np.uint8), np.zeros(sums.shape, np.uint32)
        if not add_unsplit_together(eight.sources, *task, sums, self.index, narrow, *room, _MOST):
            return None
        return [self.totals(sums[..., f]) for f in range(FRAMES)]

    def entries(self, pixels: NDArray[np.intp]) -> Entries:
        return Entries(self.index[pixels].astype(np.intp), pixels, np.ones(pixels.size))


@dataclass(frozen=True, eq=False)
class Boxes:
    """Each pixel covers the points `begin` to `end`."""

    points: int
    begin: NDArray[Any]
    end: NDArray[Any]
    shares: NDArray[np.float32]  #: (3, pixels): of the first point, of each between, of the last

    @cached_property
    def used(self) -> NDArray[np.uint8]:
        return _bits(self.begin < self.points)

    def new_sums(self, poisson: bool, _whole: bool) -> NDArray[Any]:
        return np.zeros((4 if poisson else 2, self.points + SPARE))

    def add(self, *task: Any) -> bool:
        return bool(add_boxes(*task, self.begin, self.end, self.shares))

    def totals(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        ends, steps = sums[::2, : self.points], sums[1::2, : self.points]
        # from the far end: what is bright stands near the beam, and its rounding stays there
        between = -np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
        between[np.abs(between) < _ROUNDING * np.abs(between).max()] = 0
        return np.asarray(ends + between)

    def add_together(self, eight: Eight, *task: Any, poisson: bool) -> list[NDArray[Any]] | None:
        points = self.points + SPARE
        sums = np.zeros((1 + poisson, points, 2, FRAMES))
        room = eight.words, np.empty(eight.words.shape[::-1], eight.words.dtype)
        shares = self.begin, self.end, self.shares
        if not add_boxes_together(eight.sources, *task, sums, *shares, *room):
            return None
        each = (sums[..., f].transpose(0, 2, 1).reshape(-1, points) for f in range(FRAMES))
        return [self.totals(one) for one in each]

    def entries(self, pixels: NDArray[np.intp]) -> Entries:
        begin, end = self.begin[pixels].astype(int), self.end[pixels].astype(int)
        which, place = _runs(end - begin + 1)
        points = begin[which] + place
        left, between, right = self.shares[:, pixels[which]].astype(float)
        share = np.where(points == end[which], right, between)
        return Entries(points, pixels[which], np.where(place == 0, left, share))


@dataclass(frozen=True, eq=False)
class Columns:
    """Each pixel covers any points: a sparse matrix by columns."""

    points: int
    unused: NDArray[np.uint8]
    start: NDArray[np.int32]
    index: NDArray[Any]
    share: NDArray[np.float32]

    @cached_property
    def used(self) -> NDArray[np.uint8]:
        return _bits(self.unused == 0)

    def new_sums(self, poisson: bool, _whole: bool) -> NDArray[Any]:
        return np.zeros((1 + poisson, self.points + SPARE))

    def add(self, *task: Any) -> bool:
        return bool(add_columns(*task, self.unused, self.start, self.index, self.share))

    def totals(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        return sums[:, : self.points]

    def entries(self, pixels: NDArray[np.intp]) -> Entries:
        which, place = _runs(self.start[pixels + 1] - self.start[pixels])
        at = self.start[pixels][which] + place
        return Entries(self.index[at].astype(np.intp), pixels[which], self.share[at].astype(float))


def _nowhere(points: int, pixels: int) -> NDArray[Any]:
    """Places behind the points, for pixels not used; neighbours get others, or each would wait
    for the one before it to be added."""
    places = points + np.arange(pixels) % SPARE
    return places.astype(np.min_scalar_type(points + SPARE))


Shares = Unsplit | Boxes | Columns


def _bits(pixels: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A bit for each pixel, in the order of :class:`.unpacking.Source`."""
    return np.packbits(pixels, bitorder="little")


def _runs(lengths: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For runs after one another: the run that each item is in, and its place there."""
    which = np.repeat(np.arange(lengths.size), lengths)
    return which, np.arange(which.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def shares_of(matrix: Any) -> Shares:
    """The smallest form of a sparse matrix (points, pixels)."""
    points = matrix.shape[0]
    matrix = matrix.tocsc()
    matrix.sort_indices()
    start, shares = matrix.indptr, matrix.data
    index = matrix.indices.astype(np.min_scalar_type(points + SPARE))
    lengths = np.diff(start)
    used = lengths > 0
    if lengths.max(initial=0) <= 1 and (shares == 1).all():
        where = _nowhere(points, used.size)
        where[used] = index
        return Unsplit(points, where)
    begin, end = start[:-1][used], start[1:][used] - 1
    between = np.where(lengths[used] > 2, shares[np.minimum(begin + 1, end)], 0)
    ends = np.zeros(shares.size, bool)
    ends[begin] = ends[end] = True
    runs = (index[end].astype(int) - index[begin] == end - begin).all()
    if runs and (ends | (shares == np.repeat(between, lengths[used]))).all():
        last = np.where(end > begin, shares[end], 0)
        boxes = Boxes(
            points,
            _nowhere(points, used.size),
            _nowhere(points, used.size),
            np.zeros((3, used.size), np.float32),
        )
        boxes.begin[used], boxes.end[used] = index[begin], index[end]
        boxes.shares[:, used] = shares[begin], between, last
        return boxes
    return Columns(points, (~used).astype(np.uint8), start, index, shares.astype(np.float32))


def add_frame(
    shares: Shares,
    frame: NDArray[Any] | Packed,
    buffers: Buffers,
    *,
    poisson: bool,
    saturation: float | None,
) -> Added:
    """The sums of a frame.

    Raises
    ------
    InputError
        When the frame is damaged.
    """
    dtype = frame.dtype if frame.dtype.str in _COMPILED else np.dtype(float)
    if isinstance(frame, Packed) and (not frame.lz4 or dtype != frame.dtype):
        frame = frame.unpacked(buffers)
    if not isinstance(frame, Packed):
        frame = np.require(frame, dtype, ["C", "A", "W"])
    source = _source(frame, shares.used, buffers)
    sums = shares.new_sums(poisson, dtype.kind in "iu" and dtype.itemsize <= 4)
    bad = buffers.get("bad", int(np.prod(frame.shape)), np.int32)
    for signed in False, True:
        state = np.zeros(3, np.int64)
        done = shares.add(source, _valid(dtype, saturation, signed=signed), state, bad, sums)
        if isinstance(frame, Packed) and not (done and state[POSITION] == frame.data.size):
            raise InputError(f"{frame.name} is damaged: it can't be unpacked.")
        if not state[NEGATIVE]:
            break
        sums[:] = 0
    totals = shares.totals(sums)
    return Added(totals[0], totals[1] if poisson else None, bad[: state[BAD]].astype(np.intp))


def add_frames(
    shares: Shares,
    frames: Sequence[NDArray[Any] | Packed],
    buffers: Buffers,
    *,
    poisson: bool,
    saturation: float | None,
) -> list[Added] | None:
    """The sums of eight frames at once, when they are of one type and packed alike.

    None: they must be added each for itself. So are those that are damaged, to say which, and
    those with negative counts.
    """
    packed = [frame for frame in frames if isinstance(frame, Packed) and frame.lz4]
    kinds = {(frame.block, frame.dtype.str) for frame in packed}
    if isinstance(shares, Columns) or not len(packed) == len(frames) == FRAMES or len(kinds) > 1:
        return None
    dtype, pixels = packed[0].dtype, int(np.prod(packed[0].shape))
    if dtype.str not in _COMPILED:
        return None
    eight = Eight.of([_source(frame, shares.used, buffers) for frame in packed])
    valid = _valid(dtype, saturation, signed=False)
    states = np.zeros((FRAMES, 3), np.int64)
    bad = buffers.get("bad", FRAMES * pixels, np.int32)[: FRAMES * pixels].reshape(FRAMES, pixels)
    totals = shares.add_together(eight, valid, states, bad, poisson=poisson)
    if totals is None or states[:, NEGATIVE].any():
        return None
    if not np.array_equal(states[:, POSITION], [frame.data.size for frame in packed]):
        return None
    return [
        Added(one[0], one[1] if poisson else None, lost[: state[BAD]].astype(np.intp))
        for one, state, lost in zip(totals, states, bad, strict=True)
    ]


def _source(frame: NDArray[Any] | Packed, used: NDArray[np.uint8], buffers: Buffers) -> Source:
    size = frame.dtype.itemsize
    if isinstance(frame, Packed):
        block = min(frame.block, 8 * used.size)
        packed, unpack = frame.data, frame.lz4
        pixels = buffers.get("block", block, frame.dtype)
    else:
        block, packed, unpack = _BLOCK, np.empty(0, np.uint8), 0
        pixels = frame.reshape(-1)
    planes = buffers.get("planes", block * size, np.uint8)
    row = buffers.get("row", block // 8, np.uint64)
    whole = used if frame.dtype.kind in "iu" else used[:0]
    return Source(pixels, block, packed, unpack, planes, row, pixels.view(f"u{size}"), whole)


def _valid(dtype: np.dtype[Any], saturation: float | None, *, signed: bool) -> Valid:
    """What counts are measurements, as :func:`~beamcanvas.powder.image.invalid_pixels` has it.

    `signed`: numbers below -2 are there, so negative ones are counts.
    """
    if dtype.kind == "f":
        lowest, low, high = -np.inf, np.finfo(dtype).min, np.finfo(dtype).max
        if saturation is not None:
            high = np.nextafter(dtype.type(saturation), dtype.type(-np.inf))
    else:
        limits = np.iinfo(dtype)
        lowest = limits.min
        low = lowest + 1 if signed else 0
        high = limits.max - 1 if dtype.kind == "u" else limits.max
        if saturation is not None:
            high = min(high, int(np.ceil(saturation)) - 1)
    return Valid(*np.array([lowest, low, max(low, high)], dtype))
