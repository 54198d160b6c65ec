"""Sub-domains: pixels of alike orientation."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..stack.cores import left_alone
from .maps import PixelMaps
from .moments import Moments


@task(title="Sub-domains", output="domains", requires="darkfield")
def find_domains(
    moments: Moments,
    *,
    number: Annotated[int, Param(ge=2, le=50)] = 5,
    position: Annotated[
        float, Param(ge=0, label="Weight of the place in the image", more=True)
    ] = 0.0,
    threshold: Annotated[
        float, Param(ge=0, unit="counts", label="Leave out an intensity below", more=True)
    ] = 0.0,
    progress: Progress = SILENT,
) -> PixelMaps:
    """Group pixels of alike orientation into sub-domains, by k-means on their centres of mass.

    Domain 1 is the largest. Each motor counts in its own standard deviations.

    Parameters
    ----------
    moments:
        The moments of the scan.
    number:
        How many domains.
    position:
        How much rows and columns count beside the orientation: 0 not at all, 1 as much as a
        motor does.
    threshold:
        Pixels whose intensity isn't above this belong to no domain.

    Raises
    ------
    InputError
        When fewer pixels have signal than there are domains to be.
    """
    from sklearn.cluster import MiniBatchKMeans

    centres = [moments.centre(motor) for motor in moments.motors]
    seen = (moments.maps["intensity"] > threshold) & np.isfinite(sum(centres))
    if int(seen.sum()) < number:
        raise InputError(f"{int(seen.sum())} pixels with signal make no {number} domains.")
    columns: list[NDArray[Any]] = [c[seen] for c in centres]
    if position > 0:
        columns += [n[seen] * 1.0 for n in np.indices(moments.shape)]
    table = np.stack(columns, axis=1)
    deviation = table.std(axis=0)
    table = (table - table.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    table[:, len(centres) :] *= position
    means = MiniBatchKMeans(number, n_init=20, random_state=0)
    progress(None, "Grouping pixels")
    labels = left_alone(lambda: means.fit_predict(table), progress)
    by_size = np.argsort(-np.bincount(labels, minlength=number), kind="stable")
    rank = np.empty(number, int)
    rank[by_size] = np.arange(1, number + 1)
    domains = np.full(moments.shape, np.nan)
    domains[seen] = rank[labels]
    maps = {"domain": domains}
    units = {}
    for motor, centre in zip(moments.motors, centres, strict=True):
        mean = np.full(moments.shape, np.nan)
        for n in progress.each(range(1, number + 1), "Averaging"):
            inside = domains == n
            if inside.any():
                mean[inside] = centre[inside].mean()
        maps[f"{motor} of the domain"] = mean
        units[f"{motor} of the domain"] = moments.units.get(f"{motor} centre of mass", "")
    return PixelMaps(
        title="sub-domains",
        maps=maps,
        units=units,
        axes=moments.axes,
        settings={"number": number, "position": position, **moments.settings},
    )
