"""The size of a pixel on the sample, behind an X-ray lens."""

from __future__ import annotations

from dataclasses import replace
from math import atan2, degrees, isfinite, radians, sin
from typing import Annotated, Literal

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Magnified


@task(title="Pixel size", output="stack", requires="darkfield")
def set_pixel_size(
    stack: DarkfieldStack,
    *,
    optical: Annotated[
        float, Param(gt=0, unit="µm", label="Pixel of the camera, behind its optics")
    ] = 0.65,
    magnification: Annotated[
        float | None, Param(gt=0, auto="from mainx and obx", label="X-ray magnification")
    ] = None,
    stretched: Annotated[
        Literal["none", "vertical", "horizontal"],
        Param(label="Seen at a slant along", words={"none": "neither"}, more=True),
    ] = "none",
    angle: Annotated[
        float | None, Param(unit="°", auto="obpitch", label="Slant", more=True)
    ] = None,
    lens: Annotated[
        bool, Param(label="Behind the X-ray lens, rather than far away without it", more=True)
    ] = True,
) -> DarkfieldStack:
    """Say how large a pixel is on the sample: maps get axes in µm.

    The X-ray lens magnifies by M = |mainx| / obx - 1, the distances of the camera and the lens
    from the sample. A pixel is then the camera's, divided by M. The image is mirrored from
    left to right. A layer that is seen at a slant is stretched by 1 / sin of the angle.

    Without the lens pixels are directions: maps get axes in degrees, the azimuth η and the
    scattering angle 2θ, from where the camera stood (ffz above the beam, mainx away). They are
    straight lines through the middle of the frame.

    Parameters
    ----------
    stack:
        The frames.
    optical:
        Pixel of the camera divided by the magnification of its visible-light optics: 0.65 for
        10 ×, 3.25 for 2 × at ID03.
    magnification:
        That of the X-ray lens.
    stretched:
        The direction in which the layer is seen at a slant.
    angle:
        Angle between the layer and the line of sight.
    lens:
        Whether the lens was in. Without it only the pixel of the camera counts.

    Raises
    ------
    InputError
        When the scan doesn't say where the lens and the camera stood, or says it wrong.
    """
    _, rows, columns = stack.shape
    if not lens:
        magnified = _in_angles(stack, optical / 1000)
        return replace(stack, magnified=magnified, warnings=())
    factor = magnification
    if factor is None:
        factor = abs(_where(stack, "mainx")) / _where(stack, "obx") - 1
        if not (isfinite(factor) and factor > 0):
            raise InputError(
                f"mainx {_where(stack, 'mainx'):g} and obx {_where(stack, 'obx'):g} mm make no "
                "magnification: give it."
            )
    height = width = optical / factor
    if stretched != "none":
        slant = _where(stack, "obpitch") if angle is None else angle
        stretch = abs(sin(radians(slant)))
        if stretch < 1e-6:
            raise InputError(f"A slant of {slant:g}° leaves nothing to see.")
        if stretched == "vertical":
            height /= stretch
        else:
            width /= stretch
    magnified = Magnified(height, width, rows / 2, columns / 2)
    return replace(stack, magnified=magnified, warnings=())


def _in_angles(stack: DarkfieldStack, pixel: float) -> Magnified:
    """The angles of a pixel of so many mm."""
    _, rows, columns = stack.shape
    up, away = _where(stack, "ffz"), abs(_where(stack, "mainx"))
    if not (up > 0 and away > 0):
        raise InputError(f"A camera at ffz {up:g} and mainx {away:g} mm sees no diffracted beam.")
    return Magnified(
        height=degrees(pixel * away / (away**2 + up**2)),
        width=degrees(pixel / up),
        row=rows / 2,
        column=columns / 2,
        two_theta=degrees(atan2(up, away)),
    )


def _where(stack: DarkfieldStack, motor: str) -> float:
    if motor in stack.motors:
        return float(stack.positions[stack.motors.index(motor)].mean())
    if motor not in stack.fixed:
        raise InputError(f"The scan does not say where '{motor}' stood: give the value instead.")
    return stack.fixed[motor]
