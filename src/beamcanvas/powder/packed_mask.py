"""A mask that is small enough to be kept with every result."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PackedMask:
    """The pixels that a result was made without, packed small to be kept with it."""

    shape: tuple[int, int]
    packed: bytes = field(repr=False)

    @classmethod
    def of(cls, pixels: NDArray[np.bool_]) -> PackedMask:
        """Pack a mask of (rows, columns), True where a pixel isn't used."""
        rows, columns = pixels.shape
        return cls((rows, columns), zlib.compress(np.packbits(pixels).tobytes(), level=1))

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """The mask again."""
        bits = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        return np.unpackbits(bits, count=self.shape[0] * self.shape[1]).reshape(self.shape) > 0
