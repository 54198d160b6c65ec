"""Calibrating the geometry from the rings of a known powder."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..results import Calibration
from ..types import DiffractionImage, Geometry, Mask, Setup
from .geometry_search import Candidate, GeometrySearch
from .rings import parameters_of, to_beam

#: What can be held fixed while refining.
Quantity = Literal["distance", "beam centre", "tilt", "energy"]

_ROUGHLY = 1.6  #: a rough distance is off by this factor at most
_HEADER_WITHIN = 1.1  #: a header's distance is off by this factor at most
_ANYWHERE = (0.02, 20.0)  #: m

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
        float | None, Param(unit="mm", gt=0, auto="from the header, or any", group="Rough geometry")
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
        From the sample to the detector, within a third or so. When that leads nowhere, and
        where nothing is known of it, all distances are searched.
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
        When shapes differ, a distance to hold is not known, or the image shows no rings.
    """
    search = GeometrySearch(image, setup, mask, fixed, rings, progress)
    rough = 1e-3 * distance if distance else image.header.distance
    if "distance" in fixed and rough is None:
        raise InputError("The distance is to be held fixed: give 'distance'.")
    rows, columns = image.shape
    centre = setup.detector.from_pixels(
        columns / 2 if centre_x is None else centre_x, rows / 2 if centre_y is None else centre_y
    )
    largest = max(setup.detector.pixel_size) * max(image.shape)
    given = centre_x is not None and centre_y is not None
    reach = 0.0 if "beam centre" in fixed else (0.05 if given else 0.15) * largest
    notes = []
    best = None
    if rough is not None:
        factor = 1.0 if "distance" in fixed else _ROUGHLY
        best = search.from_scratch(centre, reach, (rough / factor, rough * factor))
    if (best is None or best.evidence.doubts) and "distance" not in fixed:
        # what was said of the distance may be wrong
        wider = search.from_scratch(centre, reach, _ANYWHERE)
        if best is None or (wider is not None and wider.score > best.score):
            best = wider
    if best is None:
        raise InputError("No distance puts two of the calibrant's rings on the detector.")
    # a person types a rough distance, a header should know it
    believed = _ROUGHLY if distance else _HEADER_WITHIN
    if rough and not 1 / believed < best.placement[0] / rough < believed:
        notes.append(
            f"the distance is {1e3 * best.placement[0]:.0f} mm, far from "
            f"{1e3 * rough:.0f} mm{'' if distance else ' in the header'}"
        )
    calibration = search.result(best, notes)
    return Calibrated(calibration.geometry, calibration)


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

    When it turns out to be further off, distance and beam centre are searched around it.

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
    search = GeometrySearch(image, setup, mask, fixed, rings, progress)
    start = replace(geometry, detector=setup.detector, wavelength=setup.wavelength)
    best, notes = search.from_geometry(start), []
    upside_down = search.from_geometry(start.flipped())
    if upside_down.score > max(best.score, 0) and best.evidence.doubts:
        best, notes = upside_down, ["the geometry was made for the image upside down"]
    if best.evidence.doubts and "tilt" not in fixed:
        further = _around(search, start, fixed)
        if further is not None and not further.evidence.doubts:
            best, notes = further, ["it was not near the geometry to start from"]
    calibration = search.result(best, notes)
    return Calibrated(calibration.geometry, calibration)


def _around(search: GeometrySearch, start: Geometry, fixed: list[Quantity]) -> Candidate | None:
    """The best geometry with a beam centre and a distance roughly as those of another."""
    distance, *centre = to_beam(parameters_of(start))[:3]
    factor = 1.0 if "distance" in fixed else _ROUGHLY
    largest = max(start.detector.pixel_size) * max(start.detector.shape)
    reach = 0.0 if "beam centre" in fixed else 0.05 * largest
    place = (float(centre[0]), float(centre[1]))
    return search.from_scratch(place, reach, (distance / factor, distance * factor))
