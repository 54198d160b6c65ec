"""How much the orientation changes from a pixel to its neighbours."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..stack.cores import on_all_cores
from .maps import PixelMaps
from .moments import Moments

_BAND = 64  #: rows that are worked on together


@task(title="Misorientation", output="misorientation", requires="darkfield")
def kernel_average_misorientation(
    moments: Moments,
    *,
    radius: Annotated[int, Param(ge=1, le=10, unit="px")] = 1,
    neighbours: Annotated[
        Literal["diamond", "square"],
        Param(words={"diamond": "diamond", "square": "square"}, more=True),
    ] = "diamond",
    limit: Annotated[float | None, Param(gt=0, auto="no limit", label="Leave out above")] = None,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> PixelMaps:
    """Compute the kernel average misorientation: the mean distance to the neighbours' orientation.

    The orientation of a pixel is the centre of mass over all motors of the scan; the distance
    of two is the length of their difference. At the edge of the image and beside holes those
    neighbours count that are there.

    Parameters
    ----------
    moments:
        The moments of the scan.
    radius:
        How far away a neighbour may be.
    neighbours:
        Those within a diamond, rows and columns added, or all within a square.
    limit:
        Neighbours further apart are another grain's, and left out of the map.
    darfix_compatible:
        Count the pixel itself as one of the neighbours, which makes the values smaller: by a
        fifth for a radius of 1; leave out the first pixel of its row; and give no value for
        fewer than four. darfix does so.
    """
    from ..kernels.neighbours import mean_distances

    units = {d.unit for d in moments.dimensions}
    if len(units) > 1:
        raise InputError(
            "The orientation has no single unit: the scan moved "
            + ", ".join(f"{d.motor} ({d.unit})" for d in moments.dimensions)
            + ". Project it onto its angles first."
        )
    steps = range(-radius, radius + 1)
    offsets = [
        (i, j)
        for i in steps
        for j in steps
        if (i or j or darfix_compatible) and (neighbours == "square" or abs(i) + abs(j) <= radius)
    ]
    maps = np.stack([moments.centre(motor) for motor in moments.motors])
    found: NDArray[np.float64] = np.empty(moments.shape)
    places = np.array(offsets)
    fewest = 4 if darfix_compatible else 1

    def work(top: int) -> None:
        bottom = min(top + _BAND, len(found))
        mean_distances(maps, places, fewest, darfix_compatible, top, bottom, found)

    for done, _ in enumerate(on_all_cores(work, range(0, len(found), _BAND), progress), 1):
        progress(done * _BAND / len(found), "Comparing neighbours")
    if limit is not None:
        found[found > limit] = np.nan
    name = "kernel average misorientation"
    return PixelMaps(
        title="misorientation",
        maps={name: found},
        units={name: units.pop()},
        axes=moments.axes,
        settings={"radius": radius, "neighbours": neighbours, **moments.settings},
    )
