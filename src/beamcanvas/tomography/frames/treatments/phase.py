"""Phase retrieval from one distance, for a sample of one material."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, RadioTreatment

HC = 12.398419843320026e-10  #: Planck's constant times the speed of light, keV·m

_REACH = 10  #: decay lengths after which the filter's kernel is nothing in float32
_LEAST = 128  #: pixels that low frames are padded by, where the kernel reaches as far

_Energy = Annotated[
    float | None, Param(gt=0, unit="keV", auto="from the scan", group="Experiment", more=True)
]
_Distance = Annotated[
    float | None,
    Param(
        gt=0,
        unit="m",
        auto="from the scan",
        label="Propagation distance",
        group="Experiment",
        more=True,
    ),
]
_MOST = 1e6  #: ratio δ/β that is thought possible
#: photon energy (keV), distance, height and width of a pixel (m)
_PLAUSIBLE = ((1e-3, 1e5), (1e-9, 1e5), (1e-12, 0.1), (1e-12, 0.1))
_PixelSize = Annotated[
    float | None, Param(gt=0, unit="µm", auto="from the scan", group="Experiment", more=True)
]


@dataclass(frozen=True)
class Paganin(RadioTreatment):
    """I/I0 blurred by 1 / (1 + π δ/β λ d k²): its logarithm is the projected thickness.

    Paganin et al., J. Microsc. 206 (2002) 33, written as nabu has it.
    """

    order: ClassVar[int] = 70
    delta_beta: float
    energy: float  #: keV
    distance: float  #: m
    pixel_size: tuple[float, float]  #: height, width, m, before binning

    @property
    def summary(self) -> str:
        return f"phase by Paganin, δ/β {self.delta_beta:g}"

    @property
    def _strength(self) -> float:
        return float(np.pi * self.delta_beta * HC / self.energy * self.distance)

    def _reaches(self, geometry: Geometry) -> tuple[int, int]:
        """Pixels after which the kernel is nothing in float32, along columns and along rows."""
        sizes = _binned(self.pixel_size, geometry)
        high, wide = (_reach(self._strength / size**2) for size in sizes)
        return high, wide

    def margin(self, geometry: Geometry) -> int:
        return self._reaches(geometry)[0]

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        from scipy.fft import irfft2, next_fast_len, rfft2

        _, rows, columns = frames.shape
        pads = [
            min(reach, max(n, _LEAST))
            for reach, n in zip(self._reaches(geometry), (rows, columns), strict=True)
        ]
        size = tuple(
            next_fast_len(n + 2 * pad, real=True)
            for n, pad in zip((rows, columns), pads, strict=True)
        )
        kernel = _filter(size, _binned(self.pixel_size, geometry), self._strength)
        widths = [
            (pad, total - n - pad)
            for pad, total, n in zip(pads, size, (rows, columns), strict=True)
        ]
        out = np.empty_like(frames)
        for frame, made in zip(frames, out, strict=True):
            spectrum = rfft2(np.pad(frame, widths, mode="edge"))
            spectrum *= kernel
            blurred = irfft2(spectrum, s=size, overwrite_x=True)
            made[:] = blurred[pads[0] : pads[0] + rows, pads[1] : pads[1] + columns]
        return out


def _reach(strength: float) -> int:
    """Of the kernel 1 / (1 + s k²), with k in cycles a pixel, up to 0.5.

    It decays as exp(-2π r / √s); but where s is small it is cut off at the highest k, and
    rings as 1 / r².
    """
    decay = _REACH * np.sqrt(strength) / (2 * np.pi)
    slope = strength / (1 + strength / 4) ** 2
    return int(np.ceil(max(decay, np.sqrt(slope / 1e-4)))) + 1


@lru_cache(maxsize=4)
def _filter(
    size: tuple[int, int], pixel_size: tuple[float, float], strength: float
) -> NDArray[np.float32]:
    k_rows = np.fft.fftfreq(size[0], pixel_size[0])
    k_columns = np.fft.rfftfreq(size[1], pixel_size[1])
    k2 = np.add.outer(k_rows**2, k_columns**2)
    made: NDArray[np.float32] = (1 / (1 + strength * k2)).astype(np.float32)
    return made


@dataclass(frozen=True)
class ContrastTransfer(RadioTreatment):
    """How far the sample shifts the phase, 2π/λ ∫ δ: rad, by the contrast transfer function.

    Yu et al., Opt. Express 26 (2018) 11110, by nabu.
    """

    order: ClassVar[int] = 70
    gives_integrals: ClassVar[bool] = True
    delta_beta: float
    energy: float  #: keV
    distance: float  #: from the sample to the detector, m
    pixel_size: tuple[float, float]  #: height, width, of the detector at the sample, m
    source_distance: float | None = None  #: from the source to the sample, m; None: parallel
    low: float = 1e-5  #: regularisation at low frequencies
    high: float = 0.2  #: and at high ones

    @property
    def summary(self) -> str:
        return f"phase by contrast transfer, δ/β {self.delta_beta:g}"

    def margin(self, geometry: Geometry) -> int:
        return geometry.scan.shape[1]  # its filter reaches all over

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        height, width = _binned(self.pixel_size, geometry)
        tool = _transfer(self, frames.shape[1:], (width, height))
        out = np.empty_like(frames)
        for frame, made in zip(frames, out, strict=True):
            np.negative(tool.retrieve_phase(frame), out=made)
        return out


@lru_cache(maxsize=4)
def _transfer(
    how: ContrastTransfer, shape: tuple[int, int], pixel_size: tuple[float, float]
) -> Any:
    from nabu.preproc.ctf import CTFPhaseRetrieval, GeoPars

    geometry = GeoPars(
        z1_vh=how.source_distance,
        z2=how.distance,
        pix_size_det=pixel_size,
        wavelength=HC / how.energy,
        magnification=False,  # the pixel size is the one at the sample already
    )
    return CTFPhaseRetrieval(
        shape,
        geometry,
        how.delta_beta,
        lim1=how.low,
        lim2=how.high,
        normalize_by_mean=True,
        use_rfft=True,
        fft_num_threads=1,
    )


@task(title="Phase, Paganin", output="scan", requires="tomography")
def retrieve_phase(
    scan: TomoScan,
    *,
    delta_beta: Annotated[float, Param(gt=0, le=1e6, label="δ/β")] = 100.0,
    energy: _Energy = None,
    distance: _Distance = None,
    pixel_size: _PixelSize = None,
) -> TomoScan:
    """Retrieve the phase of each projection by Paganin's filter.

    For a sample of one material, or of materials alike, at one distance. A larger δ/β blurs
    more and gives more contrast.

    Parameters
    ----------
    scan:
        The scan.
    delta_beta:
        Decrement of the refractive index over the absorption index of the material.
    energy:
        Of the photons.
    distance:
        From the sample to the detector; effective, where the beam diverges.
    pixel_size:
        As seen at the sample.

    Raises
    ------
    InputError
        When energy, distance or pixel size are known neither from the scan nor from here.
    """
    _check_ratio(delta_beta)
    return scan.treated(Paganin(delta_beta, *_experiment(scan, energy, distance, pixel_size)))


@task(title="Phase, contrast transfer", output="scan", requires="tomography")
def retrieve_phase_ctf(
    scan: TomoScan,
    *,
    delta_beta: Annotated[float, Param(gt=0, le=1e6, label="δ/β")] = 100.0,
    energy: _Energy = None,
    distance: _Distance = None,
    pixel_size: _PixelSize = None,
    source_distance: Annotated[
        float | None,
        Param(gt=0, unit="m", auto="parallel beam", group="Experiment", more=True),
    ] = None,
    low: Annotated[
        float, Param(gt=0, label="At low frequencies", group="Regularisation", more=True)
    ] = 1e-5,
    high: Annotated[
        float, Param(gt=0, label="At high frequencies", group="Regularisation", more=True)
    ] = 0.2,
) -> TomoScan:
    """Retrieve the phase of each projection by the contrast transfer function.

    For weak absorption, at one distance, where Paganin's filter is too strong. The slices
    show by how much a centimetre shifts the phase, in radians, instead of absorption.

    Parameters
    ----------
    scan:
        The scan.
    delta_beta:
        Decrement of the refractive index over the absorption index of the material.
    energy:
        Of the photons.
    distance:
        From the sample to the detector.
    pixel_size:
        As seen at the sample.
    source_distance:
        From the focus to the sample, where the beam diverges.
    low:
        How strongly the lowest frequencies are held back.
    high:
        And those beyond the first maximum.

    Raises
    ------
    InputError
        When energy, distance or pixel size are known neither from the scan nor from here.
    """
    _check_ratio(delta_beta)
    known = _experiment(scan, energy, distance, pixel_size, effective=source_distance is None)
    return scan.treated(ContrastTransfer(delta_beta, *known, source_distance, low, high))


def _check_ratio(delta_beta: float) -> None:
    if not 0 < delta_beta <= _MOST:
        raise InputError(f"δ/β should be more than 0, up to {_MOST:g}, not {delta_beta:g}.")


def _experiment(
    scan: TomoScan,
    energy: float | None,
    distance: float | None,
    pixel_size: float | None,
    *,
    effective: bool = True,
) -> tuple[float, float, tuple[float, float]]:
    """Energy, distance and pixel size: as typed, else as the scan has them."""
    if distance is None:
        distance = (scan.propagation_distance if effective else None) or scan.distance
    size = scan.pixel_size if pixel_size is None else (1e-6 * pixel_size, 1e-6 * pixel_size)
    energy = scan.energy if energy is None else energy
    needed = {"photon energy": energy, "distance to the detector": distance, "pixel size": size}
    lacking = [name for name, value in needed.items() if value is None]
    if energy is None or distance is None or size is None:
        raise InputError(
            f"{scan.name}: phase retrieval needs the {' and the '.join(lacking)}, which the scan "
            "doesn't say; give it with Edit scan before this step."
        )
    known = (energy, distance, *size)
    if not all(low <= v <= high for v, (low, high) in zip(known, _PLAUSIBLE, strict=True)):
        raise InputError(
            f"{scan.name}: phase retrieval can't be done for {energy:g} keV, {distance:g} m and "
            f"pixels of {1e6 * size[0]:g} × {1e6 * size[1]:g} µm; correct them with Edit scan."
        )
    return energy, distance, size


def _binned(pixel_size: tuple[float, float], geometry: Geometry) -> tuple[float, float]:
    high, wide = geometry.scan.selection.binning
    return pixel_size[0] * high, pixel_size[1] * wide
