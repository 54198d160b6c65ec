"""Wavelet transform of EXAFS: which distance contributes at which k."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..kernels.wavelet import cauchy
from .exafs import Exafs
from .transforms import WaveletTransform


@task(title="Wavelet transform", output="wavelet", requires="spectroscopy")
def wavelet_transform(
    exafs: Exafs,
    *,
    kweight: Annotated[float, Param(ge=0, le=5, label="k weight")] = 2.0,
    rmax: Annotated[float, Param(gt=0, le=20, unit="Å", label="Up to R")] = 6.0,
    number: Annotated[int | None, Param(ge=0, label="Spectrum", auto="the first good one")] = None,
) -> WaveletTransform:
    """Transform chi(k) of one spectrum into a picture over k and R.

    Neighbours at like distances, that chi(R) shows as one peak, are told apart by the k at
    which they scatter: heavy ones at high k. Cauchy wavelets, after Munoz, Argoul & Farges
    (Am. Mineral. 88 (2003) 694).

    Parameters
    ----------
    exafs:
        chi(k).
    kweight:
        Power of k by which chi(k) is multiplied.
    rmax:
        How far in R.
    number:
        Which spectrum, from 0, when there are several.

    Raises
    ------
    InputError
        When there is no such spectrum, or it has no chi(k).
    """
    if number is None:
        number = next((i for i in range(len(exafs)) if i not in exafs.problems), 0)
    if number >= len(exafs):
        raise InputError(f"There is no spectrum {number}: there are {len(exafs)}, from 0.")
    if number in exafs.problems:
        raise InputError(f"{exafs.spectra.name(number)}: {exafs.problems[number]}")
    points = int(np.isfinite(exafs.chi[number]).sum())
    k = exafs.k[:points]
    r, values = cauchy(exafs.chi[number, :points] * k**kweight, rmax)
    return WaveletTransform(
        exafs=exafs,
        number=number,
        k=k,
        r=r,
        values=values,
        settings={"kweight": kweight, "rmax": rmax},
    )
