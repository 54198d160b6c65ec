"""The pixels of a frame, block by block, unpacked and looked at while they are in the cache.

A frame comes unpacked, or as bitshuffle and LZ4 packed it: of each block of pixels first all
lowest bits, then all second lowest, and so on. LZ4 is the library's; sorting bits back into
pixels is done here, as most planes of bits are empty: where none of the pixels that are used
has more than eight, the rest stay where they are.

Import this only where it is called; what is compiled is kept on disk. Masui et al., Astron.
Comput. 12 (2015) 181; Warren, Hacker's Delight (2012), 7-3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray


class Source(NamedTuple):
    """Where pixels come from."""

    pixels: NDArray[Any]  #: (pixels,) of the frame; or, when it is packed, of a block
    block: int  #: pixels of a block
    packed: NDArray[np.uint8]  #: the blocks, each after its size (4 bytes)
    unpack: int  #: address of LZ4's function; 0: the frame is unpacked
    planes: NDArray[np.uint8]  #: room for the bits of a block
    row: NDArray[np.uint64]  #: room for a byte of each pixel of a block
    bits: NDArray[Any]  #: the memory of `pixels` as unsigned numbers
    used: NDArray[np.uint8]  #: a bit for each pixel of the frame; none: they aren't whole numbers


class Valid(NamedTuple):
    """Which counts of a frame are measurements; all of its type."""

    lowest: Any  #: no count at all
    low: Any
    high: Any


#: what is kept from block to block: where in the packed bytes it is; how many pixels hold no
#: measurement; whether one of them is below what marks a pixel
POSITION, BAD, NEGATIVE = range(3)


@njit(nogil=True, cache=True)
def next_block(source, first, home, nowhere, valid, state, bad):  # type: ignore[no-untyped-def]
    """The pixels from `first` on, with 0 for those without measurement, which `bad` gets.

    `home` is below `nowhere` for pixels that are used. No pixels: the block is damaged.
    """
    home = home[first : first + source.block]
    if not source.unpack:
        values = source.pixels[first : first + home.size]
        return checked(values, first, home, nowhere, valid, state, bad)
    values = source.pixels[: home.size]
    width = unpack(source, first, home.size, state)
    if width == 0:
        return values[:0]
    if width == 1:
        put_bytes(source, 0, home.size)
        if are_all_valid(valid):
            return values
    return checked(values, first, home, nowhere, valid, state, bad)


@njit(nogil=True, cache=True)
def are_all_valid(valid):  # type: ignore[no-untyped-def]
    """Whether all counts of one byte are measurements."""
    return valid.low <= 0 and valid.high >= 255


@njit(nogil=True, cache=True)
def checked(values, first, home, nowhere, valid, state, bad):  # type: ignore[no-untyped-def]
    """Pixels with 0 for those without measurement, as :func:`next_block` gives them."""
    limit = home.dtype.type(nowhere)  # of its own type: wider ones would fill the registers
    doubtful = False
    for p in range(values.size):
        outside = (values[p] < valid.low) | (not values[p] <= valid.high)
        doubtful |= outside & (home[p] < limit)
    if doubtful:
        values = values.copy()
        for p in range(values.size):
            if home[p] < nowhere and not valid.low <= values[p] <= valid.high:
                state[NEGATIVE] |= valid.lowest < values[p] < -2
                bad[state[BAD]] = first + p
                state[BAD] += 1
                values[p] = 0
    return values


@intrinsic
def _call(_typing, function, source, target, size, room):  # type: ignore[no-untyped-def]
    """Call ``int function(void *source, void *target, int size, int room)``."""

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        address, number = ir.IntType(64), ir.IntType(32)
        kind = ir.FunctionType(number, [address, address, number, number])
        pointer = builder.inttoptr(arguments[0], kind.as_pointer())
        sizes = [builder.trunc(argument, number) for argument in arguments[3:]]
        return builder.call(pointer, [*arguments[1:3], *sizes])

    return types.int32(*[types.int64] * 5), build


@njit(nogil=True, cache=True)
def unpack(source, first, count, state):  # type: ignore[no-untyped-def]
    """Unpack the block with the pixels from `first` on; the last few of a frame aren't packed.

    Returns how many bytes of each pixel came. 0: it is damaged. 1: no pixel that is used has
    more; these bytes are in `source.row`, and not yet in its pixels.
    """
    packed, bits = source.packed[state[POSITION] :], source.bits
    shuffled = count - count % 8
    whole = shuffled * bits.itemsize
    size = 0
    width = bits.itemsize if count % 8 else 1
    if shuffled:
        if packed.size < 4:
            return 0
        size = 4 + (packed[0] << 24 | packed[1] << 16 | packed[2] << 8 | packed[3])
        if size > packed.size:
            return 0
        target = source.planes.ctypes.data
        if _call(source.unpack, packed.ctypes.data + 4, target, size - 4, whole) != whole:
            return 0
        planes = source.planes[:whole].reshape(bits.itemsize, 8, shuffled // 8)
        used = source.used[first // 8 : (first + shuffled) // 8]
        if not _is_small(planes, used):
            width = bits.itemsize
        for byte in range(width):
            _sort(planes[byte], source.row)
            if width > 1:
                put_bytes(source, byte, shuffled)
    if count % 8:
        rest = packed[size : size + count % 8 * width]
        if rest.size < count % 8 * width:
            return 0
        for p in range(count % 8):
            bits[shuffled + p] = 0
            for byte in range(width):
                bits[shuffled + p] |= bits.dtype.type(rest[p * width + byte]) << (8 * byte)
        if width == 1:
            source.row.view(np.uint8)[shuffled:count] = rest
        size += rest.size
    state[POSITION] += size
    return width


@njit(nogil=True, cache=True)
def _is_small(planes, used):  # type: ignore[no-untyped-def]
    """Whether no pixel that is used has more than eight bits."""
    if not used.size:
        return False
    found = np.zeros_like(used)
    for byte in range(1, len(planes)):
        a, b, c, d, e, f, g, h = planes[byte]
        for k in range(used.size):
            found[k] |= a[k] | b[k] | c[k] | d[k] | e[k] | f[k] | g[k] | h[k]
    high = np.uint8(0)
    for k in range(used.size):
        high |= found[k] & used[k]
    return high == 0


@njit(nogil=True, cache=True)
def _sort(planes, row):  # type: ignore[no-untyped-def]
    """Of eight planes of bits, one byte of each pixel: eight pixels at a time."""
    for k in range(planes.shape[1]):
        x = np.uint64(0)
        for bit in range(8):
            x |= np.uint64(planes[bit, k]) << np.uint64(8 * bit)
        # the bits of eight bytes across: blocks of 1, then of 2, then of 4
        t = (x ^ (x >> np.uint64(7))) & np.uint64(0x00AA00AA00AA00AA)
        x ^= t ^ (t << np.uint64(7))
        t = (x ^ (x >> np.uint64(14))) & np.uint64(0x0000CCCC0000CCCC)
        x ^= t ^ (t << np.uint64(14))
        t = (x ^ (x >> np.uint64(28))) & np.uint64(0x00000000F0F0F0F0)
        x ^= t ^ (t << np.uint64(28))
        row[k] = x


@njit(nogil=True, cache=True)
def put_bytes(source, byte, count):  # type: ignore[no-untyped-def]
    """Make the bytes in `source.row` a byte of each of its first pixels, the lowest first."""
    bits, row = source.bits, source.row.view(np.uint8)
    if byte:
        for p in range(count):
            bits[p] |= bits.dtype.type(row[p]) << (8 * byte)
    else:
        for p in range(count):
            bits[p] = row[p]
