"""Two projections half a turn apart: one mirrored is the other, moved by twice the axis' way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ..frames.projections import Projections
from .turn import turn_of

#: how far from half a turn a pair may be, in steps between projections
_LOOSE = 1.6


@dataclass(frozen=True, eq=False)
class OppositePair:
    """Two transmissions (rows, columns), the second mirrored left to right.

    Columns count those of the scan after region and binning; `to_pixel` of a column is its
    place on the whole detector.
    """

    first: NDArray[np.float32]
    mirrored: NDArray[np.float32]
    angles: tuple[float, float]  #: degrees
    centre: float  #: rotation axis, px on the whole detector
    start: float  #: place of the first column on the whole detector, px
    step: float  #: pixels of the detector in a column

    @property
    def column(self) -> float:
        """The axis as a column of the images."""
        return self.column_of(self.centre)

    def column_of(self, place: float) -> float:
        """The column at a place on the whole detector, px."""
        return (place - self.start) / self.step

    def centre_of(self, column: float) -> float:
        """The reverse of :meth:`column_of`, px."""
        return self.start + column * self.step

    @property
    def summary(self) -> str:
        """In words."""
        first, second = self.angles
        return f"overlay of {first:.4g}° and {second:.4g}°, axis at {self.centre:.2f} px"

    def moved(self, column: float | None = None) -> NDArray[np.float32]:
        """The mirrored image where it lies on the first if the axis is at `column`.

        No number where it doesn't reach.
        """
        axis = self.column if column is None else column
        columns = self.first.shape[1]
        # seen from the axis, column c of one is column 2 axis - c of the other
        from_mirrored = np.arange(columns) - (2 * axis - (columns - 1))
        low = np.floor(from_mirrored).astype(int)
        share = (from_mirrored - low).astype(np.float32)
        inside = (low >= 0) & (low < columns) & ((low + 1 < columns) | (share == 0))
        left = np.clip(low, 0, columns - 1)
        right = np.clip(low + 1, 0, columns - 1)
        moved = self.mirrored[:, left] * (1 - share) + self.mirrored[:, right] * share
        moved[:, ~inside] = np.nan
        return np.asarray(moved, np.float32)

    def likeness(
        self, column: float | None = None, region: tuple[slice, slice] = (slice(None), slice(None))
    ) -> float:
        """Correlation of the two where they overlap, 1 where they are the same; 0 for none.

        Only rows and columns of the first one in `region` count.
        """
        moved = self.moved(column)[region]
        both = np.isfinite(moved)
        if np.count_nonzero(both) < 2 * len(moved):
            return 0.0
        a, b = self.first[region][both], moved[both]
        if not (a.std() and b.std()):
            return 0.0
        return float(np.corrcoef(a, b)[0, 1])

    def nxdata(self) -> NXData:
        """Their difference with the axis where it is: flat where it is right."""
        difference = self.first - self.moved()
        return self.picture("difference", difference, "Difference, I/I0", is_difference=True)

    def picture(
        self, name: str, image: NDArray[np.float32], label: str, *, is_difference: bool = False
    ) -> NXData:
        """An image made of the two, over pixels of the whole detector, the axis marked."""
        edges = self.centre_of(0) + self.step * (np.arange(image.shape[1] + 1) - 0.5)
        return NXData(
            name=name,
            signal=image,
            axes=(Axis(name="y", unit="px"), Axis(name="x", values=edges, unit="px")),
            label=label,
            title=self.summary,
            pixels=True,
            colours="difference" if is_difference else "grey",
            lines={"axis": [self.centre]},
        )


def opposite_pair(
    projections: Projections, centre: float, first_angle: float | None = None
) -> OppositePair:
    """The projection at an angle, and the one half a turn on.

    Parameters
    ----------
    first_angle:
        Degrees; that of the first projection by default.

    Raises
    ------
    InputError
        When no two projections are half a turn apart.
    """
    first, second = opposite_numbers(projections, first_angle)
    degrees = np.degrees(projections.angles)
    return OppositePair(
        projections.radio(first),
        np.ascontiguousarray(projections.radio(second)[:, ::-1]),
        (float(degrees[first]), float(degrees[second])),
        centre,
        projections.from_column(0),
        projections.from_column(1) - projections.from_column(0),
    )


def opposite_numbers(projections: Projections, first_angle: float | None) -> tuple[int, int]:
    """Which two projections are half a turn apart, the first near `first_angle`.

    Without that it is the first one that was taken; or, where nothing is opposite to that,
    the one with the best opposite one.
    """
    degrees = np.degrees(projections.angles)
    loose = max(_LOOSE * turn_of(projections.angles).step, 0.5)
    first = 0 if first_angle is None else int(np.argmin(np.abs(degrees - first_angle)))
    second, away = _opposite_to(degrees, first)
    if away > loose and first_angle is None:
        found = [(*_opposite_to(degrees, n), n) for n in range(len(degrees))]
        second, away, first = min(found, key=lambda one: one[1])
    if away > loose:
        raise InputError(
            f"{projections.scan.name}: no projection is opposite to the one at "
            f"{degrees[first]:.4g}°; the nearest is {180 - away:.4g}° away."
        )
    return first, second


def _opposite_to(degrees: NDArray[np.float64], first: int) -> tuple[int, float]:
    """The projection that is nearest to opposite, and by how much it isn't, degrees."""
    away = np.abs((degrees - degrees[first]) % 360 - 180)
    second = int(np.argmin(away))
    return second, float(away[second])
