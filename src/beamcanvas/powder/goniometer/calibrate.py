"""Calibrating a detector that moves, from images of a calibrant at several positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..calibration.ring_search import bright_pixels
from ..calibration.rings import PARAMETERS, PixelPositions, with_parameters
from ..correction.mask import usable_mask
from ..types import DiffractionImage, Geometry, Mask, Setup, check_shape
from .fit import Fitted, Frame, GoniometerFit, Model
from .images import MovingImages
from .model import MOTIONS, Goniometer

Motion = Literal["arm, up and down", "arm, sideways", "along the beam"]
Held = Literal["distance", "beam centre", "tilt", "energy", "scale"]

_HELD = {"distance": (0,), "beam centre": (1, 2), "tilt": (3, 4), "energy": (5,)}
_ROUGHLY = 1.3  #: a rough distance is off by this factor at most
_SCALE_WITHIN = 0.01  #: a motor's scale is off by so much at most


@task(title="Calibrate goniometer", output="goniometer", requires="powder")
def calibrate_goniometer(
    setup: Setup,
    images: MovingImages,
    mask: Mask | None = None,
    *,
    motion: Motion = "along the beam",
    distance: Annotated[
        float | None, Param(unit="mm", gt=0, auto="from the header", group="Rough geometry")
    ] = None,
    centre_x: Annotated[
        float | None, Param(label="Beam x", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    centre_y: Annotated[
        float | None, Param(label="Beam y", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    rings: Annotated[int | None, Param(label="Number of rings", ge=1, auto="all")] = None,
    fixed: Annotated[list[Held], Param(label="Hold fixed")] = ["energy"],  # noqa: B006
    progress: Progress = SILENT,
) -> Goniometer:
    """Calibrate a detector on an arm, or on a stage along the beam, from several images.

    All images are fitted together by one model that is linear in the position of the motor.
    An arm turns the detector around the sample: how it is tilted to its axis, and how far
    its scale is off, is refined. A stage moves it away: how it drifts across the beam is
    refined. Which way the motor counts is found. Nothing in it is random: the same images
    give the same numbers. A solution that the images do not support is returned as not to
    be trusted, with the reason.

    Parameters
    ----------
    setup:
        Calibrant, detector and energy.
    images:
        Images of the calibrant, and where the motor was for each.
    mask:
        Pixels not to be used in any image. Without one: those that each image and the
        detector mark.
    motion:
        How the motor moves the detector.
    distance:
        From the sample to the detector, within 30 %: for a stage at the first image.
    centre_x:
        Where the direct beam would hit the detector, from the left: for an arm at 0°.
    centre_y:
        Where the direct beam would hit the detector, from the first row.
    rings:
        Use only so many of the innermost rings.
    fixed:
        What is known and shall stay as it is given. The scale is that of the motor; that of
        a stage is held anyway when the energy is not.

    Raises
    ------
    InputError
        When there are fewer than two positions, an image can't be read or has another shape, the
        distance is not known, or an image shows no rings.
    """
    positions = images.positions
    if len(set(positions)) < 2:
        raise InputError("A goniometer needs images at two positions or more.")
    if setup.energy > 1000:
        raise InputError(f"{setup.energy:g} keV is not an X-ray energy.")
    opened = [row.open() for row in images.rows]
    detector = setup.detector
    for row, image in zip(images.rows, opened, strict=True):
        check_shape(f"image {row.name}", image.shape, detector.shape, "detector")
    if mask is not None:
        check_shape("mask", mask.pixels.shape, detector.shape, "detector")
    rough = 1e-3 * distance if distance else opened[0].header.distance
    if rough is None:
        raise InputError("The distance is not in the header: give 'distance' in mm, roughly.")
    reference = positions[0] if motion == "along the beam" else 0.0
    frames = _frames(opened, setup, mask, positions, reference, progress.part(0.0, 0.3))
    sines = 1e10 / (2 * np.array(setup.calibrant.d_spacings))
    sines = sines[sines * setup.wavelength < 0.976]
    if not len(sines):
        raise InputError(f"{setup.calibrant.name} has no line at {setup.energy:g} keV.")

    rows, columns = detector.shape
    y, x = detector.from_pixels(
        columns / 2 if centre_x is None else centre_x, rows / 2 if centre_y is None else centre_y
    )
    given = centre_x is not None and centre_y is not None
    reach = 0.0 if "beam centre" in fixed else max(detector.pixel_size) * max(detector.shape)
    reach *= 0.05 if given else 0.16
    _, moved, slope = MOTIONS[motion]
    motor = 6 + PARAMETERS.index(moved)
    numbers = np.array([rough, y, x, 0, 0, setup.wavelength, 0, 0, 0, 0, 0], dtype=float)
    numbers[motor] = slope
    free = _free(motion, motor, fixed, len(set(positions)))
    pixel = max(detector.pixel_size)
    search = GoniometerFit(frames, sines, pixel, rings or len(sines), progress.part(0.3, 1.0))
    found = search.search(
        Model(numbers), motor, free, reach, 1.0 if "distance" in fixed else _ROUGHLY
    )
    result = _result(search, found, setup, motion, reference, images)
    progress(1.0, "Calibrated")
    return result


def _frames(
    images: list[DiffractionImage],
    setup: Setup,
    mask: Mask | None,
    positions: Sequence[float],
    reference: float,
    progress: Progress,
) -> list[Frame]:
    where = PixelPositions(setup.detector)
    frames = []
    pairs = list(zip(images, positions, strict=True))
    for image, position in progress.each(pairs, "Finding bright pixels"):
        counts = image.corrected
        own = usable_mask(image, setup.detector) if mask is None else mask.pixels
        pixels = own | ~np.isfinite(counts)
        bright = bright_pixels(counts, pixels, where, progress)
        if len(bright.index) < 100:
            raise InputError(f"{image.source} shows no rings: hardly a pixel stands out in it.")
        valid = np.flatnonzero(~pixels)
        values = counts.ravel()[valid].astype(float)
        frames.append(Frame(position - reference, where[valid], values, bright))
    return frames


def _free(motion: str, motor: int, fixed: list[Held], positions: int) -> NDArray[np.intp]:
    """Which numbers of the model may change."""
    held = {number for name in fixed if name != "scale" for number in _HELD[name]}
    free = [n for n in range(6) if n not in held]
    if motion == "along the beam":
        drifts = [] if "beam centre" in fixed else [7, 8]  # of poni1 and poni2
        scale = [motor] if "energy" in fixed and "scale" not in fixed else []
        # along one line, two positions tell a distance and the energy, or the scale
        return np.array([*free, *scale, *drifts], dtype=int)
    scale = [] if "scale" in fixed else [motor]
    other = [9 if motor == 10 else 10] if "tilt" not in fixed and positions > 2 else []
    return np.array(sorted([*free, *scale, *other]), dtype=int)


def _result(
    search: GoniometerFit,
    found: Fitted,
    setup: Setup,
    motion: str,
    reference: float,
    images: MovingImages,
) -> Goniometer:
    """The goniometer with all that tells how far to trust it."""
    evidence, numbers = found.evidence, found.model.numbers
    count = sum(len(r) for r in found.residuals)
    doubts = list(evidence.doubts)
    pairs = zip(images.rows, found.residuals, strict=True)
    empty = [row.name for row, residuals in pairs if not len(residuals)]
    if empty:
        doubts.append(f"no ring was found in {', '.join(empty)}")
    _, own, slope = MOTIONS[motion]
    scale = abs(float(numbers[6 + PARAMETERS.index(own)])) / slope
    if abs(scale - 1) > _SCALE_WITHIN:
        doubts.append(f"the detector would move {scale:.4f} times as far as the motor says")
    if not np.any(found.covariance):
        doubts.append("too few places on rings were found to refine on")
    trusted = not doubts
    reason = evidence.words if trusted else ", ".join(doubts)
    if not trusted:
        reason += "; check the calibrant, the energy, the positions and the rough geometry"
    reason = f"{reason[:1].upper()}{reason[1:]}."
    blank = Geometry(*(0.0,) * 7, detector=setup.detector, calibrant=setup.calibrant)
    geometry = replace(
        with_parameters(blank, numbers[:6]),
        warnings=() if trusted else (f"The goniometer is not to be trusted: {reason}",),
        trusted=trusted,
    )
    slopes = dict(zip(PARAMETERS[:5], map(float, numbers[6:]), strict=True))
    return Goniometer(
        motion=motion,
        reference=reference,
        geometry=geometry,
        slopes={n: s for n, s in slopes.items() if s != 0 or n == own},
        uncertainties=search.uncertainties(found),
        images=images,
        residuals=tuple(
            float(np.sqrt(np.mean(r**2))) if len(r) else float("nan") for r in found.residuals
        ),
        points=count,
        peak_residual=float(np.degrees(evidence.residual)),
        reason=reason,
    )
