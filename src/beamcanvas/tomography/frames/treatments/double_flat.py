"""Double flat field: what is on every projection alike is the detector's, not the sample's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import AveragedTreatment, Geometry, RadioTreatment


@dataclass(frozen=True)
class DoubleFlat(AveragedTreatment):
    """Divides projections by their own average, or by its fine structure alone."""

    order: ClassVar[int] = 50
    sigma: float | None  #: of the Gaussian whose blur of the average is kept, px

    @property
    def summary(self) -> str:
        if self.sigma is None:
            return "double flat field"
        return f"double flat field, finer than {self.sigma:g} px"

    def margin(self, geometry: Geometry) -> int:
        return 0 if self.sigma is None else int(np.ceil(4 * self.sigma))

    def prepared(self, average: NDArray[Any]) -> RadioTreatment:
        image = np.log(np.clip(average, 1e-6, None))
        if self.sigma is not None:
            from scipy.ndimage import gaussian_filter

            image -= gaussian_filter(image, self.sigma, mode="reflect")
        return _Divided(np.exp(image).astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Divided(RadioTreatment):
    order: ClassVar[int] = DoubleFlat.order
    by: NDArray[np.float32]

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        frames /= self.by
        return frames


@task(title="Double flat field", output="scan", requires="tomography")
def double_flat_field(
    scan: TomoScan,
    *,
    sigma: Annotated[
        float | None, Param(gt=0, le=1000, unit="px", auto="all of it", label="Finer than")
    ] = 10.0,
) -> TomoScan:
    """Divide the projections by their average, which the flats should have made even.

    It takes away rings that the flat field leaves.

    Parameters
    ----------
    scan:
        The scan.
    sigma:
        Structures of the average that are finer than this are divided out; coarser ones
        may be the sample's own. Without it all of the average is.
    """
    return scan.treated(DoubleFlat(sigma))
