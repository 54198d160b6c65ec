"""A detector that is turned around the beam: projections turned back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, RadioTreatment


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
        from scipy.ndimage import affine_transform

        sine, cosine = np.sin(np.deg2rad(self.angle)), np.cos(np.deg2rad(self.angle))
        matrix = np.array([[cosine, sine], [-sine, cosine]])
        middle = _middle_row(geometry), (frames.shape[2] - 1) / 2
        offset = np.array(middle) - matrix @ middle
        out = np.empty_like(frames)
        for frame, made in zip(frames, out, strict=True):
            affine_transform(frame, matrix, offset, output=made, order=1, mode="nearest")
        return out


def _middle_row(geometry: Geometry) -> float:
    """The middle of the whole detector, in the rows of the frames that are treated."""
    selection = geometry.scan.selection
    start = selection.rows[0] if selection.rows is not None else 0
    middle = (geometry.scan.shape[1] - 1) / 2 - start
    return (middle + 0.5) / selection.binning[0] - 0.5 - geometry.first_row


@task(title="Tilt", output="scan", requires="tomography")
def correct_tilt(
    scan: TomoScan, *, angle: Annotated[float, Param(ge=-45, le=45, unit="°")] = 0.0
) -> TomoScan:
    """Turn the projections so that the rotation axis stands along their columns.

    Parameters
    ----------
    scan:
        The scan.
    angle:
        By which they are turned around their middle, counter-clockwise.
    """
    return scan.treated(Tilt(angle))
