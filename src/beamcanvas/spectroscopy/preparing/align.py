"""Energies that agree: calibration by a foil, alignment of repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..edges import edge_energy, nearest_edge
from ..kernels.constants import Array
from ..kernels.e0 import FEWEST, steepest
from ..reading.tidy import onto
from ..spectra import Spectra


class Shifted(NamedTuple):
    """Spectra on energies that were moved, and by how much."""

    spectra: Spectra
    shifts: Array  #: (spectra,) eV, added to the energies


@task(title="Calibrate energy", requires="spectroscopy")
def calibrate_energy(
    spectra: Spectra,
    *,
    by: Annotated[
        Literal["reference", "spectrum", "shift"],
        Param(
            words={
                "reference": "the foil behind the sample",
                "spectrum": "the spectrum itself",
                "shift": "a shift",
            }
        ),
    ] = "reference",
    to: Annotated[
        float | None, Param(gt=0, unit="eV", label="Its E0 is at", auto="the tabulated edge")
    ] = None,
    shift: Annotated[float, Param(unit="eV", label="Shift by")] = 0.0,
) -> Shifted:
    """Move all energies by one amount, so that a known edge is where it belongs.

    Parameters
    ----------
    spectra:
        mu(E), with that of a foil if it calibrates.
    by:
        Whose edge is known.
    to:
        Energy of its steepest rise.
    shift:
        What to add to the energies, when they are moved by hand.

    Raises
    ------
    InputError
        When there is no foil, or no edge is known near its E0.
    """
    moved = shift
    if by != "shift" and not (spectra.growing and len(spectra.energy) < FEWEST):
        found = _e0(spectra, by)
        if to is None:
            element, edge = (spectra.element, spectra.edge) if spectra.edge else nearest_edge(found)
            if not element:
                raise InputError(f"No edge is known near {found:.1f} eV: say where it should be.")
            to = edge_energy(element, edge)
        moved = to - found
    return Shifted(
        replace(spectra, energy=spectra.energy + moved), np.full(len(spectra), float(moved))
    )


def _e0(spectra: Spectra, by: str) -> float:
    if by == "reference":
        if spectra.reference is None:
            raise InputError("These spectra have no foil behind the sample: calibrate otherwise.")
        values = spectra.reference
    else:
        values = spectra.mu[[i for i in range(len(spectra)) if i not in spectra.problems]]
    good = np.isfinite(values).all(axis=0) if len(values) else np.zeros(0, bool)
    if good.sum() < FEWEST:
        raise InputError("Too few points to find an edge in: the energies can't be calibrated.")
    return float(steepest(spectra.energy[good], values[:, good].mean(axis=0, keepdims=True))[0])


@task(title="Align", requires="spectroscopy")
def align_spectra(
    spectra: Spectra,
    *,
    by: Annotated[
        Literal["reference", "spectrum"],
        Param(
            words={"reference": "the foil behind the sample", "spectrum": "the spectra themselves"}
        ),
    ] = "spectrum",
    to: Annotated[int, Param(ge=0, label="To spectrum")] = 0,
    below: Annotated[float, Param(unit="eV", label="From E0 +", group="Range", more=True)] = -15.0,
    above: Annotated[float, Param(unit="eV", label="to E0 +", group="Range", more=True)] = 35.0,
    progress: Progress = SILENT,
) -> Shifted:
    """Move each spectrum so that its edge lies on that of one of them.

    The derivatives around the edge are compared; each spectrum is then brought back onto the
    common energies by a cubic spline.

    Parameters
    ----------
    spectra:
        A series.
    by:
        Whose edges are compared.
    to:
        Number of the spectrum that stays where it is.
    below:
        Beginning of the range that is compared.
    above:
        End of that range.

    Raises
    ------
    InputError
        When there is no such spectrum, or nothing to compare.
    """
    compared = spectra.mu
    if by == "reference":
        if spectra.reference is None or len(spectra.reference) != len(spectra):
            raise InputError("Not each of these spectra has a foil behind the sample.")
        compared = spectra.reference
    if to >= len(spectra):
        raise InputError(f"There is no spectrum {to}: there are {len(spectra)}, from 0.")
    if to in spectra.problems:
        raise InputError(f"{spectra.name(to)}: {spectra.problems[to]}")
    standard, energy = compared[to], spectra.energy
    good = np.isfinite(standard)
    e0 = float(steepest(energy[good], standard[np.newaxis, good])[0])
    near = good & (energy >= e0 + below) & (energy <= e0 + above)
    if near.sum() < 5:
        raise InputError(
            f"There are {int(near.sum())} points around the edge: too few to align by."
        )
    shifts = np.zeros(len(spectra))
    mu = spectra.mu.copy()
    reference = None if spectra.reference is None else spectra.reference.copy()
    problems = dict(spectra.problems)
    for number in progress.each(range(len(spectra)), "Aligning"):
        if number == to or number in problems:
            continue
        inside = np.isfinite(compared[number])
        own = energy[inside]
        if len(own) < FEWEST or own[0] > energy[near][0] or own[-1] < energy[near][-1]:
            problems[number] = "it has no points around the edge to align by."
            continue
        shift = _shift(own, compared[number, inside], energy[near], energy[good], standard[good])
        shifts[number] = shift
        kept = np.isfinite(mu[number])
        mu[number] = onto(energy, energy[kept] + shift, mu[number, kept])
        if reference is not None and len(reference) == len(spectra):
            kept = np.isfinite(reference[number])
            reference[number] = onto(energy, energy[kept] + shift, reference[number, kept])
    return Shifted(
        replace(spectra, mu=mu, reference=reference, problems=problems),
        shifts,
    )


def _shift(own: Array, values: Array, at: Array, energy: Array, standard: Array) -> float:
    """eV to add to `own` so that the derivative there is a multiple of the standard's."""
    from scipy.interpolate import CubicSpline
    from scipy.optimize import least_squares

    slope = CubicSpline(own, np.gradient(values, own))
    wanted = CubicSpline(energy, np.gradient(standard, energy))(at)
    first = float(steepest(energy, standard[np.newaxis])[0] - steepest(own, values[np.newaxis])[0])

    def distance(parameters: Array) -> Array:
        shift, scale = parameters
        return np.asarray(scale * slope(at - shift) - wanted)

    scale = float(np.abs(wanted).max() / max(np.abs(slope(at - first)).max(), 1e-300))
    return float(least_squares(distance, [first, scale], x_scale=[0.1, scale], xtol=1e-12).x[0])
