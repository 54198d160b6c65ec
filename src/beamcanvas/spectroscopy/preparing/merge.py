"""Repeats of a measurement become one spectrum."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..spectra import Spectra


@task(title="Merge", output="spectra", requires="spectroscopy")
def merge_spectra(
    spectra: Spectra,
    *,
    every: Annotated[int | None, Param(ge=2, label="Spectra at a time", auto="all of them")] = None,
    reject: Annotated[
        float | None,
        Param(gt=0, label="Leave out beyond", unit="sigma", auto="none", more=True),
    ] = None,
) -> Spectra:
    """Take the mean of repeated measurements, over the energies that all have.

    Spectra with a problem are left out and named.

    Parameters
    ----------
    spectra:
        Repeats, one after the other. Align them first where their energies have moved.
    every:
        How many belong together: 3 makes 4 spectra of 12.
    reject:
        Leave out a spectrum whose distance from the median is so many times the usual one.

    Raises
    ------
    InputError
        When no spectrum can be used, or they can't be divided like that.
    """
    size = len(spectra) if every is None else every
    if len(spectra) % size:
        raise InputError(f"{len(spectra)} spectra can't be divided into groups of {size}.")
    usable = [i not in spectra.problems for i in range(len(spectra))]
    merged, names, behind = [], [], []
    problems, warnings = {}, list(spectra.warnings)
    for number, start in enumerate(range(0, len(spectra), size)):
        members = np.array([i for i in range(start, start + size) if usable[i]], dtype=np.intp)
        names.append(f"mean of {size} from {spectra.name(start)}")
        if not len(members):
            merged.append(np.full(len(spectra.energy), np.nan))
            problems[number] = "none of its repeats can be used."
            continue
        kept = members if reject is None else _without_outliers(spectra, members, reject)
        if len(kept) < size:
            left = ", ".join(spectra.name(i) for i in range(start, start + size) if i not in kept)
            warnings.append(f"Left out of the mean: {left}.")
        merged.append(spectra.mu[kept].mean(axis=0))
        if spectra.reference is not None:
            whole = len(spectra.reference) == len(spectra)
            behind.append(spectra.reference[kept if whole else [0]].mean(axis=0))
    if len(problems) == len(merged):
        raise InputError("None of the spectra can be used: there is nothing to merge.")
    return replace(
        spectra,
        mu=np.array(merged),
        shape=(len(merged),) if len(merged) > 1 else (),
        names=tuple(names),
        reference=np.array(behind) if len(behind) == len(merged) else None,
        problems=problems,
        warnings=tuple(warnings),
    )


def _without_outliers(spectra: Spectra, members: np.ndarray, reject: float) -> np.ndarray:
    mu = spectra.mu[members]
    with np.errstate(invalid="ignore"):
        distance = np.nanmean(np.abs(mu - np.nanmedian(mu, axis=0)), axis=1)
    usual = float(np.median(distance))
    return members[distance <= usual * (1 + reject)] if usual > 0 else members
