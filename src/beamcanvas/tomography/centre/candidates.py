"""One slice reconstructed in many ways, to choose the best by eye or by a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ..volume.types import quantity_of
from .scores import WORDS, Score, scores
from .tried import Tried

if TYPE_CHECKING:
    from ..reconstruct.engine import Slices

#: pixels along a vignette's longer side at most
_VIGNETTE = 400


@dataclass(frozen=True, eq=False)
class Candidates:
    """The same slice for many values of one parameter."""

    name: str  #: of the parameter, as people write it: "Rotation axis"
    unit: str
    values: NDArray[np.float64]
    tried: Tried  #: what came out with each of the values
    score: Score  #: the one that counts
    chosen: int  #: which value is taken
    by_hand: bool  #: a person took it

    @property
    def images(self) -> NDArray[np.float32]:
        """The slice with each value, (value, y, x), small enough to look at."""
        return self.tried.images

    @property
    def scores(self) -> dict[Score, NDArray[np.float64]]:
        """Of the whole slice or a region, 0 to 1."""
        return self.tried.scores

    @property
    def row(self) -> int:
        """Which row of the detector the slice is."""
        return self.tried.row

    @property
    def best(self) -> int:
        """Which value the score likes most."""
        return int(np.argmax(self.scores[self.score]))

    @property
    def value(self) -> float:
        """The value that is taken."""
        return float(self.values[self.chosen])

    @property
    def summary(self) -> str:
        """In words."""
        unit = f" {self.unit}" if self.unit else ""
        how = "by hand" if self.by_hand else WORDS[self.score]
        tried = f"{len(self.values)} were tried"
        return f"{self.name.lower()} {self.value:.6g}{unit}, {how}; {tried}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting it."""
        if not self.by_hand and self.best in (0, len(self.values) - 1) and len(self.values) > 2:
            return (
                f"The best {self.name.lower()} is at the end of what was tried "
                f"({self.value:.6g}): look further.",
            )
        return ()

    def nxdata(self) -> NXData:
        """The vignettes as a stack."""
        return NXData(
            name="attenuation",
            signal=self.images,
            axes=(
                Axis(name="value", values=self.values, unit=self.unit, label=self.name),
                self._axis("y", 0),
                self._axis("x", 1),
            ),
            unit=self.tried.unit,
            label=quantity_of(self.tried.unit),
            title=self.summary,
            pixels=True,
            colours="grey",
        )

    def _axis(self, name: str, axis: int) -> Axis:
        """Edges of the images' pixels, in pixels of the slice."""
        pixels = np.arange(self.images.shape[1 + axis] + 1.0)
        edges = self.tried.corner[axis] + self.tried.step * pixels
        return Axis(name=name, values=edges, unit="px")


def vignettes(slices: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Slices (n, y, x) made small enough to look at many, and how many pixels become one.

    These are means of square cells.
    """
    step = -(-max(slices.shape[1:]) // _VIGNETTE)
    if step == 1:
        return slices, 1
    rows, columns = (n // step for n in slices.shape[1:])
    cut = slices[:, : rows * step, : columns * step]
    cells = cut.reshape(len(slices), rows, step, columns, step)
    return np.asarray(cells.mean(axis=(2, 4)), np.float32), step


def tried_of(
    images: NDArray[np.float32],
    cut: tuple[slice, slice],
    slices: Slices,
    row: int,
    *,
    same_mass: bool = True,
) -> Tried:
    """Slices (value, y, x) scored and made small, as far as they are in a region."""
    inside = images[:, cut[0], cut[1]]
    small, step = vignettes(inside)
    corner = cut[0].start or 0, cut[1].start or 0
    found = scores(inside, same_mass=same_mass)
    is_whole = cut == (slice(None), slice(None))
    doubts = slices.projections.doubts
    return Tried(small, step, corner, is_whole, found, row, slices.unit, doubts)


def region_of(
    shape: tuple[int, int], region: tuple[int, int, int, int] | None
) -> tuple[slice, slice]:
    """Rows and columns that are scored and shown: those given, or all.

    Raises
    ------
    InputError
        When the region is not inside of the slice.
    """
    rows, columns = shape
    if region is None:
        return slice(None), slice(None)
    left, right, top, bottom = region
    if not (0 <= left < right < columns and 0 <= top < bottom < rows):
        raise InputError(
            f"The region x {left} to {right}, y {top} to {bottom} is not inside of the slice, "
            f"which has {rows} × {columns} pixels."
        )
    return slice(top, bottom + 1), slice(left, right + 1)


def nearest(values: NDArray[Any], wanted: float) -> int:
    """Which of the values is nearest."""
    return int(np.argmin(np.abs(values - wanted)))
