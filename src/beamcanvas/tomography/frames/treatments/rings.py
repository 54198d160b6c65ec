"""Rings: stripes along the angle that a sinogram gets from pixels which answer differently."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, SinogramTreatment

Method = Literal["mean", "vo", "munch", "wavelets-median"]

_WORDS = {
    "mean": "mean sinogram line",
    "vo": "Vo, all kinds of stripes",
    "munch": "Münch, wavelets and Fourier",
    "wavelets-median": "wavelets and median",
}


@dataclass(frozen=True)
class Rings(SinogramTreatment):
    """Stripes taken off by one of nabu's methods."""

    order: ClassVar[int] = 120
    method: Method = "mean"
    width: float = 30.0  #: mean: stripes wider than this stay, px
    sigma: float = 1.0  #: munch: damping
    levels: int | None = None  #: of the wavelets
    snr: float = 3.0  #: vo: how far a stripe stands out
    large: int = 51  #: vo: window for large stripes, px
    small: int = 21  #: vo: window for small and medium ones, px

    @property
    def summary(self) -> str:
        return f"rings by {_WORDS[self.method]}"

    def apply(self, sinogram: NDArray[Any], geometry: Geometry) -> NDArray[Any]:
        if self.method == "mean":
            from nabu.reconstruction.rings import SinoMeanDeringer

            SinoMeanDeringer(
                sinogram.shape, mode="subtract", filter_cutoff=(0, self.width), fft_num_threads=1
            ).remove_rings_sinogram(sinogram)
            return sinogram
        if self.method == "vo":
            from nabu.reconstruction.rings import VoDeringer

            large, small = (
                min(n, max(sinogram.shape[1] // 2, 3)) for n in (self.large, self.small)
            )
            vo = VoDeringer(sinogram.shape, snr=self.snr, la_size=large, sm_size=small)
            try:
                return np.asarray(vo.remove_rings_sinogram(sinogram), dtype=np.float32)
            except ValueError:  # it can't tell a stripe from noise where there is none
                return sinogram
        return self._by_wavelets(sinogram)

    def _by_wavelets(self, sinogram: NDArray[Any]) -> NDArray[Any]:
        from nabu.reconstruction.rings import MunchDeringer, WaveletsMedianDeringer

        angles, columns = sinogram.shape
        # an odd number of lines comes back with one more
        even = np.pad(sinogram, ((0, angles % 2), (0, columns % 2)), mode="edge")
        levels = self.levels or levels_for(sinogram.shape)
        if self.method == "munch":
            tool = MunchDeringer(even.shape, sigma=self.sigma, levels=levels, padding=True)
        else:
            tool = WaveletsMedianDeringer(even.shape, levels=levels, padding=True)
        with warnings.catch_warnings():
            # its borders are padded, whatever the levels
            warnings.filterwarnings("ignore", "Level value of")
            return np.asarray(tool.remove_rings(even)[:angles, :columns])


def levels_for(shape: tuple[int, ...]) -> int:
    """Levels of the wavelets for sinograms (angles, columns)."""
    return max(1, int(np.log2(min(n + n % 2 for n in shape))) - 2)


@task(title="Remove rings", output="scan", requires="tomography")
def remove_rings(
    scan: TomoScan,
    *,
    method: Annotated[Method, Param(words=_WORDS)] = "mean",
    width: Annotated[
        float, Param(gt=0, le=1000, unit="px", label="Narrower than", group="Mean line")
    ] = 30.0,
    snr: Annotated[float, Param(gt=1, le=100, label="Stripe over noise", group="Vo")] = 3.0,
    large: Annotated[int, Param(ge=3, le=1001, unit="px", label="Large stripes", group="Vo")] = 51,
    small: Annotated[int, Param(ge=3, le=1001, unit="px", label="Small stripes", group="Vo")] = 21,
    sigma: Annotated[float, Param(gt=0, le=100, label="Münch's damping", group="Wavelets")] = 1.0,
    levels: Annotated[
        int | None, Param(ge=1, le=12, auto="from the size", group="Wavelets")
    ] = None,
) -> TomoScan:
    """Take stripes off the sinograms, which would become rings in the slices.

    Done row by row when sinograms are made, after the logarithm, by nabu's routines. The
    mean line is fast; Vo's way finds most kinds of stripes and takes about half a second a
    row of a small detector; rows without any noise, as dead ones are, stay as they are.

    Parameters
    ----------
    scan:
        The scan.
    method:
        How stripes are found.
    width:
        Wider structures of the mean line are the sample's and stay.
    snr:
        How far a stripe stands out of the noise to be one.
    large:
        Window in which large stripes are looked for.
    small:
        Window in which small and medium stripes are looked for.
    sigma:
        Width of the damping along the angle; more takes more away.
    levels:
        Levels of the wavelet decomposition: more reach wider stripes.

    References
    ----------
    Vo et al., Opt. Express 26 (2018) 28396; Münch et al., Opt. Express 17 (2009) 8567.
    """
    return scan.treated(Rings(method, width, sigma, levels, snr, large, small))
