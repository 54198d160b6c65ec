"""Azimuthal integration of a diffraction image, by pyFAI.

Ashiotis et al., J. Appl. Cryst. 48 (2015) 510.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..configuration.settings import Configuration
from ..experiment.detectors import calibrant_names, named_calibrant
from ..results import Cake, Pattern
from ..types import Calibrant, Detector, DiffractionImage, Geometry, Mask, check_shape
from .engines import INTEGRATORS, SPLITTING, method_for

Unit = Annotated[
    Literal["2th_deg", "2th_rad", "q_nm^-1", "q_A^-1", "d_A", "r_mm"],
    Param(
        words={
            "2th_deg": "2θ (°)",
            "2th_rad": "2θ (rad)",
            "q_nm^-1": "q (nm⁻¹)",
            "q_A^-1": "q (Å⁻¹)",
            "d_A": "d (Å)",
            "r_mm": "r (mm)",
        }
    ),
]
Splitting = Literal["none", "bounding box", "full"]
Algorithm = Literal["histogram", "CSR", "CSC", "LUT"]
Engine = Literal["Cython", "Python", "OpenCL"]
ErrorModel = Literal["none", "poisson", "azimuthal", "hybrid"]

_Points = Annotated[int, Param(ge=1, le=1_000_000)]
_RadialLimit = Annotated[float | None, Param(auto="all", group="Range")]
_AzimuthLimit = Annotated[float | None, Param(unit="°", ge=-360, le=360, auto="all", group="Range")]
_Polarization = Annotated[
    float | None, Param(ge=-1, le=1, auto="not corrected", group="Corrections")
]
_SolidAngle = Annotated[bool, Param(group="Corrections")]
_Monitor = Annotated[float | None, Param(gt=0, auto="not used", group="Normalisation")]
_Reference = Annotated[float, Param(gt=0, group="Normalisation", more=True)]
_Splitting = Annotated[Splitting, Param(label="Pixel splitting", group="Method", more=True)]
_Algorithm = Annotated[Algorithm, Param(group="Method", more=True)]
_Engine = Annotated[Engine, Param(group="Method", more=True)]
_Errors = Annotated[ErrorModel, Param(label="Error model")]


def line_choices() -> tuple[str, ...]:
    """What lines can be marked: those of no powder, or of any calibrant."""
    return ("none", *calibrant_names())


_Lines = Annotated[
    str | None, Param(label="Mark lines of", choices=line_choices, auto="the calibration's powder")
]


@task(title="Integrate 1D", output="pattern", requires="powder")
def integrate_1d(
    image: DiffractionImage,
    geometry: Geometry,
    mask: Mask | None = None,
    configuration: Configuration | None = None,
    *,
    points: _Points = 2000,
    unit: Unit = "2th_deg",
    error_model: _Errors = "none",
    radial_min: _RadialLimit = None,
    radial_max: _RadialLimit = None,
    azimuth_min: _AzimuthLimit = None,
    azimuth_max: _AzimuthLimit = None,
    polarization: _Polarization = None,
    solid_angle: _SolidAngle = True,
    monitor: _Monitor = None,
    reference: _Reference = 1.0,
    lines: _Lines = None,
    splitting: _Splitting = "bounding box",
    algorithm: _Algorithm = "CSR",
    engine: _Engine = "Cython",
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate an image around the beam into a powder pattern.

    Parameters
    ----------
    image:
        Image to integrate; its dark and flat images are applied.
    geometry:
        Where the detector stands.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    configuration:
        pyFAI's settings from a file. They stand in for what is left at its default here.
    points:
        Number of points of the pattern.
    unit:
        Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.
    error_model:
        Where standard deviations come from: poisson, counts of a photon-counting detector;
        azimuthal, the scatter around each ring; hybrid, poisson where that is larger.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    azimuth_min:
        Lower end of the azimuth that is used.
    azimuth_max:
        Upper end of the azimuth that is used.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    solid_angle:
        Correct for the solid angle that each pixel sees.
    monitor:
        Beam monitor of this image: intensities are divided by it.
    reference:
        Monitor value to which intensities are scaled.
    lines:
        Whose lines to mark on the plot.
    splitting:
        How a pixel is shared between the points that it covers.
    algorithm:
        A histogram each time, or a sparse matrix, made once and applied to each image.
    engine:
        What computes it. There is no silent replacement: what ran is in the result.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the method does not exist here.
    """
    if configuration is not None:
        return integrate_1d(**_configured(integrate_1d, configuration, locals()))
    run = _Integration(image, geometry, mask, 1, splitting, algorithm, engine, progress)
    result = run(
        points,
        (),
        unit,
        error_model,
        (radial_min, radial_max),
        (azimuth_min, azimuth_max),
        polarization,
        solid_angle,
        monitor,
        reference,
    )
    radial = np.asarray(result.radial, dtype=float)
    return Pattern(
        radial=radial,
        intensity=np.asarray(result.intensity, dtype=float),
        sigma=None if result.sigma is None else np.asarray(result.sigma, dtype=float),
        unit=unit,
        geometry=geometry,
        engine=run.engine_that_ran(result),
        settings=run.settings,
        lines=_marked(lines, geometry, unit, radial),
        count=np.asarray(result.count, dtype=float),
        source=Path(image.source.partition("::")[0]).name,
        warnings=geometry.warnings,
    )


@task(title="Integrate 2D", output="cake", requires="powder")
def integrate_2d(
    image: DiffractionImage,
    geometry: Geometry,
    mask: Mask | None = None,
    configuration: Configuration | None = None,
    *,
    points: _Points = 1000,
    azimuth_points: Annotated[int, Param(ge=1, le=100_000)] = 360,
    unit: Unit = "2th_deg",
    error_model: _Errors = "none",
    radial_min: _RadialLimit = None,
    radial_max: _RadialLimit = None,
    azimuth_min: _AzimuthLimit = None,
    azimuth_max: _AzimuthLimit = None,
    polarization: _Polarization = None,
    solid_angle: _SolidAngle = True,
    monitor: _Monitor = None,
    reference: _Reference = 1.0,
    lines: _Lines = None,
    splitting: _Splitting = "bounding box",
    algorithm: _Algorithm = "CSR",
    engine: _Engine = "Cython",
    progress: Progress = SILENT,
) -> Cake:
    """Unroll an image over radius and azimuth: a well calibrated ring becomes a straight line.

    Parameters
    ----------
    image:
        Image to integrate; its dark and flat images are applied.
    geometry:
        Where the detector stands.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    configuration:
        pyFAI's settings from a file. They stand in for what is left at its default here.
    points:
        Number of radial points.
    azimuth_points:
        Number of azimuthal points.
    unit:
        Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.
    error_model:
        Where standard deviations come from: poisson, counts of a photon-counting detector.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    azimuth_min:
        Lower end of the azimuth.
    azimuth_max:
        Upper end of the azimuth.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    solid_angle:
        Correct for the solid angle that each pixel sees.
    monitor:
        Beam monitor of this image: intensities are divided by it.
    reference:
        Monitor value to which intensities are scaled.
    lines:
        Whose lines to mark on the plot.
    splitting:
        How a pixel is shared between the points that it covers.
    algorithm:
        A histogram each time, or a sparse matrix, made once and applied to each image.
    engine:
        What computes it. There is no silent replacement: what ran is in the result.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the method does not exist here.
    """
    if configuration is not None:
        return integrate_2d(**_configured(integrate_2d, configuration, locals()))
    run = _Integration(image, geometry, mask, 2, splitting, algorithm, engine, progress)
    result = run(
        points,
        (azimuth_points,),
        unit,
        error_model,
        (radial_min, radial_max),
        (azimuth_min, azimuth_max),
        polarization,
        solid_angle,
        monitor,
        reference,
    )
    radial = np.asarray(result.radial, dtype=float)
    return Cake(
        radial=radial,
        azimuthal=np.asarray(result.azimuthal, dtype=float),
        intensity=np.asarray(result.intensity, dtype=float),
        sigma=None if result.sigma is None else np.asarray(result.sigma, dtype=float),
        unit=unit,
        geometry=geometry,
        engine=run.engine_that_ran(result),
        settings=run.settings,
        lines=_marked(lines, geometry, unit, radial),
        count=np.asarray(result.count, dtype=float),
        source=Path(image.source.partition("::")[0]).name,
        warnings=geometry.warnings,
    )


class _Integration:
    """One call of pyFAI, for one or two dimensions."""

    def __init__(
        self,
        image: DiffractionImage,
        geometry: Geometry,
        mask: Mask | None,
        dim: int,
        splitting: Splitting,
        algorithm: Algorithm,
        engine: Engine,
        progress: Progress,
    ) -> None:
        check_shape("image", image.shape, geometry.detector.shape, "geometry's detector")
        if mask is not None:
            check_shape("mask", mask.pixels.shape, image.shape, "image")
        self.image, self.geometry, self.dim, self.progress = image, geometry, dim, progress
        if mask is None:
            self.mask = usable_mask(image, geometry.detector)
        else:  # a pixel without a measurement has a marker for a value, whatever the mask says
            self.mask = mask.pixels | image.mask
        self.method = method_for(splitting, algorithm, engine, dim)
        self.settings: dict[str, Any] = {
            "splitting": splitting,
            "algorithm": algorithm,
            "engine": engine,
        }

    def __call__(
        self,
        points: int,
        azimuth_points: tuple[int, ...],
        unit: Unit,
        error_model: ErrorModel,
        radial: tuple[float | None, float | None],
        azimuth: tuple[float | None, float | None],
        polarization: float | None,
        solid_angle: bool,
        monitor: float | None,
        reference: float,
    ) -> Any:
        self.settings |= {
            "points": points,
            "unit": unit,
            "error_model": error_model,
            "radial_range": radial,
            "azimuth_range": azimuth,
            "polarization": polarization,
            "solid_angle": solid_angle,
            "monitor": monitor,
            "reference": reference,
        }
        if azimuth_points:
            self.settings["azimuth_points"] = azimuth_points[0]
        radial_range, azimuth_range = _radial_range(*radial), _azimuth_range(*azimuth)
        key = (self.dim, points, azimuth_points, unit, radial_range, azimuth_range, self.method)
        self.progress(None, "Integrating")
        with INTEGRATORS.use(self.geometry, self.mask, *key) as integrator:
            self.progress.check()
            integrate = integrator.integrate1d if self.dim == 1 else integrator.integrate2d
            result = integrate(
                self.image.data,
                points,
                *azimuth_points,
                unit=unit,
                method=self.method,
                mask=self.mask,
                dark=self.image.dark,
                flat=self.image.flat,
                radial_range=_complete(radial_range, integrator, unit),
                azimuth_range=azimuth_range,
                error_model=None if error_model == "none" else error_model,
                polarization_factor=polarization,
                correctSolidAngle=solid_angle,
                normalization_factor=1.0 if monitor is None else monitor / reference,
            )
        self.progress(1.0, "Integrated")
        return result

    def engine_that_ran(self, result: Any) -> str:
        """Words for the engine that pyFAI reports; it must be the one that was asked for."""
        ran = result.method
        if (ran.split_lower, ran.algo_lower, ran.impl_lower) != self.method:
            raise InputError(f"pyFAI replaced the method {self.method} by {ran}.")
        splitting = {v: k for k, v in SPLITTING.items()}[ran.split_lower]
        return f"pyFAI, {splitting} splitting, {ran.algorithm}, {ran.implementation}"


def _configured(
    function: Callable[..., Any], configuration: Configuration, given: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of an integration with what a configuration adds, without itself."""
    image, mask, geometry = given["image"], given["mask"], given["geometry"]
    check_shape("image", image.shape, geometry.detector.shape, "geometry's detector")
    pixels = usable_mask(image, geometry.detector) if mask is None else mask.pixels
    return configuration.fill(function, given) | {
        "image": configuration.corrected(image),
        "mask": Mask(pixels | configuration.masked(image)),
        "configuration": None,
    }


def usable_mask(image: DiffractionImage, detector: Detector) -> NDArray[np.bool_]:
    """The pixels that the image or its detector mark as holding no measurement."""
    gaps = detector.pyfai().mask
    return image.mask if gaps is None else image.mask | np.asarray(gaps, dtype=bool)


def _radial_range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    if low is not None and high is not None and not low < high:
        raise InputError(f"The radial range is empty: from {low:g} to {high:g}.")
    return (-np.inf if low is None else low, np.inf if high is None else high)


def _azimuth_range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    found = (-180.0 if low is None else low, 180.0 if high is None else high)
    if not found[0] < found[1] <= found[0] + 360:
        raise InputError(
            f"The azimuth range should go up by at most 360°: from {found[0]:g} to {found[1]:g}."
        )
    return found


def _complete(
    limits: tuple[float, float] | None, integrator: Any, unit: Unit
) -> tuple[float, float] | None:
    """A radial range with the ends that were left open taken from the detector."""
    if unit == "d_A" and limits is None:
        limits = (-np.inf, np.inf)
    if limits is None or np.isfinite(limits).all():
        return limits
    values = integrator.array_from_unit(unit=unit)
    low, high = limits
    # d grows beyond all bounds towards the beam, and most points would lie where nothing is
    largest = float(values.max() if unit != "d_A" else min(values.max(), 50 * values.min()))
    found = (
        float(values.min()) if np.isinf(low) else low,
        largest if np.isinf(high) else high,
    )
    if not found[0] < found[1]:
        raise InputError(
            f"The radial range is empty: the detector sees {values.min():g} to {values.max():g}."
        )
    return found


def radial_limits(
    low: float | None, high: float | None, integrator: Any, unit: Unit
) -> tuple[float, float] | None:
    """The radial range for pyFAI, its open ends taken from the detector; None for all."""
    return _complete(_radial_range(low, high), integrator, unit)


def _marked(
    name: str | None, geometry: Geometry, unit: Unit, radial: NDArray[np.float64]
) -> dict[str, list[float]]:
    if name == "none":
        return {}
    calibrant = geometry.calibrant if name is None else named_calibrant(name)
    if calibrant is None:
        return {}
    positions = line_positions(calibrant, geometry.wavelength, unit)
    seen = (positions >= radial.min()) & (positions <= radial.max())
    return {calibrant.name: [float(p) for p in positions[seen]]}


def line_positions(calibrant: Calibrant, wavelength: float, unit: str) -> NDArray[np.float64]:
    """Where a powder's lines stand on a radial axis; nowhere on a radius, which tilts move."""
    angles = calibrant.two_theta(wavelength)
    q = 4e-10 * np.pi * np.sin(angles / 2) / wavelength  # per Å
    positions: dict[str, NDArray[np.float64]] = {
        "2th_deg": np.degrees(angles),
        "2th_rad": angles,
        "q_nm^-1": 10 * q,
        "q_A^-1": q,
        "d_A": 2 * np.pi / q,
    }
    return positions.get(unit, np.empty(0))
