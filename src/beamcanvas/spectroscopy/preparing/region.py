"""A part of the energies, or some of the spectra."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

from ...errors import InputError
from ...task import Param, task
from ...task.validation import did_you_mean
from ..spectra import Spectra


@task(title="Energy region", output="spectra", requires="spectroscopy")
def energy_region(
    spectra: Spectra,
    *,
    e_min: Annotated[
        float | None, Param(unit="eV", label="From", auto="all", group="Energies")
    ] = None,
    e_max: Annotated[
        float | None, Param(unit="eV", label="to", auto="all", group="Energies")
    ] = None,
) -> Spectra:
    """Keep the energies of a range.

    Parameters
    ----------
    spectra:
        mu(E).
    e_min:
        First energy that is kept.
    e_max:
        Last energy that is kept.

    Raises
    ------
    InputError
        When fewer than two points are left.
    """
    energy = spectra.energy
    inside = (energy >= (energy[0] if e_min is None else e_min)) & (
        energy <= (energy[-1] if e_max is None else e_max)
    )
    if inside.sum() < 2 and not spectra.growing:
        low = "the start" if e_min is None else f"{e_min:g}"
        high = "the end" if e_max is None else f"{e_max:g}"
        raise InputError(
            f"From {low} to {high} eV there are {int(inside.sum())} points: "
            f"the data go from {energy[0]:.1f} to {energy[-1]:.1f} eV."
        )
    reference = spectra.reference
    return replace(
        spectra,
        energy=energy[inside],
        mu=spectra.mu[:, inside],
        reference=None if reference is None else reference[:, inside],
    )


@task(title="Choose spectra", output="spectra", requires="spectroscopy")
def choose_spectra(
    spectra: Spectra,
    *,
    names: Annotated[list[str], Param(label="Names or numbers")],
) -> Spectra:
    """Keep some of the spectra.

    Parameters
    ----------
    spectra:
        A series or a map.
    names:
        Names of those to keep, or numbers from 0; 2-5 is a range.

    Raises
    ------
    InputError
        When one isn't there.
    """
    known = {spectra.name(i): i for i in range(len(spectra))} if len(spectra) < 100_000 else {}
    chosen: list[int] = []
    for name in names:
        span = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", name)
        if name in known:
            chosen.append(known[name])
        elif span is not None:
            first, last = int(span[1]), int(span[2] or span[1])
            if last >= len(spectra):
                raise InputError(f"There is no spectrum {last}: there are {len(spectra)}, from 0.")
            chosen += range(first, last + 1)
        else:
            there = ", ".join(list(known)[:12])
            raise InputError(
                f"There is no spectrum '{name}'.{did_you_mean(name, known)} There is {there}."
            )
    if not chosen:
        raise InputError("Name at least one spectrum to keep.")
    return spectra.chosen(chosen)
