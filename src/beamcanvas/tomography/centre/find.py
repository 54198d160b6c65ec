"""Where the rotation axis is: found, read from the file, or given."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..frames.projections import Projections
from ..reconstruct.threads import apart
from ..scan.types import TomoScan
from .finders import WORDS, Known, Side, column_of_axis, unavailable
from .opposite import OppositePair, opposite_pair

Counted = Literal["from the first pixel", "from the middle", "as tomwer does"]

#: below, the opposite projections don't match and the axis is doubtful
_LIKE = 0.5


class Centred(NamedTuple):
    """A scan whose rotation axis is known, and what to judge it by."""

    scan: TomoScan
    overlay: OppositePair | None


@task(title="Centre of rotation", requires="tomography")
def find_centre(
    scan: TomoScan,
    *,
    centre: Annotated[
        float | None, Param(label="Rotation axis", unit="px", auto="found as below")
    ] = None,
    counted: Annotated[Counted, Param(label="Counted")] = "from the first pixel",
    finder: Annotated[
        Literal[
            "sliding-window",
            "centered",
            "growing-window",
            "octave-accurate",
            "global",
            "vo",
            "sino-coarse-to-fine",
            "sino-sliding-window",
            "sino-growing-window",
            "fourier-angles",
            "composite-coarse-to-fine",
            "file",
        ],
        Param(words={**WORDS, "file": "what the file says"}, unavailable=unavailable, group="Find"),
    ] = "sliding-window",
    side: Annotated[
        Side | None,
        Param(auto="the file's, or where it fits", label="Near which side", group="Find"),
    ] = None,
    near: Annotated[
        float | None,
        Param(unit="px", auto="not known", label="Near the pixel", group="Find", more=True),
    ] = None,
    angle: Annotated[
        float | None,
        Param(
            unit="°",
            auto="the first one",
            label="First of the pair",
            group="Projections",
            more=True,
        ),
    ] = None,
    first_row: Annotated[
        int | None, Param(ge=0, auto="the top", unit="px", group="Projections", more=True)
    ] = None,
    last_row: Annotated[
        int | None, Param(ge=0, auto="the bottom", unit="px", group="Projections", more=True)
    ] = None,
    row: Annotated[
        int | None,
        Param(ge=0, auto="the middle", label="Row of the sinogram", group="Projections", more=True),
    ] = None,
    progress: Progress = SILENT,
) -> Centred:
    """Find the rotation axis, or give it. A given value holds for all scans that follow.

    The axis counts pixels of the whole detector: 0 is the centre of the first pixel of a
    row, and (W - 1) / 2 the middle of a row of W pixels. Counted from the middle, it is nabu's
    relative value; tomwer's counts from half a pixel further on, W / 2.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are known.
    centre:
        The rotation axis, where it is known, or was found by moving the projections.
    counted:
        From where `centre` counts.
    finder:
        What finds the axis: from two projections half a turn apart, or from a sinogram.
    side:
        On which side of the middle the axis is. Without it, and where the file doesn't say
        so of a half acquisition, that side counts on which opposite projections match best.
    near:
        About where the axis is; takes the place of the side.
    angle:
        Of the first of the two projections; the other one is half a turn on.
    first_row:
        First row of the projections that are compared.
    last_row:
        Last row of them.
    row:
        Which row's sinogram is looked at.

    Raises
    ------
    InputError
        When the finder can't be used for the scan, finds no axis, or the axis that is given
        is outside of the detector.
    """
    columns = scan.shape[2]
    with Projections(scan) as projections:
        if centre is not None:
            at = centre + _origin(counted, columns)
            who = "given"
        elif finder == "file":
            if scan.axis_in_file is None:
                raise InputError(f"{scan.file}: the file does not say where the rotation axis is.")
            at, who = scan.axis_in_file, "file"
        else:
            known = Known(
                side=_side(scan, projections, side, near),
                first_angle=angle,
                row=row,
                rows=_rows(projections, first_row, last_row),
            )
            column = apart(
                lambda: column_of_axis(projections, finder, known),
                progress,
                "Finding the rotation axis",
            )
            at, who = projections.from_column(column), finder
        if not 0 <= at <= columns - 1:
            raise InputError(
                f"The rotation axis at {at:g} px is outside of the detector, whose pixels are 0 "
                f"to {columns - 1}."
            )
        found = replace(scan, centre=at, centre_from=who)
        try:
            overlay = opposite_pair(projections, at, angle)
        except InputError:
            return Centred(found, None)
    return Centred(_doubted(found, overlay), overlay)


def _origin(counted: Counted, columns: int) -> float:
    """The pixel from which a rotation axis is counted."""
    if counted == "from the first pixel":
        return 0.0
    return columns / 2 if counted == "as tomwer does" else (columns - 1) / 2


def _doubted(scan: TomoScan, overlay: OppositePair) -> TomoScan:
    likeness = overlay.likeness()
    if likeness >= _LIKE:
        return scan
    return scan.warned(
        f"The opposite projections don't match with the rotation axis at {scan.centre:.2f} px "
        f"(correlation {likeness:.2f}); look at their overlay."
    )


def _side(
    scan: TomoScan, projections: Projections, side: Side | None, near: float | None
) -> Side | float | None:
    """Where to look: a column, a side, or nothing that is known."""
    if near is not None:
        return projections.to_column(near)
    if side is not None or not scan.half_acquisition or scan.axis_in_file is None:
        return side
    return "left" if scan.axis_in_file < (scan.shape[2] - 1) / 2 else "right"


def _rows(projections: Projections, first: int | None, last: int | None) -> tuple[int, int] | None:
    count = projections.shape[1]
    if first is None and last is None:
        return None
    start, stop = first or 0, count if last is None else last + 1
    if not 0 <= start < stop <= count:
        raise InputError(f"Rows {start} to {stop - 1} are not among the {count} of the scan.")
    return start, stop
