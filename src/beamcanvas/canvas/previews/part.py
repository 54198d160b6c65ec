"""The part of a big image that a plot draws: what is in view, no finer than it can be seen."""

from __future__ import annotations

from math import ceil, floor
from typing import Any, NamedTuple

#: pixels along each side that are drawn at most; a plot has fewer on a screen
FINEST = 1400


class Part(NamedTuple):
    """Some rows and columns: every `down` th row, every `across` th column."""

    top: int
    bottom: int
    left: int
    right: int
    down: int
    across: int

    def of(self, image: Any) -> Any:
        """This part of an image."""
        return image[self.top : self.bottom : self.down, self.left : self.right : self.across]


def whole(shape: tuple[int, int]) -> Part:
    """All of an image, as fine as it is."""
    return Part(0, shape[0], 0, shape[1], 1, 1)


def part_in_view(
    shape: tuple[int, int], rows: tuple[float, float], columns: tuple[float, float]
) -> Part:
    """What to draw of an image while these rows and columns are in view.

    It reaches half a view further on each side, so that moving a little draws nothing new.
    An image of ordinary size is drawn whole.
    """
    if max(shape) <= FINEST:
        return whole(shape)
    (top, bottom), (left, right) = (
        _reach(ends, count) for ends, count in zip((rows, columns), shape, strict=True)
    )
    # each side by itself: a map of long patterns may have few rows, and all of them count
    down, across = (max(1, ceil(size / FINEST)) for size in (bottom - top, right - left))
    # on the same grid at every place, so that moving does not make the pixels swim
    return Part(top - top % down, bottom, left - left % across, right, down, across)


def shows(
    part: Part, wanted: Part, rows: tuple[float, float], columns: tuple[float, float]
) -> bool:
    """Whether `part` still shows all in view, as finely as `wanted` would."""
    inside = all(
        first <= max(min(ends), 0) and last >= min(max(ends), last_of_image)
        for first, last, ends, last_of_image in (
            (part.top, part.bottom, rows, wanted.bottom),
            (part.left, part.right, columns, wanted.right),
        )
    )
    return inside and (part.down, part.across) == (wanted.down, wanted.across)


def _reach(ends: tuple[float, float], count: int) -> tuple[int, int]:
    low, high = min(ends), max(ends)
    more = (high - low) / 2
    first = min(max(floor(low - more), 0), count - 1)
    return first, min(max(ceil(high + more), first + 1), count)
