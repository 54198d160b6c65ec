"""How much of a stack is read, and worked on, at a time, so that it fits into its limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from .cores import usable_cores
from .memory import memory_to_read, size_in_memory, working_type
from .operation import Operation, Shape
from .types import DarkfieldStack

BAND = 12 << 20  #: bytes of float32 that a thread works on at a time: they stay in the cache
_FEWEST = 8  #: rows of a band, where there is room
_LEARNT = 12  #: bytes a pixel of an image that a step learnt: float64, and as it is used


@dataclass(frozen=True)
class Plan:
    """What fits.

    The limit holds for all that is in memory because of a pass over the frames: those that were
    read, what is made of them on the way, and what the caller keeps. Where what is kept leaves
    less than a quarter of it, a quarter is taken nevertheless.
    """

    whole: bool  #: all frames stay in memory
    rows: int  #: of a band that a thread works on
    source_rows: int  #: of all frames, that are in memory at a time

    @classmethod
    def of(
        cls,
        stack: DarkfieldStack,
        shapes: Sequence[Shape],
        halo: int,
        bands: Sequence[tuple[int, int]] | None,
        kept: int,
        makes: int,
    ) -> Plan:
        """The plan for frames that have these shapes before and after each step.

        `halo` is how many rows beyond its own a band needs, `bands` are those that are given,
        `kept` bytes of what the caller makes, `makes` how many more blocks as large as a band
        it needs for each.
        """
        operations, source = stack.operations, stack.source
        widest = max(frames * columns for frames, _, columns in shapes)
        copies = 1 + makes + sum(o.makes for o in operations)
        of_a_row = usable_cores() * widest * stack.dtype.itemsize * copies

        learn = sum(type(o).learn is not Operation.learn for o in operations)
        # a tenth is for what isn't counted: small arrays, what the heap can't give back
        room = stack.limit * 9 // 10 - kept - learn * _LEARNT * prod(source.shape)
        size = size_in_memory(source, stack.order)
        room -= memory_to_read(source) if size else 0
        room = max(room, stack.limit // 4)

        if bands is None:
            rows = max(BAND // (widest * 4), _FEWEST)
            # every core has work
            rows = min(rows, -(-shapes[-1][1] // usable_cores()))
            left = room - size if size <= room // 2 else room // 4
            rows = max(min(rows, left // of_a_row - halo), 2 * halo, 1)
        else:
            rows = max(bottom - top for top, bottom in bands)
        room -= (rows + halo) * of_a_row
        # one row of all frames
        step = len(stack.order) * source.shape[1] * working_type(source.dtype).itemsize
        return cls(size <= room, rows, max(room, stack.limit // 8) // step or 1)
