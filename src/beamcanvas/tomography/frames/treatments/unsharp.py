"""Unsharp mask: gives edges back that the phase retrieval blurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, RadioTreatment

Method = Literal["gaussian", "laplacian", "imagej"]


@dataclass(frozen=True)
class Unsharp(RadioTreatment):
    """With G the projection I blurred: (1 + c) I - c G, or (I - c G) / (1 - c) as ImageJ."""

    order: ClassVar[int] = 80
    coefficient: float
    sigma: float
    method: Method = "gaussian"

    @property
    def summary(self) -> str:
        return f"unsharp mask, {self.coefficient:g} of {self.sigma:g} px"

    def margin(self, geometry: Geometry) -> int:
        return int(np.ceil(4 * self.sigma)) + 1

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        from scipy.ndimage import gaussian_filter, gaussian_laplace

        c = np.float32(self.coefficient)
        out = np.empty_like(frames)
        for frame, made in zip(frames, out, strict=True):
            if self.method == "laplacian":
                made[:] = frame - c * gaussian_laplace(frame, self.sigma)
                continue
            blurred = gaussian_filter(frame, self.sigma)
            if self.method == "gaussian":
                made[:] = frame + c * (frame - blurred)
            else:
                made[:] = (frame - c * blurred) / (1 - c)
        return out


@task(title="Unsharp mask", output="scan", requires="tomography")
def unsharp_mask(
    scan: TomoScan,
    *,
    coefficient: Annotated[float, Param(gt=0, le=100)] = 1.0,
    sigma: Annotated[float, Param(gt=0, le=100, unit="px")] = 1.0,
    method: Annotated[
        Method,
        Param(
            words={"gaussian": "Gaussian", "laplacian": "Laplacian of Gaussian", "imagej": "ImageJ"}
        ),
    ] = "gaussian",
) -> TomoScan:
    """Sharpen the projections, after their phase was retrieved.

    Parameters
    ----------
    scan:
        The scan.
    coefficient:
        How much of the fine structure is added; below 1 for ImageJ's way.
    sigma:
        Width of the Gaussian that tells fine from coarse.
    method:
        What is added: the difference to the blurred projection; minus its Laplacian; or
        the blurred one is taken off and the rest scaled, as ImageJ does.

    Raises
    ------
    InputError
        When the coefficient of ImageJ's way is not below 1.
    """
    if method == "imagej" and coefficient >= 1:
        raise InputError(f"ImageJ's unsharp mask needs a coefficient below 1, not {coefficient:g}.")
    return scan.treated(Unsharp(coefficient, sigma, method))
