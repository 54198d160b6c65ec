"""Integration that leaves out pixels which don't belong to their ring.

Sigma clipping and the filter by median are pyFAI's: Kieffer et al., J. Appl. Cryst. 58
(2025) 138.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..results import Pattern
from . import parameters as p
from .one_image import ImageIntegration
from .settings import Settings


@task(title="Reject outliers", output="pattern", requires="powder")
def integrate_without_outliers(
    image: p.Image,
    geometry: p.Geometry,
    mask: p.Mask = None,
    *,
    how: Annotated[
        Literal["sigma clip", "median"],
        Param(label="Leave out by"),
    ] = "sigma clip",
    points: p.Points = 2000,
    unit: p.Unit = "2th_deg",
    threshold: Annotated[float, Param(unit="σ", ge=0, group="Sigma clip")] = 5.0,
    iterations: Annotated[int, Param(ge=1, le=100, group="Sigma clip")] = 5,
    error_model: Annotated[
        Literal["azimuthal", "hybrid", "poisson"],
        Param(label="Error model", group="Sigma clip"),
    ] = "azimuthal",
    low: Annotated[float, Param(label="From", unit="%", ge=0, le=100, group="Median")] = 50.0,
    high: Annotated[float, Param(label="To", unit="%", ge=0, le=100, group="Median")] = 50.0,
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    monitor: p.Monitor = None,
    reference: p.Reference = 1.0,
    engine: p.Engine = "Cython",
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate an image without single-crystal spots, zingers and hot pixels.

    Pixels are not split, as one that is shared between two points can't be left out of one.

    Parameters
    ----------
    how:
        sigma clip, leave out what is far from the ring's mean, and again with the rest;
        median, order the ring's pixels and take the middle.
    threshold:
        Leave out what is further from the mean, but never what Chauvenet's criterion would
        keep for the number of pixels in the ring.
    iterations:
        How often to leave out and take the mean again, at most.
    error_model:
        What a standard deviation is: the scatter around the ring, that of photon counting,
        or the larger of the two.
    low:
        Take the mean of the ring's pixels from this percentile on; 50 to 50 is the median.
    high:
        Up to this percentile.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the engine does not exist here.
    """
    integration = ImageIntegration(image, geometry, mask)
    if low > high:
        raise InputError(f"The percentiles should go up: from {low:g} to {high:g}.")
    settings = Settings(
        points=points,
        unit=unit,
        radial_min=radial_min,
        radial_max=radial_max,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        reference=reference,
        error_model=error_model if how == "sigma clip" else "none",
        splitting="none",
        engine=engine,
    )
    clip = how == "sigma clip"
    own: dict[str, Any] = (
        {"thres": threshold, "max_iter": iterations}
        if clip
        else {"percentile": low if low == high else (low, high)}
    )

    def call(integrator: Any, data: Any, **options: Any) -> Any:
        run = integrator.sigma_clip_ng if clip else integrator.medfilt1d_ng
        return run(data, points, **settings.options(integrator), **options, **own)

    result = integration.run(settings, call, progress)
    made = integration.described(result, settings, "none", how)
    return Pattern(**made | {"settings": {**settings.record, "outliers": how, **own}})
