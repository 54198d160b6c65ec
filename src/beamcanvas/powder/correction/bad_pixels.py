"""Bad pixels, found by comparing two images."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..types import DiffractionImage, Mask, check_shape
from .monitors import Monitor, monitor_ratio


@task(title="Find bad pixels", output="mask", requires="powder")
def find_bad_pixels(
    image: DiffractionImage,
    other: DiffractionImage,
    *,
    monitor: Monitor = None,
    other_monitor: Monitor = None,
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
        expected = monitor_ratio(monitor, other_monitor, "other_monitor")
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
