"""The rotation axis by looking: one slice at many centres around an estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..frames.projections import Projections
from ..reconstruct.chunks import fingerprint_of
from ..reconstruct.engine import Slices
from ..scan.types import TomoScan
from .candidates import Candidates, nearest, region_of, tried_of
from .scores import WORDS, Score
from .tried import Last, Tried

_last = Last()


class CentreChosen(NamedTuple):
    """A scan whose rotation axis was chosen, and what it was chosen from."""

    scan: TomoScan
    candidates: Candidates


@task(title="Many centres", requires="tomography")
def try_centres(
    scan: TomoScan,
    *,
    centre: Annotated[
        float | None, Param(label="Rotation axis", unit="px", auto="the best score")
    ] = None,
    around: Annotated[
        float | None,
        Param(unit="px", auto="the scan's axis, or the middle", label="Try around", group="Try"),
    ] = None,
    width: Annotated[float, Param(gt=0, unit="px", label="Over a width of", group="Try")] = 10.0,
    count: Annotated[int, Param(ge=2, le=201, label="Centres", group="Try")] = 21,
    row: Annotated[int | None, Param(ge=0, auto="the middle", label="Slice", group="Slice")] = None,
    score: Annotated[Score, Param(words=WORDS, group="Slice")] = "sharpness",
    region: Annotated[
        tuple[int, int, int, int] | None,
        Param(auto="the whole slice", unit="px", group="Slice", more=True),
    ] = None,
    progress: Progress = SILENT,
) -> CentreChosen:
    """Reconstruct one slice with the rotation axis at many places, and take the best.

    The axis counts pixels of the whole detector: 0 is the centre of the first pixel of a
    row, and (W - 1) / 2 the middle of a row of W pixels.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are known.
    centre:
        The axis that was chosen by eye. It holds for all scans that follow, until it is
        set back to auto.
    around:
        The middle of the centres that are tried.
    width:
        From the first centre to the last.
    count:
        How many are tried.
    row:
        The row of the detector whose slice is reconstructed.
    score:
        What makes a slice the best. Edges, rings and air outside of the sample can mislead
        each of them: look at the slices.
    region:
        First and last column, first and last row of the slice that are scored and shown.

    Raises
    ------
    InputError
        When a centre is outside of the detector, or the row or region outside of the scan.
    """
    columns = scan.shape[2]
    middle = around if around is not None else scan.centre
    if middle is None:
        middle = (columns - 1) / 2 if scan.axis_in_file is None else scan.axis_in_file
    tried = np.linspace(middle - width / 2, middle + width / 2, count)
    if tried[0] < 0 or tried[-1] > columns - 1:
        raise InputError(
            f"The centres {tried[0]:g} to {tried[-1]:g} px reach outside of the detector, whose "
            f"pixels are 0 to {columns - 1}."
        )
    progress.check()
    scan_there = replace(scan, centre=middle)
    key = fingerprint_of(scan_there), tuple(tried.tolist()), row, region
    found = _last.get(key, lambda: _try(scan_there, tried, row, region, progress))
    best = int(np.argmax(found.scores[score]))
    chosen = best if centre is None else nearest(tried, centre)
    at_last = float(tried[best]) if centre is None else centre
    if not 0 <= at_last <= columns - 1:
        raise InputError(
            f"The rotation axis at {at_last:g} px is outside of the detector, whose pixels are 0 "
            f"to {columns - 1}."
        )
    candidates = Candidates("Rotation axis", "px", tried, found, score, chosen, centre is not None)
    who = "many centres, by hand" if centre is not None else f"many centres, {score}"
    doubts = (*candidates.warnings, *found.doubts)
    decided = replace(scan, centre=at_last, centre_from=who).warned(*doubts)
    return CentreChosen(decided, candidates)


def _try(
    scan: TomoScan,
    centres: NDArray[np.float64],
    row: int | None,
    region: tuple[int, int, int, int] | None,
    progress: Progress,
) -> Tried:
    with Projections(scan) as projections:
        rows = projections.shape[1]
        at = rows // 2 if row is None else row
        if not 0 <= at < rows:
            raise InputError(f"Slice {at} is not among the {rows} of {scan.name}.")
        slices = Slices(projections)
        columns = [projections.to_column(float(c)) for c in centres]
        images = slices.at_centres(at, columns, progress)
    cut = region_of(slices.geometry.shape, region)
    return tried_of(images, cut, slices, at, same_mass=not slices.geometry.half)
