"""Over-absorption: the damping of fluorescence from thick, concentrated samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..edges import nearest_edge
from ..reducing.normalised import Normalised
from ..spectra import Spectra


@task(title="Correct over-absorption", output="spectra", requires="spectroscopy")
def correct_over_absorption(
    normalised: Normalised,
    *,
    formula: Annotated[str, Param(label="Formula of the sample")],
    element: Annotated[str | None, Param(auto="of the file, or by E0")] = None,
    edge: Annotated[
        Literal["K", "L1", "L2", "L3"] | None, Param(auto="of the file, or by E0")
    ] = None,
    angle_in: Annotated[float, Param(gt=0, le=90, unit="°", label="Angle of the beam")] = 45.0,
    angle_out: Annotated[float, Param(gt=0, le=90, unit="°", label="Angle of the detector")] = 45.0,
) -> Spectra:
    """Undo the damping that an infinitely thick sample's own absorption causes.

    The FLUO algorithm (D. Haskel, 1999), with the absorption of XrayDB. Normalise the result
    once more.

    Parameters
    ----------
    normalised:
        Fluorescence spectra with their edge.
    formula:
        Chemical formula of all that is in the beam: CuSO4, Fe2O3, (FeS2)0.1(SiO2)0.9.
    element:
        Symbol of the absorbing element.
    edge:
        Which of its edges.
    angle_in:
        Between the sample's surface and the beam.
    angle_out:
        Between the sample's surface and the detector.

    Raises
    ------
    InputError
        When the formula can't be read or has nothing of the element.
    """
    from xraydb import material_mu, xray_edge, xray_line
    from xraydb.chemparser import chemparse

    spectra = normalised.spectra
    if not element or not edge:
        found = (spectra.element, spectra.edge)
        if not all(found):
            found = nearest_edge(float(np.nanmedian(normalised.e0)))
        element = element or found[0]
        edge = edge or found[1]  # type: ignore[assignment]
    try:
        atoms = chemparse(formula)
    except (ValueError, TypeError, KeyError):
        raise InputError(f"'{formula}' is no chemical formula, such as CuSO4 or Fe2O3.") from None
    if element not in atoms:
        raise InputError(
            f"The formula '{formula}' has no {element or 'element'} of which the edge could be."
        )
    at = xray_edge(element, edge).energy
    line = xray_line(element, {"K": "Ka", "L3": "La", "L2": "Lb1", "L1": "Lb3"}[str(edge)]).energy
    emitted, before, after = material_mu(formula, np.array([line, at - 10, at + 10]), density=1.0)
    angles = np.sin(np.radians(angle_in)) / np.sin(np.radians(angle_out))
    alpha = (emitted * angles + before) / (after - before)
    rest = alpha + 1 - normalised.norm()
    problems = dict(normalised.problems)
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((rest <= 0).any(axis=1))
    for number in beyond:
        problems[int(number)] = "its white line is higher than such a sample can give."
    mu = spectra.mu * alpha / np.where(rest > 0, rest, np.nan)
    return replace(
        spectra, mu=mu, problems=problems, notes={**spectra.notes, "alpha": float(alpha)}
    )
