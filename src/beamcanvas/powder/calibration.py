"""Calibrating the geometry from the rings of a known powder."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from ..task import SILENT, Param, Progress, task
from .results import Calibration
from .types import DiffractionImage, Geometry, Mask, Setup

#: What can be held fixed while refining.
Quantity = Literal["distance", "beam centre", "tilt", "energy"]

_Rings = Annotated[int | None, Param(label="Number of rings", ge=1, auto="all on the detector")]
_Fixed = Annotated[list[Quantity], Param(label="Hold fixed")]


class Calibrated(NamedTuple):
    """What calibrating gives: the geometry to integrate with, and how far to trust it."""

    geometry: Geometry
    calibration: Calibration


@task(title="Calibrate", requires="powder")
def calibrate(
    image: DiffractionImage,
    setup: Setup,
    mask: Mask | None = None,
    *,
    distance: Annotated[
        float | None, Param(unit="mm", gt=0, auto="from the header", group="Rough geometry")
    ] = None,
    centre_x: Annotated[
        float | None, Param(label="Beam x", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    centre_y: Annotated[
        float | None, Param(label="Beam y", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    rings: _Rings = None,
    fixed: _Fixed = ["energy"],  # noqa: B006
    progress: Progress = SILENT,
) -> Calibrated:
    """Find the geometry of an experiment from the rings of its calibrant, by itself.

    Starts from a rough distance and beam centre. Searches both coarsely, sharpens the best
    guesses, then refines on where the rings are along their circumference. Nothing in it is
    random: the same image gives the same numbers. A solution that the image does not
    support is returned as not to be trusted, with the reason.

    Parameters
    ----------
    image:
        Image of the calibrant.
    setup:
        Calibrant, detector and energy.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    distance:
        From the sample to the detector, within a third or so.
    centre_x:
        Where the direct beam would hit the detector, from the left.
    centre_y:
        Where the direct beam would hit the detector, from the first row.
    rings:
        Use only so many of the innermost rings.
    fixed:
        What is known and shall stay as it is given.

    Raises
    ------
    InputError
        When shapes differ, the distance is neither given nor in the header, or the image
        shows no rings at all.
    """
    raise NotImplementedError


@task(title="Refine geometry", requires="powder")
def refine_geometry(
    image: DiffractionImage,
    setup: Setup,
    geometry: Geometry,
    mask: Mask | None = None,
    *,
    rings: _Rings = None,
    fixed: _Fixed = ["energy"],  # noqa: B006
    progress: Progress = SILENT,
) -> Calibrated:
    """Refine a geometry that is nearly right, as from an earlier ``.poni`` file.

    Parameters
    ----------
    image:
        Image of the calibrant.
    setup:
        Calibrant, detector and energy.
    geometry:
        Geometry to start from.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    rings:
        Use only so many of the innermost rings.
    fixed:
        What is known and shall stay as it is given.

    Raises
    ------
    InputError
        When shapes differ, or the image shows no rings at all.
    """
    raise NotImplementedError
