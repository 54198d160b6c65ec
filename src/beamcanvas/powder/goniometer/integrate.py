"""One pattern from the images of a detector that moves."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..correction.mask import usable_mask
from ..integration import parameters as p
from ..integration.settings import Settings
from ..origin import Origin
from ..results import Pattern
from ..types import Mask, check_shape
from .images import MovingImages
from .merge import Merge
from .model import Goniometer


@task(title="Integrate moving detector", output="pattern", requires="powder")
def integrate_moving(
    goniometer: Goniometer,
    images: MovingImages,
    mask: Mask | None = None,
    *,
    points: p.Points = 5000,
    unit: p.Unit = "2th_deg",
    error_model: p.CountingErrors = "none",
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    monitors: Annotated[list[float], Param(label="Beam monitors", group="Normalisation")] = [],  # noqa: B006
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    splitting: p.Splitting = "bounding box",
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
    images:
        Images, and where the motor was for each.
    mask:
        Pixels not to be used in any image. Without one: those that each image and the
        detector mark.
    monitors:
        Beam monitor of each image. Intensities are scaled to the mean of them.

    Raises
    ------
    InputError
        When images and monitors don't match, an image can't be read, a monitor is not above 0,
        a shape differs, or the range is empty.
    """
    rows = images.rows
    if monitors and len(monitors) != len(rows):
        raise InputError(
            f"There are {len(rows)} images but {len(monitors)} monitors: give one for each."
        )
    for row, monitor in zip(rows, monitors, strict=False):
        if not monitor > 0:
            raise InputError(f"The monitor of {row.name} should be above 0, not {monitor:g}.")
    shape = goniometer.geometry.detector.shape
    if mask is not None:
        check_shape("mask", mask.pixels.shape, shape, "goniometer's detector")
    settings = Settings(
        points=points,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        polarization=polarization,
        solid_angle=solid_angle,
        splitting=splitting,
        algorithm="histogram",
    )
    merge = Merge(goniometer, settings, images.positions, progress)
    origins: list[Origin] = []
    for number in progress.each(range(len(rows)), "Integrating"):
        row = rows[number]
        image = row.open()
        check_shape(f"image {row.name}", image.shape, shape, "goniometer's detector")
        unused = usable_mask(image, goniometer.geometry.detector) if mask is None else mask.pixels
        origins += image.origins
        beam = monitors[number] / float(np.mean(monitors)) if monitors else 1.0
        merge.add(image.data, unused, row.position, beam, image.dark, image.flat)
    record = {"positions": list(images.positions), "monitors": list(monitors)}
    return merge.pattern(f"{len(rows)} images, {rows[0].name} ...", tuple(origins), record)
