"""Backgrounds taken off images and patterns."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..origin import in_role
from ..results import AXES, Pattern
from ..types import DiffractionImage, check_shape
from .monitors import Monitor, monitor_ratio


@task(title="Image background", output="image", requires="powder")
def subtract_background(
    image: DiffractionImage,
    background: DiffractionImage,
    *,
    monitor: Monitor = None,
    background_monitor: Monitor = None,
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
    scale = factor * monitor_ratio(monitor, background_monitor, "background_monitor")
    data = image.corrected - np.float32(scale) * background.corrected
    mask = ~np.isfinite(data)
    if mask.all():
        raise InputError("No pixel holds a measurement in both the image and the background.")
    origins = (*image.origins, *in_role(background.origins, "background"))
    return replace(image, data=data, mask=mask, dark=None, flat=None, origins=origins)


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
        origins=(*pattern.origins, *in_role(background.origins, "background")),
        intensity=pattern.intensity - factor * level,
        sigma=sigma,
        count=empty,
        settings=pattern.settings | {"background": background.source, "factor": factor},
        warnings=tuple(dict.fromkeys((*pattern.warnings, *background.warnings, *doubts))),
    )
