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
from .unpacking import BAD, are_all_valid, checked, next_block, put_bytes, unpack

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
def add_unsplit_together(sources, valid, states, bad, sums, index, rows, beside, few, most):  # type: ignore[no-untyped-def]
    """As :func:`.adding.add_unsplit`, for eight packed frames of whole numbers.

    `rows` (frames, pixels of a block) are where the sources' bytes come to, and `beside`
    (pixels of a block, frames) is room for them. `sums` are (1 or 2, points, frames), and `few`
    is room for as many uint32, all zero, that hold the sums of so many pixels of a byte as
    `most` says.
    """
    block, nowhere, narrow = rows.shape[1], sums.shape[1] - SPARE, are_all_valid(valid)
    widths = np.empty(FRAMES, np.int64)
    added = 0
    for first in range(0, index.size, block):
        where = index[first : first + block]
        for f in range(FRAMES):
            widths[f] = unpack(sources[f], first, where.size, states[f])
            if widths[f] == 0:
                return False
        if not narrow or widths.max() > 1:
            for f in range(FRAMES):
                if widths[f] == 1:
                    put_bytes(sources[f], 0, where.size)
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
        for p in range(0, where.size, 8):
            _beside(rows.ctypes.data + p, beside.ctypes.data + p * FRAMES, block, rows)
        pixel = beside.ctypes.data
        for least in range(len(sums)):  # of a variance, 1
            to = few[least].ctypes.data
            for p in range(where.size):
                _add_bytes(to + 4 * FRAMES * np.int64(where[p]), pixel + FRAMES * p, least)
    sums += few
    return True


@njit(nogil=True, cache=True)
def add_boxes_together(sources, valid, states, bad, sums, begin, end, shares, rows, beside):  # type: ignore[no-untyped-def]
    """As :func:`.adding.add_boxes`, for eight packed frames.

    `rows` (frames, pixels of a block) are where the sources' pixels come to, and `beside`
    (pixels of a block, frames) is room for them. `sums` are (1, points, 2, frames) of the
    signal's ends and steps, or (2, …) with the variance's.
    """
    block = rows.shape[1]
    word = rows.itemsize
    for first in range(0, begin.size, block):
        here = slice(first, first + block)
        i, j = begin[here], end[here]
        left, middle, right = shares[0, here], shares[1, here], shares[2, here]
        for f in range(FRAMES):
            before = states[f, BAD]
            values = next_block(
                sources[f], first, begin, sums.shape[1] - SPARE, valid, states[f], bad[f]
            )
            if values.size < i.size:
                return False
            if states[f, BAD] > before:  # then it is a copy
                rows[f, : values.size] = values
        for p in range(0, i.size, 8):
            _beside(
                rows.ctypes.data + p * word,
                beside.ctypes.data + p * word * FRAMES,
                block * word,
                rows,
            )
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
    return True
