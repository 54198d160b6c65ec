"""What came out of trying many values: kept, so that another of them is taken at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scores import Score


class Tried(NamedTuple):
    """One slice with each of the values."""

    images: NDArray[np.float32]  #: (value, y, x): made small enough to look at
    step: int  #: pixels of the slice along one of the images
    corner: tuple[int, int]  #: pixel of the slice, y and x, where the images begin
    is_whole: bool  #: no region of the slice was asked for
    scores: dict[Score, NDArray[np.float64]]
    row: int
    unit: str
    doubts: tuple[str, ...]  #: of the frames that were read


class Last:
    """The last trial. It is small: what is looked at, not the slices."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, Tried] | None = None

    def get(self, key: Hashable, make: Callable[[], Tried]) -> Tried:
        """The trial with this key, made where it isn't the last one."""
        kept = self._kept
        if kept is None or kept[0] != key:
            kept = key, make()
            self._kept = kept
        return kept[1]
