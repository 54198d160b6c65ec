"""A detector that is turned around the beam: projections turned back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, RadioTreatment
from .tilt_search import find_tilt, turned

_ALIKE = 0.9  #: likeness of opposite projections from which a tilt is believed


@dataclass(frozen=True)
class Tilt(RadioTreatment):
    """Turns each projection around its middle, counter-clockwise as it is shown."""

    order: ClassVar[int] = 60
    angle: float  #: degrees

    @property
    def summary(self) -> str:
        return f"turned by {self.angle:g}°"

    def margin(self, geometry: Geometry) -> int:
        width = geometry.scan.shape[2] / geometry.scan.selection.binning[1]
        return int(np.ceil(width / 2 * abs(np.sin(np.deg2rad(self.angle))))) + 2

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        middle = _middle_row(geometry), (frames.shape[2] - 1) / 2
        return np.stack([turned(frame, self.angle, middle) for frame in frames])


def _middle_row(geometry: Geometry) -> float:
    """The middle of the whole detector, in the rows of the frames that are treated."""
    selection = geometry.scan.selection
    start = selection.rows[0] if selection.rows is not None else 0
    middle = (geometry.scan.shape[1] - 1) / 2 - start
    return (middle + 0.5) / selection.binning[0] - 0.5 - geometry.first_row


@task(title="Tilt", output="scan", requires="tomography")
def correct_tilt(
    scan: TomoScan,
    *,
    angle: Annotated[float | None, Param(ge=-45, le=45, unit="°", auto="found")] = None,
) -> TomoScan:
    """Turn the projections so that the rotation axis stands along their columns.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are reduced.
    angle:
        By which they are turned around their middle, counter-clockwise. Without it, it is
        found from two projections half a turn apart, up to 5°.

    Raises
    ------
    InputError
        When it is to be found and no two projections are half a turn apart.
    """
    if angle is not None:
        return scan.treated(Tilt(angle))
    found = find_tilt(scan)
    made = scan.treated(Tilt(round(found.angle, 3)))
    if found.likeness > _ALIKE:
        return made
    return made.warned(
        f"Opposite projections are little alike ({100 * found.likeness:.0f} %), also when turned "
        f"by {found.angle:.2f}°: the tilt may be wrong."
    )
