"""Adding up eight frames at once: what is said of a pixel is read once for all of them.

Block by block, the pixels of eight frames are brought side by side, and what each point gets
goes to all eight by one instruction. For :class:`.shares.Boxes`, whose additions would
otherwise take longer than unpacking. Import this only where it is called.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .adding import SPARE
from .unpacking import BAD, next_block

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
