"""Removing the background of EXAFS."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from .. import larch
from ..kernels.autobk import SHORTEST, Autobk, Plan
from ..kernels.constants import k_grid, wavenumber
from ..kernels.windows import Window
from ..spectra import check_usable, extents, new_problems
from .blocks import blocks_of, with_e0
from .exafs import Exafs
from .normalised import Normalised
from .presets import Preset, filled

_Auto = "by the defaults"


@task(title="Remove background", output="exafs", requires="spectroscopy")
def remove_background(
    normalised: Normalised,
    *,
    preset: Preset = "larch",
    rbkg: Annotated[float, Param(gt=0, le=6, unit="Å", label="Rbkg")] = 1.0,
    kweight: Annotated[float | None, Param(ge=0, le=5, label="k weight", auto=_Auto)] = None,
    kmin: Annotated[float, Param(ge=0, unit="Å⁻¹", label="From k", group="Range")] = 0.0,
    kmax: Annotated[
        float | None, Param(gt=0, unit="Å⁻¹", label="to k", auto="all", group="Range")
    ] = None,
    clamp_lo: Annotated[
        float | None, Param(ge=0, auto=_Auto, label="At low k", group="Clamps")
    ] = None,
    clamp_hi: Annotated[
        float | None, Param(ge=0, auto=_Auto, label="At high k", group="Clamps")
    ] = None,
    nclamp: Annotated[
        int | None, Param(ge=0, le=100, auto=_Auto, label="Points", group="Clamps", more=True)
    ] = None,
    dk: Annotated[
        float | None,
        Param(ge=0, unit="Å⁻¹", label="Width", auto=_Auto, group="Window", more=True),
    ] = None,
    window: Annotated[Window, Param(group="Window", more=True)] = "hanning",
    nknots: Annotated[
        int | None, Param(ge=5, le=128, label="Knots", auto="by Rbkg", group="Window", more=True)
    ] = None,
    engine: Annotated[
        Literal["beamcanvas", "larch"],
        Param(
            label="Computed by",
            group="Window",
            more=True,
            words={"larch": "xraylarch"},
        ),
    ] = "beamcanvas",
    progress: Progress = SILENT,
) -> Exafs:
    """Take off the smooth background and give chi(k).

    The AUTOBK way of Newville et al. (Phys. Rev. B 47 (1993) 14126): a spline in k such that
    nothing is left in chi(R) below Rbkg. Without a clamp at low k the numbers are those of
    ``autobk`` of xraylarch to a millionth; with one, xraylarch stops a little before the
    minimum.

    Parameters
    ----------
    normalised:
        Spectra with their E0 and edge step.
    preset:
        Whose defaults fill what is left open.
    rbkg:
        Distance below which chi(R) is background: below the first neighbour.
    kweight:
        Power of k with which low R is judged.
    kmin:
        Beginning of the range that is used.
    kmax:
        End of that range.
    clamp_lo:
        How strongly chi(k) is pulled to zero at its first points.
    clamp_hi:
        And at its last points. Athena's words: slight 3, weak 6, medium 12, strong 24, rigid 96.
    nclamp:
        How many points at each end.
    dk:
        Width of the window's ends.
    window:
        Window of the transform to R.
    nknots:
        Number of knots of the spline.
    engine:
        What computes it. xraylarch takes some 300 times as long.

    Raises
    ------
    InputError
        When the range is empty or no spectrum has EXAFS.
    """
    found = filled(
        "background",
        preset,
        kweight=kweight,
        clamp_lo=clamp_lo,
        clamp_hi=clamp_hi,
        nclamp=nclamp,
        dk=dk,
    )
    if kmax is not None and kmax - kmin < SHORTEST:
        raise InputError(
            f"The range in k should be {SHORTEST:g} Å⁻¹ long at least: it is {kmin:g} to {kmax:g}."
        )
    way = Autobk(
        rbkg=rbkg,
        kmin=kmin,
        kmax=np.inf if kmax is None else kmax,
        window=window,
        nknots=nknots,
        **found,
    )
    spectra, problems = normalised.spectra, dict(normalised.problems)
    limits, _ = extents(spectra.mu)
    blocks = []
    for key, members in with_e0(limits, normalised.e0, problems):
        e0, _, high = key
        reach = float(wavenumber(spectra.energy[int(high) - 1] - e0))
        if reach - kmin < SHORTEST:
            need = f"EXAFS needs {kmin + SHORTEST:g} Å⁻¹ at least"
            waiting = f"waiting for k = {kmin + SHORTEST:g} Å⁻¹."
            why = waiting if spectra.growing else f"it ends at k = {reach:.1f} Å⁻¹: {need}."
            problems.update(dict.fromkeys(map(int, members), why))
        else:
            blocks.append((key, members))
    check_usable(problems, spectra)
    points, splines, done = 1, 1, 0
    results = []
    total = sum(len(members) for _, members in blocks)
    for key, members in blocks:
        plan = None
        for e0, span, rows in blocks_of(key, members):
            plan = plan or Plan(spectra.energy[span], e0, way)
            progress(done / total, "Removing the background")
            mu = spectra.mu[rows, span]
            made = (
                plan(mu)
                if engine == "beamcanvas"
                else larch.autobk(spectra.energy[span], mu, e0, way)
            )
            results.append((rows, made))
            points = max(points, len(made.k))
            splines = max(splines, made.coefficients.shape[1])
            done += len(rows)
    chi = np.full((len(spectra), points), np.nan)
    coefficients = np.full((len(spectra), splines), np.nan)
    knots = np.full((len(spectra), splines + 4), np.nan)
    for rows, made in results:
        chi[rows, : len(made.k)] = made.chi / normalised.edge_step[rows][:, np.newaxis]
        coefficients[rows, : made.coefficients.shape[1]] = made.coefficients
        knots[rows, : len(made.knots)] = made.knots
    problems = dict(sorted(problems.items()))
    return Exafs(
        normalised=normalised,
        k=k_grid(points),
        chi=chi,
        knots=knots,
        coefficients=coefficients,
        settings={
            "preset": preset,
            "rbkg": rbkg,
            "kmin": kmin,
            "kmax": kmax,
            **found,
            "window": window,
            "nknots": nknots,
            "engine": engine,
        },
        problems=problems,
        warnings=new_problems(problems, normalised.problems, spectra),
    )
