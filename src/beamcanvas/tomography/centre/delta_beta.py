"""The strength of phase retrieval by looking: one slice with many ratios of delta to beta."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..frames.projections import Projections
from ..frames.treatments.phase import retrieve_phase
from ..reconstruct.chunks import fingerprint_of
from ..reconstruct.engine import Slices
from ..scan.types import TomoScan
from .candidates import Candidates, nearest, region_of, tried_of
from .scores import WORDS, Score
from .tried import Last, Tried

_last = Last()


class DeltaBetaChosen(NamedTuple):
    """A scan whose phase retrieval was chosen, and what it was chosen from."""

    scan: TomoScan
    candidates: Candidates


@task(title="Many delta/beta", requires="tomography")
def try_delta_beta(
    scan: TomoScan,
    *,
    delta_beta: Annotated[
        float | None, Param(gt=0, label="Delta/beta", auto="the best score")
    ] = None,
    values: Annotated[list[float] | None, Param(auto="as below", group="Try")] = None,
    lowest: Annotated[float, Param(gt=0, group="Try")] = 10.0,
    highest: Annotated[float, Param(gt=0, le=1e6, group="Try")] = 1000.0,
    count: Annotated[int, Param(ge=2, le=101, label="Values", group="Try")] = 9,
    row: Annotated[int | None, Param(ge=0, auto="the middle", label="Slice", group="Slice")] = None,
    score: Annotated[Score, Param(words=WORDS, group="Slice")] = "contrast",
    region: Annotated[
        tuple[int, int, int, int] | None,
        Param(auto="the whole slice", unit="px", group="Slice", more=True),
    ] = None,
    progress: Progress = SILENT,
) -> DeltaBetaChosen:
    """Reconstruct one slice after Paganin's phase retrieval with many delta/beta ratios.

    Parameters
    ----------
    scan:
        A scan whose darks, flats and rotation axis are known, with energy, distance and
        pixel size.
    delta_beta:
        The ratio that was chosen by eye. It holds for all scans that follow, until it is
        set back to auto.
    values:
        The ratios to try.
    lowest:
        Where no values are given: the lowest ratio that is tried.
    highest:
        The highest one; each is the same factor above the one before.
    count:
        How many are tried.
    row:
        The row of the detector whose slice is reconstructed.
    score:
        What makes a slice the best. Sharp slices are those with hardly any phase retrieval:
        look at them.
    region:
        First and last column, first and last row of the slice that are scored and shown.

    Raises
    ------
    InputError
        When the scan lacks energy, distance or pixel size, or the row or the region is
        outside of it.
    """
    if values is None and highest <= lowest:
        raise InputError(f"The highest delta/beta ({highest:g}) should be above {lowest:g}.")
    tried = np.geomspace(lowest, highest, count) if values is None else np.sort(np.array(values))
    if not len(tried) or not ((tried > 0) & (tried <= 1e6)).all():
        raise InputError(
            "Each delta/beta should be more than 0, up to 1e6, and there should be one."
        )
    progress.check()
    key = fingerprint_of(scan), tuple(tried.tolist()), row, region
    found = _last.get(key, lambda: _try(scan, tried, row, region, progress))
    best = int(np.argmax(found.scores[score]))
    taken = float(tried[best]) if delta_beta is None else delta_beta
    chosen = best if delta_beta is None else nearest(tried, delta_beta)
    by_hand = delta_beta is not None
    candidates = Candidates("Delta/beta", "", tried, found, score, chosen, by_hand)
    doubts = (*candidates.warnings, *found.doubts)
    decided = retrieve_phase(scan, delta_beta=taken).warned(*doubts)
    return DeltaBetaChosen(decided, candidates)


def _try(
    scan: TomoScan,
    ratios: NDArray[np.float64],
    row: int | None,
    region: tuple[int, int, int, int] | None,
    progress: Progress,
) -> Tried:
    images = []
    for n, value in enumerate(ratios):
        part = progress.part(n / len(ratios), (n + 1) / len(ratios))
        part(0.0, f"Delta/beta {value:.4g}")
        with Projections(retrieve_phase(scan, delta_beta=float(value))) as projections:
            rows = projections.shape[1]
            at = rows // 2 if row is None else row
            if not 0 <= at < rows:
                raise InputError(f"Slice {at} is not among the {rows} of {scan.name}.")
            slices = Slices(projections)
            cut = region_of(slices.geometry.shape, region)
            images.append(slices.rows(at, at + 1, part)[0])
    return tried_of(np.stack(images), cut, slices, at)
