"""A background under each line of a sinogram, where the beam changes from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....task import task
from ...scan.types import TomoScan
from ..treatment import Geometry, SinogramTreatment


@dataclass(frozen=True)
class Background(SinogramTreatment):
    """Takes a Chebyshev polynomial of degree 2 off each line of a sinogram."""

    order: ClassVar[int] = 110

    @property
    def summary(self) -> str:
        return "background by Chebyshev polynomials"

    def apply(self, sinogram: NDArray[Any], geometry: Geometry) -> NDArray[Any]:
        columns = sinogram.shape[1]
        x = (2 * np.arange(columns) + 1) / columns - 1
        basis = np.stack([np.ones(columns), x, 3 * x * x - 1])
        weights = basis / (basis**2).sum(axis=1, keepdims=True)
        sinogram -= (sinogram @ weights.T.astype(np.float32)) @ basis.astype(np.float32)
        return sinogram


@task(title="Remove background", output="scan", requires="tomography")
def remove_background(scan: TomoScan) -> TomoScan:
    """Take a smooth background off each line of the sinograms.

    A Chebyshev polynomial of degree 2 is fitted to each line, as nabu does. It evens out a
    beam that changes from one projection to the next, for samples wider than the beam; the
    slices lose their absolute level.

    Parameters
    ----------
    scan:
        The scan.
    """
    return scan.treated(Background())
