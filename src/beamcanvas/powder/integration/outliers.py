"""Integration that leaves out pixels which don't belong to their ring.

Sigma clipping and the filter by median are pyFAI's: Kieffer et al., J. Appl. Cryst. 58
(2025) 138.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..results import Pattern
from ..types import DiffractionImage, Geometry, Mask, check_shape
from .engines import INTEGRATORS, method_for
from .integrate import Unit, radial_limits, usable_mask


@task(title="Reject outliers", output="pattern", requires="powder")
def integrate_without_outliers(
    image: DiffractionImage,
    geometry: Geometry,
    mask: Mask | None = None,
    *,
    how: Annotated[
        Literal["sigma clip", "median"],
        Param(label="Leave out by"),
    ] = "sigma clip",
    points: Annotated[int, Param(ge=1, le=1_000_000)] = 2000,
    unit: Unit = "2th_deg",
    threshold: Annotated[float, Param(unit="σ", ge=0, group="Sigma clip")] = 5.0,
    iterations: Annotated[int, Param(ge=1, le=100, group="Sigma clip")] = 5,
    error_model: Annotated[
        Literal["azimuthal", "hybrid", "poisson"],
        Param(label="Error model", group="Sigma clip"),
    ] = "azimuthal",
    low: Annotated[float, Param(label="From", unit="%", ge=0, le=100, group="Median")] = 50.0,
    high: Annotated[float, Param(label="To", unit="%", ge=0, le=100, group="Median")] = 50.0,
    radial_min: Annotated[float | None, Param(auto="all", group="Range")] = None,
    radial_max: Annotated[float | None, Param(auto="all", group="Range")] = None,
    polarization: Annotated[
        float | None, Param(ge=-1, le=1, auto="not corrected", group="Corrections")
    ] = None,
    solid_angle: Annotated[bool, Param(group="Corrections")] = True,
    monitor: Annotated[float | None, Param(gt=0, auto="not used", group="Normalisation")] = None,
    reference: Annotated[float, Param(gt=0, group="Normalisation", more=True)] = 1.0,
    engine: Annotated[Literal["Cython", "Python", "OpenCL"], Param(more=True)] = "Cython",
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate an image without single-crystal spots, zingers and hot pixels.

    Pixels are not split, as one that is shared between two points can't be left out of one.

    Parameters
    ----------
    image:
        Image to integrate; its dark and flat images are applied.
    geometry:
        Where the detector stands.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    how:
        sigma clip, leave out what is far from the ring's mean, and again with the rest;
        median, order the ring's pixels and take the middle.
    points:
        Number of points of the pattern.
    unit:
        Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.
    threshold:
        Leave out what is further from the mean; 0: by Chauvenet's criterion, from the
        number of pixels in the ring.
    iterations:
        How often to leave out and take the mean again, at most.
    error_model:
        What a standard deviation is: the scatter around the ring, that of photon counting,
        or the larger of the two.
    low:
        Take the mean of the ring's pixels from this percentile on; 50 to 50 is the median.
    high:
        Up to this percentile.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    solid_angle:
        Correct for the solid angle that each pixel sees.
    monitor:
        Beam monitor of this image: intensities are divided by it.
    reference:
        Monitor value to which intensities are scaled.
    engine:
        What computes it. There is no silent replacement: what ran is in the result.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the engine does not exist here.
    """
    check_shape("image", image.shape, geometry.detector.shape, "geometry's detector")
    if mask is not None:
        check_shape("mask", mask.pixels.shape, image.shape, "image")
    if low > high:
        raise InputError(f"The percentiles should go up: from {low:g} to {high:g}.")
    pixels = usable_mask(image, geometry.detector) if mask is None else mask.pixels
    method = method_for("none", "CSR", engine, 1)
    clip = how == "sigma clip"
    own: dict[str, Any] = (
        {"thres": threshold, "max_iter": iterations, "error_model": error_model}
        if clip
        else {"percentile": low if low == high else (low, high)}
    )
    progress(None, "Integrating")
    key = (how, points, unit, radial_min, radial_max, method)
    with INTEGRATORS.use(geometry, pixels, *key) as integrator:
        run = integrator.sigma_clip if clip else integrator.medfilt1d_ng
        result = run(
            image.data,
            points,
            unit=unit,
            method=method,
            mask=pixels,
            dark=image.dark,
            flat=image.flat,
            radial_range=radial_limits(radial_min, radial_max, integrator, unit),
            polarization_factor=polarization,
            correctSolidAngle=solid_angle,
            normalization_factor=1.0 if monitor is None else monitor / reference,
            **own,
        )
    ran = result.method
    if (ran.split_lower, ran.algo_lower, ran.impl_lower) != method:
        raise InputError(f"pyFAI replaced the method {method} by {ran}.")
    progress(1.0, "Integrated")
    return Pattern(
        radial=np.asarray(result.radial, dtype=float),
        intensity=np.asarray(result.intensity, dtype=float),
        sigma=None if result.sigma is None else np.asarray(result.sigma, dtype=float),
        unit=unit,
        geometry=geometry,
        engine=f"pyFAI, {how}, {ran.algorithm}, {ran.implementation}",
        settings={
            "points": points,
            "unit": unit,
            "outliers": how,
            **own,
            "radial_range": (radial_min, radial_max),
            "polarization": polarization,
            "solid_angle": solid_angle,
            "monitor": monitor,
            "reference": reference,
        },
        count=np.asarray(result.count, dtype=float),
        source=Path(image.source.partition("::")[0]).name,
        warnings=geometry.warnings,
    )
