"""Backgrounds taken off, and bad pixels found by comparing two images."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..results import AXES, Pattern
from ..types import DiffractionImage, Mask, check_shape

_Monitor = Annotated[float | None, Param(gt=0, auto="not used", group="Monitors")]


@task(title="Image background", output="image", requires="powder")
def subtract_background(
    image: DiffractionImage,
    background: DiffractionImage,
    *,
    monitor: _Monitor = None,
    background_monitor: _Monitor = None,
    factor: Annotated[float, Param(ge=0)] = 1.0,
) -> DiffractionImage:
    """Subtract an image without the sample, scaled to the same amount of beam.

    Each image is first corrected by its own dark and flat images; a pixel that one of the
    two has no measurement for is masked. The result may have negative counts.

    Parameters
    ----------
    image:
        Image of the sample.
    background:
        Image of the empty container, or of the air.
    monitor:
        Beam monitor of the image.
    background_monitor:
        Beam monitor of the background: it is scaled by the ratio of the two.
    factor:
        Scales the background further, as for the absorption of the sample.

    Raises
    ------
    InputError
        When the shapes differ, or one monitor is given without the other.
    """
    check_shape("background", background.shape, image.shape, "image")
    scale = factor * _ratio(monitor, background_monitor, "background_monitor")
    data = image.corrected - np.float32(scale) * background.corrected
    mask = ~np.isfinite(data)
    if mask.all():
        raise InputError("No pixel holds a measurement in both the image and the background.")
    return replace(image, data=data, mask=mask, dark=None, flat=None)


def _ratio(monitor: float | None, other: float | None, name: str) -> float:
    if (monitor is None) != (other is None):
        given, missing = ("monitor", name) if other is None else (name, "monitor")
        raise InputError(f"'{given}' is given without '{missing}': give both, or none.")
    return 1.0 if monitor is None or other is None else monitor / other


@task(title="Pattern background", output="pattern", requires="powder")
def subtract_pattern(
    pattern: Pattern,
    background: Pattern,
    *,
    factor: Annotated[float, Param(ge=0)] = 1.0,
) -> Pattern:
    """Subtract one pattern from another; their standard deviations add in quadrature.

    Where the points differ, the background is interpolated; points of the pattern beyond
    its ends are NaN.

    Parameters
    ----------
    pattern:
        Pattern of the sample.
    background:
        Pattern of the empty container, over the same quantity.
    factor:
        Scales the background.

    Raises
    ------
    InputError
        When the two are over different quantities, or don't overlap.
    """
    if pattern.unit != background.unit:
        ours, theirs = (f"{AXES[p.unit][2]} in {AXES[p.unit][1]}" for p in (pattern, background))
        raise InputError(f"The pattern is over {ours} but the background over {theirs}.")
    x, there = pattern.radial, background.radial
    order = np.argsort(there)

    def on(values: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = np.interp(x, there[order], values[order], np.nan, np.nan)
        return found

    level = on(background.intensity)
    if not np.isfinite(level).any():
        raise InputError(
            f"The background, {there.min():g} to {there.max():g}, has nothing of the pattern, "
            f"{x.min():g} to {x.max():g}."
        )
    sigma = pattern.sigma
    if sigma is not None and background.sigma is not None:
        sigma = np.hypot(sigma, factor * on(background.sigma))
    doubts = []
    if (pattern.sigma is None) != (background.sigma is None):
        which = "pattern" if background.sigma is None else "background"
        doubts = [f"Only the {which} has standard deviations: the background's are not in these."]
    empty = None if pattern.count is None else np.where(np.isfinite(level), pattern.count, 0)
    return replace(
        pattern,
        intensity=pattern.intensity - factor * level,
        sigma=sigma,
        count=empty,
        settings=pattern.settings | {"background": background.source, "factor": factor},
        warnings=tuple(dict.fromkeys((*pattern.warnings, *background.warnings, *doubts))),
    )


@task(title="Find bad pixels", output="mask", requires="powder")
def find_bad_pixels(
    image: DiffractionImage,
    other: DiffractionImage,
    *,
    monitor: _Monitor = None,
    other_monitor: _Monitor = None,
    margin: Annotated[float, Param(gt=0, le=10)] = 0.1,
    noise: Annotated[
        float | None, Param(label="Beyond the noise", unit="σ", ge=0, auto="noise not looked at")
    ] = 5.0,
    grow: Annotated[int, Param(unit="px", ge=0, le=100)] = 0,
) -> Mask:
    """Find pixels that don't follow the beam, by comparing two images of one scene.

    Two images of the same sample with different exposures differ by the ratio of their
    monitors. A pixel that differs otherwise is hot, dead, or not linear.

    Parameters
    ----------
    image:
        First image.
    other:
        Second image of the same scene, exposed longer or shorter.
    monitor:
        Beam monitor, or exposure, of the first. Without both, the ratio that most pixels
        have is taken.
    other_monitor:
        Beam monitor, or exposure, of the second.
    margin:
        How far a pixel's ratio may be from the expected one, as a share of it.
    noise:
        Mask only what is so many standard deviations of photon counting off, too: where
        counts are low, good pixels differ by chance.
    grow:
        Mask also the pixels that are this near to a bad one.

    Raises
    ------
    InputError
        When the shapes differ, a monitor is given without the other, nothing was counted,
        or no good pixel is left.
    """
    check_shape("other image", other.shape, image.shape, "image")
    one, two = image.corrected.astype(float), other.corrected.astype(float)
    invalid = ~(np.isfinite(one) & np.isfinite(two))
    if monitor is None and other_monitor is None:
        expected = _usual_ratio(one, two)
    else:
        expected = _ratio(monitor, other_monitor, "other_monitor")
    with np.errstate(invalid="ignore"):
        off = np.abs(one - expected * two)
        unequal = off > margin * expected * np.abs(two)
        if noise is not None:
            # were both in proportion, their sum would tell the variance of the difference
            variance = expected * np.maximum(one + two, 1)
            unequal &= off > noise * np.sqrt(variance)
    parts = {"invalid": invalid, "not in proportion": unequal & ~invalid}
    pixels = invalid | unequal
    if grow and pixels.any():
        from scipy.ndimage import distance_transform_edt

        parts["grown"] = (distance_transform_edt(~pixels) <= grow) & ~pixels
        pixels = pixels | parts["grown"]
    if pixels.all():
        raise InputError(
            f"No pixel of the two images has the ratio {expected:.4g}: check the monitors."
        )
    return Mask(pixels, {name: int(np.count_nonzero(part)) for name, part in parts.items()})


def _usual_ratio(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """The ratio of two images that most pixels have; the brighter ones tell it best."""
    usable = np.isfinite(one) & np.isfinite(two) & (two > 0)
    if not usable.any():
        raise InputError("The second image has no counts: there is nothing to compare with.")
    bright = usable & (two >= np.percentile(two[usable], 50))
    ratio = float(np.median(one[bright] / two[bright]))
    if ratio <= 0:
        raise InputError("The first image has no counts: there is nothing to compare with.")
    return ratio
