"""One pattern from those of all analysers, each weighed by its efficiency."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..results import Pattern
from .patterns import AnalyzerPatterns

Array = NDArray[np.float64]


@task(title="Merge analysers", output="pattern", requires="powder")
def merge_analyzers(
    patterns: AnalyzerPatterns,
    *,
    efficiencies: Literal["as the stage says", "from where they overlap"] = "as the stage says",
    left_out: Annotated[list[int], Param(label="Analysers left out")] = [],  # noqa: B006
    scale: Annotated[float, Param(gt=0, label="Scaled to a monitor of")] = 100000.0,
) -> Pattern:
    """Merge the patterns of all analysers into one, with standard deviations.

    Counts and monitors are added up before they are divided, each monitor weighed by the
    efficiency of its analyser, so that no analyser needs to see the whole range. The error is
    that of the counts and of the efficiencies.

    Parameters
    ----------
    patterns:
        What each analyser counted.
    efficiencies:
        From the stage's file, or found from the angles that several analysers saw.
    left_out:
        Numbers of analysers that are not used, from 0.
    scale:
        Monitor counts to which intensities are scaled.

    Raises
    ------
    InputError
        When a number is not that of an analyser, none is left, or they don't overlap.
    """
    count = len(patterns.counts)
    wrong = [n for n in left_out if not 0 <= n < count]
    if wrong:
        raise InputError(f"There is no analyser {wrong[0]}: they are 0 to {count - 1}.")
    used = ~np.isin(np.arange(count), left_out) & (patterns.monitor > 0).any(axis=1)
    if not used.any():
        raise InputError("No analyser that counted is left.")
    crystals = patterns.stage.analyzers
    efficiency = np.array([a.efficiency for a in crystals])
    error = np.array([a.efficiency_error for a in crystals])
    if efficiencies == "from where they overlap":
        efficiency, error = overlap_efficiencies(patterns, used)
    pattern = patterns.merged(efficiency, error, scale, used)
    pattern.settings.update(
        scans=", ".join(patterns.scans),
        scale=scale,
        efficiencies=", ".join(f"{e:.6g}" for e in np.where(used, efficiency, 0)),
    )
    return pattern


def overlap_efficiencies(
    patterns: AnalyzerPatterns, used: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Efficiency of each analyser that is used, and its error, from what they saw in common.

    The efficiencies that make the counts most probable for one pattern seen by all; their
    mean is 1.

    Raises
    ------
    InputError
        When not every analyser shares angles with the others.
    """
    seen = (patterns.monitor > 0) & used[:, None]
    common = seen.sum(axis=0) > 1
    counts = np.where(seen, patterns.counts, 0)[:, common]
    monitor = np.where(seen, patterns.monitor, 0)[:, common]
    if not _linked(seen[used][:, common]) or (counts[used].sum(axis=1) == 0).any():
        raise InputError(
            "The analysers saw no angles in common with counts: take the stage's efficiencies."
        )
    efficiency = np.ones(len(counts))
    for _ in range(500):
        profile = counts.sum(axis=0) / (efficiency[:, None] * monitor).sum(axis=0)
        new = np.where(used, counts.sum(axis=1) / np.maximum(monitor @ profile, 1e-300), 1.0)
        new[used] /= new[used].mean()
        change = np.abs(new - efficiency).max()
        efficiency = new
        if change < 1e-9:
            break
    relative = 1 / np.sqrt(np.maximum(counts.sum(axis=1), 1))
    return efficiency, np.where(used, efficiency * relative, 0.0)


def _linked(seen: NDArray[np.bool_]) -> bool:
    """Whether every analyser can be compared with every other, if only by way of others."""
    reached = np.arange(len(seen)) == 0
    for _ in seen:
        reached = (seen & seen[reached].any(axis=0)).any(axis=1)
        if not reached.any():
            return False
    return bool(reached.all())
