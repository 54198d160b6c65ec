"""Adding up eight frames at once: what is said of a pixel is read once for all of them.

Block by block, the pixels of eight frames are brought side by side, and what each point gets
goes to all eight by one instruction, where adding one by one would take longer than unpacking.
Import this only where it is called.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .adding import SPARE
from .unpacking import BAD, are_all_valid, checked, put_bytes, unpack

FRAMES = 8  #: the words of a vector, and of a line of the cache

_INDEX = ir.IntType(32)
_SUMS = ir.VectorType(ir.DoubleType(), FRAMES)


def _address(builder: Any, number: Any, kind: Any) -> Any:
    return builder.inttoptr(number, kind.as_pointer())


def _order(*places: int) -> Any:
    return ir.Constant(ir.VectorType(_INDEX, len(places)), places)


@intrinsic
def _beside(_typing, rows, target, stride, words):  # type: ignore[no-untyped-def]
    """Eight pixels of eight frames, at `rows` and every `stride` bytes, to `target` by pixel.

    `words` is any array of the pixels' type.
    """

    def build(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        row, target, stride, _ = arguments
        kind = ir.VectorType(context.get_value_type(words.dtype), FRAMES)
        align = words.dtype.bitwidth // 8
        found = []
        for _ in range(FRAMES):
            found.append(builder.load(_address(builder, row, kind), align=align))
            row = builder.add(row, stride)
        # across the diagonal: blocks of 1, then of 2, then of 4
        for step in 1, 2, 4:
            upper = _order(*(FRAMES + k - step if k & step else k for k in range(FRAMES)))
            lower = _order(*(FRAMES + k if k & step else k + step for k in range(FRAMES)))
            for a in range(FRAMES):
                if not a & step:
                    pair = found[a], found[a + step]
                    found[a] = builder.shuffle_vector(*pair, upper)
                    found[a + step] = builder.shuffle_vector(*pair, lower)
        first = _address(builder, target, kind)
        for k, pixel in enumerate(found):
            builder.store(pixel, builder.gep(first, [_INDEX(k)]), align=align)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, words), build


@intrinsic
def _add(_typing, begin, end, pixel, left, middle, right, words):  # type: ignore[no-untyped-def]
    """Eight values, at `pixel`, to ends and steps at `begin` and `end`: addresses all three."""

    def build(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        begin, end, pixel, *shares, _ = arguments
        kind = ir.VectorType(context.get_value_type(words.dtype), FRAMES)
        values = builder.load(_address(builder, pixel, kind), align=words.dtype.bitwidth // 8)
        if isinstance(words.dtype, types.Integer):
            convert = builder.sitofp if words.dtype.signed else builder.uitofp
            values = convert(values, _SUMS)
        elif words.dtype.bitwidth < 64:
            values = builder.fpext(values, _SUMS)

        def times(share: Any) -> Any:
            one = builder.insert_element(_SUMS(ir.Undefined), share, _INDEX(0))
            same = builder.shuffle_vector(one, one, _order(*[0] * FRAMES))
            return builder.fmul(values, same)

        def change(point: Any, place: int, amount: Any, how: Any) -> None:
            where = builder.gep(_address(builder, point, _SUMS), [_INDEX(place)])
            builder.store(how(builder.load(where, align=8), amount), where, align=8)

        first, step, last = map(times, shares)
        change(begin, 0, first, builder.fadd)
        change(begin, 1, step, builder.fadd)
        change(end, 0, last, builder.fadd)
        change(end, 1, step, builder.fsub)
        return context.get_dummy_value()

    kinds = [types.int64] * 3 + [types.float64] * 3
    return types.void(*kinds, words), build


@intrinsic
def _add_bytes(_typing, point, pixel, least):  # type: ignore[no-untyped-def]
    """Eight bytes at `pixel`, none below `least`, to eight uint32 at `point`: addresses both."""

    def build(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        point, pixel, least = arguments
        narrow, sums = (ir.VectorType(kind, FRAMES) for kind in (ir.IntType(8), _INDEX))
        values = builder.zext(builder.load(_address(builder, pixel, narrow), align=1), sums)
        one = builder.insert_element(sums(ir.Undefined), builder.trunc(least, _INDEX), _INDEX(0))
        bound = builder.shuffle_vector(one, one, _order(*[0] * FRAMES))
        values = builder.select(builder.icmp_unsigned("<", values, bound), bound, values)
        where = _address(builder, point, sums)
        builder.store(builder.add(builder.load(where, align=4), values), where, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), build


@njit(nogil=True, cache=True)
def _unpack(sources, first, count, valid, states):  # type: ignore[no-untyped-def]
    """Unpack a block of each frame.

    Returns how many bytes of their pixels matter: 1, and all of them are measurements; 2: any,
    and all are in the sources' pixels. 0: one of the blocks is damaged.
    """
    widths = np.empty(FRAMES, np.int64)
    for f in range(FRAMES):
        widths[f] = unpack(sources[f], first, count, states[f])
    if widths.min() == 0:
        return 0
    if widths.max() == 1 and are_all_valid(valid):
        return 1
    for f in range(FRAMES):
        if widths[f] == 1:
            put_bytes(sources[f], 0, count)
    return 2


@njit(nogil=True, cache=True)
def _bring_beside(rows, beside, count):  # type: ignore[no-untyped-def]
    """From pixels by frame to frames by pixel."""
    word, block = rows.itemsize, rows.shape[1]
    for p in range(0, count, 8):
        _beside(
            rows.ctypes.data + p * word,
            beside.ctypes.data + p * word * FRAMES,
            block * word,
            rows,
        )


@njit(nogil=True, cache=True)
def add_unsplit_together(sources, valid, states, bad, sums, index, rows, beside, few, most):  # type: ignore[no-untyped-def]
    """As :func:`.adding.add_unsplit`, for eight packed frames of whole numbers.

    `rows` (frames, pixels of a block) are where the sources' bytes come to, and `beside`
    (pixels of a block, frames) is room for them. `sums` are (1 or 2, points, frames), and `few`
    is room for as many uint32, all zero, that hold the sums of so many pixels of a byte as
    `most` says.
    """
    block, nowhere = rows.shape[1], sums.shape[1] - SPARE
    added = 0
    for first in range(0, index.size, block):
        where = index[first : first + block]
        width = _unpack(sources, first, where.size, valid, states)
        if width == 0:
            return False
        if width == 2:
            for f in range(FRAMES):
                values = sources[f].pixels[: where.size]
                values = checked(values, first, where, nowhere, valid, states[f], bad[f])
                for p in range(values.size):
                    sums[0, where[p], f] += values[p]
                    if len(sums) == 2:
                        sums[1, where[p], f] += max(values[p], 1)
            continue
        if added + where.size > most:
            sums += few
            few[:] = 0
            added = 0
        added += where.size
        _bring_beside(rows, beside, where.size)
        pixel = beside.ctypes.data
        for least in range(len(sums)):  # of a variance, 1
            to = few[least].ctypes.data
            for p in range(where.size):
                _add_bytes(to + 4 * FRAMES * np.int64(where[p]), pixel + FRAMES * p, least)
    sums += few
    return True


@njit(nogil=True, cache=True)
def add_boxes_together(sources, valid, states, bad, sums, begin, end, shares, wide, narrow):  # type: ignore[no-untyped-def]
    """As :func:`.adding.add_boxes`, for eight packed frames.

    `wide` are two arrays: (frames, pixels of a block), where the sources' pixels come to, and
    room for them (pixels of a block, frames); `narrow` the same for pixels that are a byte.
    `sums` are (1, points, 2, frames) of the signal's ends and steps, or (2, …) with the
    variance's.
    """
    rows, beside = wide
    nowhere = sums.shape[1] - SPARE
    for first in range(0, begin.size, rows.shape[1]):
        here = slice(first, first + rows.shape[1])
        count = begin[here].size
        width = _unpack(sources, first, count, valid, states)
        if width == 0:
            return False
        if width == 1:
            _add_block(*narrow, sums, begin[here], end[here], shares[:, here])
            continue
        for f in range(FRAMES):
            before = states[f, BAD]
            values = checked(rows[f, :count], first, begin[here], nowhere, valid, states[f], bad[f])
            if states[f, BAD] > before:  # then it is a copy
                rows[f, :count] = values
        _add_block(rows, beside, sums, begin[here], end[here], shares[:, here])
    return True


@njit(nogil=True, cache=True)
def _add_block(rows, beside, sums, i, j, shares):  # type: ignore[no-untyped-def]
    left, middle, right = shares[0], shares[1], shares[2]
    word = rows.itemsize
    _bring_beside(rows, beside, i.size)
    size = 2 * 8 * FRAMES
    to, pixel = sums[0].ctypes.data, beside.ctypes.data
    for p in range(i.size):
        step = float(middle[p])
        a, b = to + size * np.int64(i[p]), to + size * np.int64(j[p])
        at = pixel + p * word * FRAMES
        _add(a, b, at, float(left[p]), step, float(right[p]) - step, rows)
    if len(sums) == 2:
        least = beside.dtype.type(1)
        for p in range(i.size):
            for f in range(FRAMES):
                beside[p, f] = max(beside[p, f], least)
        to = sums[1].ctypes.data
        for p in range(i.size):
            step = float(middle[p]) ** 2
            a, b = to + size * np.int64(i[p]), to + size * np.int64(j[p])
            at = pixel + p * word * FRAMES
            _add(a, b, at, float(left[p]) ** 2, step, float(right[p]) ** 2 - step, rows)
