"""Which part of a scan is used: a region, binned pixels, some of the projections."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..scan.nxtomo import read_table
from ..scan.types import TomoScan

_Edge = Annotated[int | None, Param(ge=0, unit="px", auto="the edge")]


@task(title="Region of interest", output="scan", requires="tomography")
def select_region(
    scan: TomoScan,
    *,
    first_row: _Edge = None,
    last_row: _Edge = None,
    first_column: _Edge = None,
    last_column: _Edge = None,
) -> TomoScan:
    """Use only a part of each projection.

    The rows are those that are reconstructed, one slice a row. What treatments need from
    beyond the region is read all the same.

    Parameters
    ----------
    scan:
        The scan.
    first_row:
        First row that is used, from 0 on top.
    last_row:
        Last row that is used; it belongs to the region.
    first_column:
        First column that is used.
    last_column:
        Last column that is used.

    Raises
    ------
    InputError
        When it holds no pixel, or reaches out of the projections.
    """
    _, rows, columns = scan.shape
    selection = replace(
        scan.selection,
        rows=_edges("rows", first_row, last_row, rows),
        columns=_edges("columns", first_column, last_column, columns),
    )
    return replace(scan, selection=selection)


def _edges(what: str, first: int | None, last: int | None, count: int) -> tuple[int, int] | None:
    if first is None and last is None:
        return None
    start = first or 0
    stop = count if last is None else last + 1
    if not 0 <= start < stop <= count:
        raise InputError(
            f"The region's {what} {start} to {stop - 1} are not among 0 to {count - 1}."
        )
    return start, stop


@task(title="Bin pixels", output="scan", requires="tomography")
def bin_pixels(
    scan: TomoScan,
    *,
    columns: Annotated[int, Param(ge=1, le=64, label="Along a row")] = 2,
    rows: Annotated[int | None, Param(ge=1, le=64, label="Along a column", auto="the same")] = None,
) -> TomoScan:
    """Make several pixels one: smaller and faster slices, with less noise.

    The transmissions are averaged, after the flat field and the hot pixels. The pixel size
    follows, so that slices keep their values; positions such as the centre of rotation
    still count the detector's own pixels.

    Parameters
    ----------
    scan:
        The scan.
    columns:
        Pixels along a row that become one.
    rows:
        Pixels along a column that become one.

    Raises
    ------
    InputError
        When not one pixel is left.
    """
    high = rows or columns
    if high > scan.shape[1] or columns > scan.shape[2]:
        raise InputError(
            f"{scan.name}: projections of {scan.shape[1]} × {scan.shape[2]} pixels can't be binned "
            f"{high} × {columns}."
        )
    return replace(scan, selection=replace(scan.selection, binning=(high, columns)))


@task(title="Choose projections", output="scan", requires="tomography")
def choose_projections(
    scan: TomoScan,
    *,
    every: Annotated[int, Param(ge=1, le=1000, label="Use one in")] = 1,
    start: Annotated[int, Param(ge=0, label="Starting with", more=True)] = 0,
    exclude: Annotated[list[int], Param(label="Projections", group="Leave out")] = [],  # noqa: B006
    exclude_angles: Annotated[
        list[tuple[float, float]], Param(unit="°", label="Angles from, to", group="Leave out")
    ] = [],  # noqa: B006
) -> TomoScan:
    """Use some of the projections: one in several, without bad ones, without ranges.

    Parameters
    ----------
    scan:
        The scan.
    every:
        2 uses one projection in two.
    start:
        The first that is used, from 0.
    exclude:
        Numbers of projections to leave out, from 0.
    exclude_angles:
        Ranges of the rotation angle to leave out, both ends with them, such as
        [[10, 20], [90, 95]].

    Raises
    ------
    InputError
        When a projection doesn't exist, or none is left.
    """
    count = scan.shape[0]
    absent = [n for n in exclude if not 0 <= n < count]
    if absent:
        raise InputError(f"{scan.name}: there is no projection {absent[0]} among {count}.")
    backwards = [r for r in exclude_angles if r[0] > r[1]]
    if backwards:
        low, high = backwards[0]
        raise InputError(f"The angles {low:g}° to {high:g}° run backwards.")
    chosen = replace(
        scan.selection,
        every=every,
        start=start,
        excluded=tuple(sorted(set(exclude))),
        excluded_angles=tuple((float(a), float(b)) for a, b in exclude_angles),
    )
    made = replace(scan, selection=chosen)
    table = read_table(scan)
    used_projections(made, table.angles[table.projections])
    return made


def used_projections(scan: TomoScan, degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """The projections that are used, counted among all, whose angles are given.

    Raises
    ------
    InputError
        When none is left.
    """
    selection = scan.selection
    numbers = np.arange(selection.start, len(degrees), selection.every)
    keep = ~np.isin(numbers, selection.excluded)
    for low, high in selection.excluded_angles:
        keep &= ~((degrees[numbers] >= low) & (degrees[numbers] <= high))
    if not keep.any():
        raise InputError(f"{scan.name}: no projection is left; fewer must be excluded.")
    return np.asarray(numbers[keep])
