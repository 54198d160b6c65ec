"""Where the pixels of a slice lie on the detector, and what each projection weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

#: a gap between angles counts at most so many times the mean one: a missing wedge stays missing
_WIDEST_GAP = 4.0


@dataclass(frozen=True, eq=False)
class SliceGeometry:
    """Parallel beam: the pixel at (x, y) from the axis is seen at x·cos θ − y·sin θ.

    y goes down with the rows of the slice, as in nabu.

    Attributes
    ----------
    angles:
        Of the projections, in radians.
    width:
        Pixels of a projection's row.
    centre:
        Pixel of the rotation axis, (width − 1) / 2 in the middle; one for each projection
        where the axis moves.
    half:
        Whether the axis is near an edge and the scan takes 360° (half acquisition).
    shape:
        Rows and columns of the slice.
    first:
        Position (y, x) of the slice's first pixel from the axis, in pixels.
    """

    angles: NDArray[np.float64]
    width: int
    centre: float | NDArray[np.float64]
    half: bool
    shape: tuple[int, int]
    first: tuple[float, float]

    @property
    def centres(self) -> NDArray[np.float64]:
        """The axis in each projection, in pixels."""
        return np.broadcast_to(np.asarray(self.centre, float), self.angles.shape)

    @property
    def period(self) -> float:
        """After what angle the projections see the same again, in radians."""
        return 2 * np.pi if self.half else np.pi

    def weights(self) -> NDArray[np.float32]:
        """The share of the turn that each projection stands for, in radians.

        Half of the way to its neighbours on both sides: for evenly spread angles, the step;
        a projection that was taken twice, at 0° and 180° say, counts once.
        """
        order = np.argsort(np.mod(self.angles, self.period), kind="stable")
        turned = np.mod(self.angles, self.period)[order]
        gaps = np.diff(turned, append=turned[0] + self.period)
        gaps = np.minimum(gaps, _WIDEST_GAP * self.period / len(gaps))
        # what a wedge lacks is shared by all: the slice keeps its mean
        gaps *= self.period / gaps.sum()
        weights = np.empty(len(gaps), np.float32)
        weights[order] = (gaps + np.roll(gaps, 1)) / 2
        return weights

    def even_weights(self) -> NDArray[np.float32]:
        """nabu's: the mean step for each, over the number of half turns."""
        step = float(np.mean(np.diff(np.sort(self.angles))))
        turns = float(np.round(np.ptp(self.angles) / np.pi, 1))
        if turns > 1 and not self.half:
            step /= turns
        return np.full(len(self.angles), step, np.float32)


def slice_geometry(
    angles: NDArray[Any],
    width: int,
    centre: float | NDArray[Any] | None = None,
    *,
    half: bool = False,
    region: tuple[int, int, int, int] | None = None,
    centred: bool = True,
) -> SliceGeometry:
    """The geometry of slices as wide as what was seen, or of a region of them.

    Parameters
    ----------
    angles:
        Radians.
    width:
        Pixels of a projection's row.
    centre:
        Pixel of the axis, or one for each projection; the middle by default.
    half:
        Half acquisition: the slice is as wide as both sides of the axis together.
    region:
        First and last column, first and last row of the slice, both included.
    centred:
        Put the axis in the middle of the slice; else slice and detector share columns.

    Raises
    ------
    InputError
        When the axis is outside of the detector, or the region outside of the slice.
    """
    axis = (width - 1) / 2 if centre is None else float(np.median(np.asarray(centre)))
    if not 0 <= axis <= width - 1:
        raise InputError(
            f"The rotation axis at {axis:g} px is outside of the projections, which have "
            f"columns 0 to {width - 1}."
        )
    size = extended_width(width, axis) if half else width
    middle = (size - 1) / 2 if centred else axis
    left, right, top, bottom = region or (0, size - 1, 0, size - 1)
    if not (0 <= left <= right < size and 0 <= top <= bottom < size):
        raise InputError(
            f"The region x {left} to {right}, y {top} to {bottom} is not inside of the slice, "
            f"which has {size} × {size} pixels."
        )
    return SliceGeometry(
        np.asarray(angles, float),
        width,
        axis if centre is None else centre,
        half,
        (bottom - top + 1, right - left + 1),
        (top - middle, left - middle),
    )


def extended_width(width: int, axis: float) -> int:
    """Pixels across a slice of half acquisition: both sides without their overlap."""
    return 2 * width - int(2 * min(axis, width - 1 - axis))
