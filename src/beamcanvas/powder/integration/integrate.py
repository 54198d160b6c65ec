"""Azimuthal integration of a diffraction image into a pattern or a cake."""

from __future__ import annotations

from typing import Annotated

from ...task import SILENT, Param, Progress, task
from ..results import Cake, Pattern
from . import parameters as p
from .one_image import ImageIntegration
from .settings import Settings

_USUAL_CAKE = Settings(points=1000, azimuth_points=360)


@task(title="Integrate 1D", output="pattern", requires="powder")
def integrate_1d(
    image: p.Image,
    geometry: p.Geometry,
    mask: p.Mask = None,
    configuration: p.Configuration = None,
    *,
    points: p.Points = 2000,
    unit: p.Unit = "2th_deg",
    error_model: p.ErrorModel = "none",
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    azimuth_min: p.AzimuthMin = None,
    azimuth_max: p.AzimuthMax = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    monitor: p.Monitor = None,
    reference: p.Reference = 1.0,
    lines: p.Lines = None,
    splitting: p.Splitting = "bounding box",
    algorithm: p.Algorithm = "CSR",
    engine: p.Engine = "Cython",
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate an image around the beam into a powder pattern.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the method does not exist here.
    """
    settings = Settings(
        points=points,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        azimuth_min=azimuth_min,
        azimuth_max=azimuth_max,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        reference=reference,
        splitting=splitting,
        algorithm=algorithm,
        engine=engine,
    )
    integration = ImageIntegration(image, geometry, mask, configuration)
    if configuration is not None:
        settings = settings.filled(Settings(), configuration.settings)
    return integration.pattern(settings, lines, progress)


@task(title="Integrate 2D", output="cake", requires="powder")
def integrate_2d(
    image: p.Image,
    geometry: p.Geometry,
    mask: p.Mask = None,
    configuration: p.Configuration = None,
    *,
    points: p.Points = 1000,
    azimuth_points: Annotated[int, Param(ge=1, le=100_000)] = 360,
    unit: p.Unit = "2th_deg",
    error_model: p.ErrorModel = "none",
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    azimuth_min: p.AzimuthMin = None,
    azimuth_max: p.AzimuthMax = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    monitor: p.Monitor = None,
    reference: p.Reference = 1.0,
    lines: p.Lines = None,
    splitting: p.Splitting = "bounding box",
    algorithm: p.Algorithm = "CSR",
    engine: p.Engine = "Cython",
    progress: Progress = SILENT,
) -> Cake:
    """Unroll an image over radius and azimuth: a well calibrated ring becomes a straight line.

    Parameters
    ----------
    azimuth_points:
        Number of azimuthal points.

    Raises
    ------
    InputError
        When shapes differ, a range is empty, or the method does not exist here.
    """
    settings = Settings(
        points=points,
        azimuth_points=azimuth_points,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        azimuth_min=azimuth_min,
        azimuth_max=azimuth_max,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        reference=reference,
        splitting=splitting,
        algorithm=algorithm,
        engine=engine,
    )
    integration = ImageIntegration(image, geometry, mask, configuration)
    if configuration is not None:
        settings = settings.filled(_USUAL_CAKE, configuration.settings)
    return integration.cake(settings, lines, progress)
