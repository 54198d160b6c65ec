"""One pattern from the images of a detector that moves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..image.opening import open_image
from ..integration.engines import INTEGRATORS, method_for
from ..integration.integrate import Splitting, Unit, line_positions, usable_mask
from ..results import Pattern
from ..types import Mask, check_shape
from .calibrate import Files, Positions
from .fit import check_positions
from .model import Goniometer, geometry_at


@task(title="Integrate moving detector", output="pattern", requires="powder")
def integrate_moving(
    goniometer: Goniometer,
    mask: Mask | None = None,
    *,
    files: Files,
    positions: Positions,
    points: Annotated[int, Param(ge=1, le=1_000_000)] = 5000,
    unit: Unit = "2th_deg",
    error_model: Annotated[Literal["none", "poisson"], Param(label="Error model")] = "none",
    radial_min: Annotated[float | None, Param(auto="all", group="Range")] = None,
    radial_max: Annotated[float | None, Param(auto="all", group="Range")] = None,
    monitors: Annotated[list[float], Param(label="Beam monitors", group="Normalisation")] = [],  # noqa: B006
    polarization: Annotated[
        float | None, Param(ge=-1, le=1, auto="not corrected", group="Corrections")
    ] = None,
    solid_angle: Annotated[bool, Param(group="Corrections")] = True,
    splitting: Annotated[Splitting, Param(label="Pixel splitting", more=True)] = "bounding box",
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate images of a detector at several positions into one pattern.

    Each image is integrated with its own geometry onto the same points; where images
    overlap, each counts by the solid angle and the beam that it saw, as in pyFAI's
    ``MultiGeometry``. Intensities are those at the goniometer's reference. Images are read
    one at a time, so any number will do.

    Parameters
    ----------
    goniometer:
        How the detector moves.
    mask:
        Pixels not to be used in any image. Without one: those that each image and the
        detector mark.
    files:
        Images, of one frame each. A path inside may follow after ``::``.
    positions:
        Where the motor was for each image.
    points:
        Number of points of the pattern.
    unit:
        Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.
    error_model:
        Where standard deviations come from: poisson, counts of a photon-counting detector.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    monitors:
        Beam monitor of each image. Intensities are scaled to the mean of them.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    solid_angle:
        Correct for the solid angle that each pixel sees.
    splitting:
        How a pixel is shared between the points that it covers.

    Raises
    ------
    InputError
        When files, positions and monitors don't match, a monitor is not above 0, a shape
        differs, or the range is empty.
    """
    check_positions(files, positions)
    if monitors and len(monitors) != len(files):
        raise InputError(
            f"There are {len(files)} files but {len(monitors)} monitors: give one for each."
        )
    for path, monitor in zip(files, monitors, strict=False):
        if not monitor > 0:
            raise InputError(f"The monitor of {path} should be above 0, not {monitor:g}.")
    geometries = [geometry_at(goniometer, position=p) for p in positions]
    shape = goniometer.geometry.detector.shape
    if mask is not None:
        check_shape("mask", mask.pixels.shape, shape, "goniometer's detector")
    ends = []
    for geometry in (g for g in geometries if radial_min is None or radial_max is None):
        progress.check()
        values = geometry.pyfai().array_from_unit(unit=unit)
        ends += [float(values.min()), float(values.max())]
    low = min(ends) if radial_min is None else radial_min
    high = max(ends) if radial_max is None else radial_max
    if not low < high:
        raise InputError(f"The radial range is empty: from {low:g} to {high:g}.")

    method = method_for(splitting, "histogram", "Cython", 1)
    signal, normal, variance, count = np.zeros((4, points))
    radial = np.zeros(points)
    for number in progress.each(range(len(files)), "Integrating"):
        image = open_image(files[number])
        geometry = geometries[number]
        check_shape(
            f"image {Path(files[number]).name}", image.shape, shape, "goniometer's detector"
        )
        pixels = usable_mask(image, geometry.detector) if mask is None else mask.pixels
        beam = monitors[number] / float(np.mean(monitors)) if monitors else 1.0
        # pyFAI's solid angle is relative to the pixel nearest to the sample
        nearness = (goniometer.geometry.distance / geometry.distance) ** 2 if solid_angle else 1.0
        with INTEGRATORS.use(geometry, pixels, "moving", unit, method) as integrator:
            result = integrator.integrate1d(
                image.data,
                points,
                unit=unit,
                method=method,
                mask=pixels,
                dark=image.dark,
                flat=image.flat,
                radial_range=(low, high),
                error_model=None if error_model == "none" else error_model,
                polarization_factor=polarization,
                correctSolidAngle=solid_angle,
                normalization_factor=beam * nearness,
            )
        radial = np.asarray(result.radial, dtype=float)
        signal += result.sum_signal
        normal += result.sum_normalization
        count += result.count
        if error_model != "none":
            variance += result.sum_variance
    seen = normal > 0
    safe = np.where(seen, normal, 1)
    calibrant = goniometer.geometry.calibrant
    lines = {}
    if calibrant is not None:
        places = line_positions(calibrant, goniometer.geometry.wavelength, unit)
        inside = places[(places >= radial.min()) & (places <= radial.max())]
        lines = {calibrant.name: [float(p) for p in inside]}
    doubts = [w for g in geometries for w in g.warnings]
    return Pattern(
        radial=radial,
        intensity=np.where(seen, signal / safe, 0.0),
        sigma=None if error_model == "none" else np.where(seen, np.sqrt(variance) / safe, 0.0),
        unit=unit,
        geometry=goniometer.geometry,
        engine=f"pyFAI, {splitting} splitting, histogram, Cython, {len(files)} geometries",
        settings={
            "points": points,
            "unit": unit,
            "error_model": error_model,
            "positions": list(positions),
            "monitors": list(monitors),
            "radial_range": (radial_min, radial_max),
            "polarization": polarization,
            "solid_angle": solid_angle,
            "splitting": splitting,
        },
        lines=lines,
        count=count,
        source=f"{len(files)} images, {Path(files[0]).name} ...",
        warnings=tuple(dict.fromkeys(doubts)),
    )
