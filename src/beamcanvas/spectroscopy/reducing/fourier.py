"""Fourier transforms of EXAFS: chi(k) to chi(R), and a range of it back."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..kernels.constants import KSTEP
from ..kernels.fourier import backward, forward, k_window, r_window
from ..kernels.windows import Window
from ..spectra import check_usable, new_problems
from .exafs import Exafs
from .presets import Preset, filled
from .transforms import BackTransform, FourierTransform

_Auto = "by the defaults"

#: while a spectrum grows: the k that it must reach, Å⁻¹, and how far from its end is used
REACH, MARGIN = 6.0, 1.0


@task(title="Fourier transform", output="fourier", requires="spectroscopy")
def fourier_transform(
    exafs: Exafs,
    *,
    preset: Preset = "larch",
    kweight: Annotated[float | None, Param(ge=0, le=5, label="k weight", auto=_Auto)] = None,
    kmin: Annotated[
        float | None, Param(ge=0, unit="Å⁻¹", label="From k", auto=_Auto, group="Range")
    ] = None,
    kmax: Annotated[
        float | None, Param(unit="Å⁻¹", label="to k", auto=_Auto, group="Range")
    ] = None,
    window: Annotated[Window | None, Param(auto=_Auto, group="Window")] = None,
    dk: Annotated[
        float | None, Param(ge=0, unit="Å⁻¹", label="Width", auto=_Auto, group="Window")
    ] = None,
    dk2: Annotated[
        float | None,
        Param(ge=0, unit="Å⁻¹", label="at the end", auto="the same", group="Window", more=True),
    ] = None,
    rmax: Annotated[float, Param(gt=0, le=30, unit="Å", label="Up to R", more=True)] = 10.0,
    progress: Progress = SILENT,
) -> FourierTransform:
    """Transform chi(k) into chi(R).

    Numbers are those of ``xftf`` of xraylarch. R is not corrected for the phase: it lies some
    0.3 to 0.5 Å below the distance of the atoms.

    Parameters
    ----------
    exafs:
        chi(k).
    preset:
        Whose defaults fill what is left open.
    kweight:
        Power of k by which chi(k) is multiplied.
    kmin:
        Beginning of the range.
    kmax:
        End of the range. A negative number is counted from the end of the data.
    window:
        What makes the range begin and end softly.
    dk:
        Over which width.
    dk2:
        Over which width at the end of the range.
    rmax:
        How far chi(R) is given.

    Raises
    ------
    InputError
        When the range is empty or there is no chi(k) in it.
    """
    found = filled("fourier", preset, kweight=kweight, kmin=kmin, kmax=kmax, dk=dk, window=window)
    spectra, problems = exafs.spectra, dict(exafs.problems)
    low, high, dk = float(found["kmin"]), float(found["kmax"]), float(found["dk"])
    dk2 = dk if dk2 is None else dk2
    if 0 <= high <= low:
        raise InputError(f"The range in k is empty: from {low:g} to {high:g} Å⁻¹.")
    points = np.isfinite(exafs.chi).sum(axis=1)
    chir, shown = None, np.zeros(len(exafs.k))
    resolved = high
    r = np.empty(0)
    for count in np.unique(points):
        members = np.array([m for m in np.flatnonzero(points == count) if int(m) not in problems])
        if not len(members):
            continue
        end = KSTEP * (int(count) - 1)
        stop = end + high if high < 0 else min(high, end)
        if spectra.growing:
            stop = min(stop, end - MARGIN)
        if spectra.growing and end < REACH:
            why = f"waiting for k = {REACH:g} Å⁻¹."
            problems.update(dict.fromkeys(map(int, members), why))
            continue
        if stop - low < 1:
            why = f"its χ(k) ends at {end:.1f} Å⁻¹: nothing is left from {low:g} to {stop:.1f}."
            problems.update(dict.fromkeys(map(int, members), why))
            continue
        # larch keeps a range that ends beyond the data, which moves the window's end
        top = stop if high < 0 or spectra.growing else high
        taper = k_window(int(count), low, top, dk, dk2, found["window"])
        weight = exafs.k[:count] ** found["kweight"] * taper
        progress(None, "Transforming")
        r, transformed = forward(exafs.chi[members, :count], weight, rmax)
        if chir is None:
            chir = np.full((len(spectra), len(r)), np.nan + 0j)
            shown[:count], resolved = taper, top
        chir[members] = transformed
    check_usable(problems, spectra)
    if chir is None:
        r, chir = forward(np.zeros((len(spectra), 2)), np.ones(2), rmax)
        chir[:] = np.nan
    problems = dict(sorted(problems.items()))
    return FourierTransform(
        exafs=exafs,
        r=r,
        chi=chir,
        window=shown,
        settings={
            "preset": preset,
            "kweight": found["kweight"],
            "kmin": low,
            "kmax": resolved,
            "window": found["window"],
            "dk": dk,
            "dk2": dk2,
        },
        problems=problems,
        warnings=new_problems(problems, exafs.problems, spectra),
    )


@task(title="Back transform", output="back", requires="spectroscopy")
def back_transform(
    fourier: FourierTransform,
    *,
    rmin: Annotated[float, Param(ge=0, unit="Å", label="From R", group="Range")] = 1.0,
    rmax: Annotated[float, Param(gt=0, unit="Å", label="to R", group="Range")] = 3.0,
    window: Annotated[Window, Param(group="Window")] = "hanning",
    dr: Annotated[float, Param(ge=0, unit="Å", label="Width", group="Window")] = 0.2,
    qmax: Annotated[float, Param(gt=0, le=50, unit="Å⁻¹", label="Up to q", more=True)] = 20.0,
) -> BackTransform:
    """Transform a range of chi(R) back: what these distances contribute to chi(k).

    Numbers are those of ``xftr`` of xraylarch.

    Parameters
    ----------
    fourier:
        chi(R).
    rmin:
        Beginning of the range.
    rmax:
        End of the range.
    window:
        What makes the range begin and end softly.
    dr:
        Over which width.
    qmax:
        How far chi(q) is given.

    Raises
    ------
    InputError
        When the range is empty or lies outside of chi(R).
    """
    if rmin >= rmax:
        raise InputError(f"The range in R is empty: from {rmin:g} to {rmax:g} Å.")
    if rmin >= fourier.r[-1]:
        raise InputError(f"χ(R) ends at {fourier.r[-1]:.1f} Å, before the range begins.")
    taper = r_window(len(fourier.r), rmin, rmax, dr, window)
    q, chi = backward(fourier.chi, taper, qmax)
    return BackTransform(
        fourier=fourier,
        q=q,
        chi=chi,
        window=taper,
        settings={"rmin": rmin, "rmax": rmax, "window": window, "dr": dr},
        problems=fourier.problems,
    )
