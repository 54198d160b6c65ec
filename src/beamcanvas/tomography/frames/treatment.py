"""What is done to the projections of a scan on their way from the file to a sinogram."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..scan.types import TomoScan


@dataclass(frozen=True)
class Geometry:
    """What a treatment may want to know of the frames that it gets."""

    scan: TomoScan
    pixel_size: tuple[float, float] | None  #: height, width, m, after binning
    shape: tuple[int, int, int]  #: of all projections: projections, rows, columns
    first_row: int = 0  #: the row of the projections that its frames or sinograms start with
    first_raw_row: int = 0  #: the same on the whole detector, for frames that aren't binned yet


#: treatments of a higher order see the pixels after binning
BINNED = 40


class Treatment(ABC):
    """One thing that is done to a scan's projections. Small and frozen; it flows along links.

    Attributes
    ----------
    order:
        Its place among the others: treatments are done in this order, whatever the order
        in which a workflow adds them.
    """

    order: ClassVar[int]

    @property
    def summary(self) -> str:
        """What it does, in words."""
        raise NotImplementedError


class RadioTreatment(Treatment):
    """Works on transmissions I/I0, one frame at a time.

    Attributes
    ----------
    gives_integrals:
        What it makes needs no logarithm any more.
    """

    gives_integrals: ClassVar[bool] = False

    def margin(self, geometry: Geometry) -> int:
        """How many rows above and below it needs to get a row right."""
        return 0

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        """Treat float32 frames (frames, rows, columns), which it may overwrite.

        `numbers` says which projections they are, counted among all of the scan.
        """
        raise NotImplementedError


class AveragedTreatment(RadioTreatment):
    """One that needs the average of all projections as they come to it."""

    def prepared(self, average: NDArray[Any]) -> RadioTreatment:
        """The same, knowing the average (rows, columns)."""
        raise NotImplementedError


class SinogramTreatment(Treatment):
    """Works on line integrals -log(I/I0), one sinogram at a time."""

    def apply(self, sinogram: NDArray[Any], geometry: Geometry) -> NDArray[Any]:
        """Treat one float32 sinogram (angles, columns), which it may overwrite."""
        raise NotImplementedError
