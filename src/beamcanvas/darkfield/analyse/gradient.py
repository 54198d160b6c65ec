"""Taking away the tilt that the lens itself puts into an orientation map."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from ...errors import InputError
from ...task import Param, task
from .maps import CENTRE, map_name
from .moments import Moments


@task(title="Gradient correction", output="moments", requires="darkfield")
def correct_gradient(
    moments: Moments,
    *,
    motor: Annotated[Literal["chi", "obpitch", "ccmth"], Param()] = "chi",
) -> Moments:
    """Take away the gradient across the image that comes from the lens and not from the sample.

    Pixels away from the middle are seen at another angle. In chi the centre of mass changes by
    cos(2θ) y / (2 sin θ d) across the image, in obpitch and ccmth by cos(2θ) sin(2θ) z / d
    along it: d is obx, the distance of the lens, y and z lengths on the sample from the middle
    of the image to the right and downwards. These are the signs of darfix at ID03.

    Parameters
    ----------
    moments:
        Moments of a scan whose pixel size was set.
    motor:
        The motor whose map is corrected.

    Raises
    ------
    InputError
        When the motor didn't move, the pixel size isn't known, or the scan doesn't say where
        the lens stood.
    """
    centre = moments.centre(motor)
    stack = moments.stack
    if stack is None or stack.magnified is None or stack.magnified.two_theta is not None:
        raise InputError("The correction needs positions on the sample: set the pixel size first.")
    needed = ("obx", "obpitch") if motor == "chi" else ("obx", "mainx", "ffz")
    for name in needed:
        if not stack.fixed.get(name) and name not in stack.motors:
            raise InputError(f"The scan does not say where '{name}' stood.")

    def stood(name: str) -> float:
        if name in stack.motors:
            return float(stack.positions[stack.motors.index(name)].mean())
        return stack.fixed[name]

    rows, columns = moments.axes
    assert rows.values is not None  # noqa: S101 - they are in µm
    assert columns.values is not None  # noqa: S101 - as above
    distance = stood("obx") * 1e3  # µm, as the axes
    if motor == "chi":
        pitch = np.radians(stood("obpitch"))
        to_the_right = -columns.values  # the image is seen mirrored
        tilt = np.cos(pitch) / distance * to_the_right / (2 * np.sin(pitch / 2))
        corrected = centre - np.degrees(tilt)[None, :]
    else:
        angle = np.arctan(stood("ffz") / stood("mainx"))
        tilt = np.cos(angle) / distance * rows.values * np.sin(angle)
        corrected = centre + np.degrees(tilt)[:, None]
    return replace(
        moments,
        maps={**moments.maps, map_name(CENTRE, motor): corrected},
        settings={**moments.settings, "gradient taken from": motor},
    )
