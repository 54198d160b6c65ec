"""Columns of a scan become spectra: one, one a pass, one a column, or a map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..edges import EDGES, elements
from ..spectra import Array, Spectra
from .athena_file import Group
from .expression import evaluate, names_in
from .join import joined
from .roles import ALL, Roles
from .table import Table
from .tidy import SMALLEST, Ramp, in_ev, ramps, tidied


def spectra_of(table: Table, roles: Roles, trim: int = 0) -> Spectra:
    """The spectra in a table: one, one for each pass, for each column, or a map."""
    columns, where = table.columns, table.name
    energy = np.asarray(evaluate(roles.energy, columns, where), dtype=float)
    if energy.ndim != 1:
        raise InputError(f"{where}: the energy '{roles.energy}' is not one column.")
    energy, doubt = in_ev(energy, table.energy_unit, where, table.d_spacing)
    doubts = [*table.warnings, *([doubt] if doubt else [])]
    notes = {
        **table.notes,
        "name": table.name,
        "energy": roles.energy,
        "mu": roles.mu,
        "reference": roles.reference,
        "columns": list(columns),
        "title": table.title,
    }
    common: dict[str, Any] = {
        "element": table.element,
        "edge": table.edge,
        "source": table.name,
        "notes": notes,
        "growing": table.growing,
    }
    if roles.mu == ALL:
        used = set(names_in(roles.energy)) | {roles.energy.strip("`")}
        names = [label for label in columns if label not in used]
        return _columns_as_spectra(table, energy, names, doubts, common)
    values = np.asarray(evaluate(roles.mu, columns, where), dtype=float)
    if values.ndim and not np.isfinite(values).any():
        raise InputError(
            f"{where}: '{roles.mu}' gives no number at any energy: are its columns right?"
        )
    if values.ndim == 0:
        raise InputError(f"{where}: '{roles.mu}' is a number, not a column.")
    if values.ndim > 1:
        return _map(where, energy, values, doubts, common)
    behind = None
    if roles.reference:
        behind = np.asarray(evaluate(roles.reference, columns, where), dtype=float)
    passes = ramps(energy)
    parts = [
        _one(where, ramp, energy, values, behind, trim, number if len(passes) > 1 else None)
        for number, ramp in enumerate(passes, 1)
    ]
    single = [
        Spectra(
            **common,
            energy=tidy.energy,
            mu=tidy.values[0][np.newaxis],
            names=(name,),
            reference=_usable_reference(tidy.values[1:]),
            warnings=(*doubts, *tidy.doubts) if not number else tidy.doubts,
        )
        for number, (name, tidy) in enumerate(parts)
    ]
    return joined(single) if len(single) > 1 else single[0]


def _one(
    where: str,
    ramp: Ramp,
    energy: Array,
    mu: Array,
    behind: Array | None,
    trim: int,
    number: int | None,
) -> tuple[str, Any]:
    points = slice(ramp.points.start + trim, max(ramp.points.stop - trim, ramp.points.start + trim))
    name = where if number is None else f"{where} pass {number}{' down' if ramp.downwards else ''}"
    also = () if behind is None else (behind[points],)
    if not len(energy[points]):
        raise InputError(f"{name}: no point is left after {trim} were dropped at each end.")
    return name, tidied(energy[points], mu[points], *also, where=name)


def _usable_reference(values: Sequence[Array]) -> Array | None:
    if not values or not np.isfinite(values[0]).all() or not np.ptp(values[0]) > 0:
        return None
    return values[0][np.newaxis]


def _columns_as_spectra(
    table: Table, energy: Array, names: list[str], doubts: list[str], common: dict[str, Any]
) -> Spectra:
    good = np.isfinite(energy)
    order = np.argsort(energy[good], kind="stable")
    energy = energy[good][order]
    mu = np.array([np.asarray(table.columns[n])[good][order] for n in names])
    keep = np.r_[True, np.diff(energy) >= SMALLEST]
    return Spectra(
        **common,
        energy=energy[keep],
        mu=mu[:, keep],
        shape=(len(names),),
        names=tuple(names),
        warnings=tuple(doubts),
    )


def _map(
    where: str, energy: Array, values: Array, doubts: list[str], common: dict[str, Any]
) -> Spectra:
    axes = [axis for axis, length in enumerate(values.shape) if length == len(energy)]
    if not axes:
        raise InputError(
            f"{where}: the map has the shape {' × '.join(map(str, values.shape))} but there are "
            f"{len(energy)} energies: none of its axes is the energy."
        )
    axis = axes[-1] if axes[-1] == values.ndim - 1 else axes[0]
    values = np.moveaxis(values, axis, -1)
    good = np.isfinite(energy)
    order = np.argsort(energy[good], kind="stable")
    energy = energy[good][order]
    keep = np.r_[True, np.diff(energy) >= SMALLEST]
    mu = values.reshape(-1, values.shape[-1])[:, good][:, order][:, keep]
    mu, problems = _mended(energy[keep], mu)
    return Spectra(
        **common,
        energy=energy[keep],
        mu=mu,
        shape=values.shape[:-1],
        problems=problems,
        warnings=tuple(doubts),
    )


#: so much of a spectrum in a map may be missing for it to be mended
_MENDABLE = 0.05


def _mended(energy: Array, mu: Array) -> tuple[Array, dict[int, str]]:
    """Fill a few lost points of a map's spectra; name those that are dead."""
    problems: dict[int, str] = {}
    broken = np.flatnonzero(~np.isfinite(mu.sum(axis=1)))
    if len(broken):
        mu = mu.copy()
    for number in broken:
        good = np.isfinite(mu[number])
        lost = int((~good).sum())
        if lost > _MENDABLE * len(energy):
            mu[number] = np.nan
            problems[int(number)] = f"{lost} of its {len(energy)} points are no numbers."
        else:
            mu[number, ~good] = np.interp(energy[~good], energy[good], mu[number, good])
    with np.errstate(invalid="ignore"):
        dead = np.flatnonzero(np.ptp(mu, axis=1) == 0)
    problems |= {int(n): "it is the same everywhere: a dead channel." for n in dead}
    return mu, problems


def athena_spectrum(file: Path, group: Group) -> Spectra:
    """A group of a project as a spectrum, with its energy shift."""
    shift = group.number("bkg_eshift", 0.0) or 0.0
    tidy = tidied(group.energy + shift, group.mu, where=group.label)
    element = str(group.parameters.get("bkg_z", "")).strip()
    edge = str(group.parameters.get("fft_edge", "")).strip().upper()
    known = element in elements() and edge in EDGES
    return Spectra(
        energy=tidy.energy,
        mu=tidy.values[0][np.newaxis],
        names=(group.label,),
        element=element if known else "",
        edge=edge if known else "",
        source=f"{file.name}::{group.label}",
        notes={
            **group.parameters,
            "energy": "x",
            "mu": "y",
            "reference": "",
            "columns": ["x", "y"],
        },
        warnings=tidy.doubts,
    )
