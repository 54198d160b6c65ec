"""Reading spectra from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.file import is_hdf5
from ...task import SILENT, Param, Progress, task
from ..edges import EDGES, elements
from ..spectra import Array, Spectra
from .athena_file import content, is_project, read_groups
from .columns import read_columns, read_text
from .expression import evaluate, names_in
from .hdf5 import read_hdf5
from .roles import ALL, Mode, Roles, roles_of
from .table import Table
from .tidy import SMALLEST, Ramp, in_ev, onto, ramps, tidied
from .xdi import is_xdi, read_xdi

FILTER = (
    "Spectra (*.xdi *.xmu *.dat *.txt *.csv *.fio *.prj *.h5 *.hdf5 *.nxs *.res *.0*);;"
    "All files (*)"
)


@task(title="Read spectra", output="spectra", requires="spectroscopy")
def read_spectra(
    files: Annotated[list[Path], Param(path="open", filter=FILTER)],
    *,
    energy: Annotated[str | None, Param(auto="guessed", group="Columns")] = None,
    mu: Annotated[str | None, Param(auto="guessed", label="µ", group="Columns")] = None,
    reference: Annotated[
        str | None, Param(auto="guessed", label="µ of the foil", group="Columns")
    ] = None,
    mode: Annotated[
        Mode | None, Param(auto="as the columns are", label="Measured in", group="Columns")
    ] = None,
    scan: Annotated[str | None, Param(auto="the first", label="Scan, or path in the file")] = None,
    shape: Annotated[
        tuple[int, int] | None,
        Param(auto="no map", label="Map of rows, columns", group="Map", more=True),
    ] = None,
    energy_unit: Annotated[
        Literal["eV", "keV", "deg", "mdeg"] | None,
        Param(auto="as the file says", group="Energy", more=True),
    ] = None,
    d_spacing: Annotated[
        float | None,
        Param(
            gt=0, unit="Å", auto="of the file", label="d of the crystal", group="Energy", more=True
        ),
    ] = None,
    trim: Annotated[
        int, Param(ge=0, label="Points to drop at each end", group="Energy", more=True)
    ] = 0,
    growing: Annotated[bool, Param(label="Still being measured", more=True)] = False,
    progress: Progress = SILENT,
) -> Spectra:
    """Read mu(E) from one file or from many.

    XDI, columns of text as beamlines write them (.xmu, .dat, .fio, SPEC, ...), Athena
    projects, scans of bliss, NXxas. A scan that goes up and down is split into its passes.
    Spectra on different energies are brought onto those of the first, by a cubic spline.

    Parameters
    ----------
    files:
        Files to read.
    energy:
        Column of the energy.
    mu:
        Column of the absorption, or arithmetic on columns: ln(i0 / it), (d1 + d2) / i0.
        Names with blanks stand between backticks; col3 is the third column. With the word
        "all", each column is a spectrum.
    reference:
        The same for the foil behind the sample, by which energies are calibrated.
    mode:
        Which columns to prefer when both ways were measured.
    scan:
        Number of the scan in a SPEC file, group in an HDF5 file ("3.1"), label of a group in
        an Athena project.
    shape:
        Rows and columns, when the spectra are a map.
    energy_unit:
        When the file does not say or says it wrong. Angles are those of the monochromator.
    d_spacing:
        Lattice spacing of the monochromator, for angles.
    trim:
        Points that are dropped at the beginning and the end of each pass.
    growing:
        What is there is read, the rest is waited for. Following a file sets it.

    Raises
    ------
    InputError
        When a file can't be read or its columns can't be told.
    """
    if not files:
        raise InputError("Choose at least one file with spectra.")
    how = _How(energy, mu, reference, mode, scan, energy_unit, d_spacing, trim)
    found = [
        _so_far(file, how) if growing else _read(file, how)
        for file in progress.each(files, "Reading")
    ]
    whole = joined(found)
    return _as_map(whole, shape) if shape is not None else whole


class _How(NamedTuple):
    """What a person said of the files."""

    energy: str | None
    mu: str | None
    reference: str | None
    mode: Mode | None
    scan: str | None
    energy_unit: str | None
    d_spacing: float | None
    trim: int


def _read(file: Path, how: _How, growing: bool = False) -> Spectra:
    if not is_hdf5(file) and file.suffix.lower() in (".prj", ".gz") and is_project(content(file)):
        return _from_athena(file, how.scan)
    table = _table(file, how.scan, growing)
    table = replace(
        table,
        energy_unit=how.energy_unit or table.energy_unit,
        d_spacing=how.d_spacing or table.d_spacing,
    )
    roles = roles_of(table, how.energy, how.mu, how.reference, how.mode)
    found = spectra_of(table, roles, how.trim)
    if growing or not table.growing:
        return replace(found, growing=growing and table.growing)
    unfinished = f"{table.name}: the scan was not finished."
    return replace(found, growing=False, warnings=(*found.warnings, unfinished))


def _so_far(file: Path, how: _How) -> Spectra:
    """What there is of a file that is being written; nothing, where it can't be read yet."""
    try:
        return _read(file, how, growing=True)
    except InputError as error:
        nothing = np.empty(0)
        return Spectra(
            energy=nothing,
            mu=nothing[np.newaxis],
            names=(file.name,),
            problems={0: f"waiting for points: {error}"},
            source=file.name,
            growing=True,
        )


def _table(file: Path, scan: str | None, growing: bool = False) -> Table:
    if is_hdf5(file):
        return read_hdf5(file, scan)
    text = read_text(file)
    if growing:  # the last line may not be whole
        text = text[: text.rfind("\n") + 1]
    if is_xdi(file, text):
        return replace(read_xdi(file, text), growing=growing)
    if scan is not None and not scan.isdigit():
        raise InputError(f"{file.name}: a scan of a SPEC file is a number, not '{scan}'.")
    return replace(read_columns(file, text, None if scan is None else int(scan)), growing=growing)


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


def joined(parts: Sequence[Spectra]) -> Spectra:
    """Several as one series, on the energies of the first that has them."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    grid = first.energy
    mu: list[Array] = []
    references: list[Array] = []
    names: list[str] = []
    problems: dict[int, str] = {}
    warnings: list[str] = []
    moved = 0
    for part in parts:
        same = len(part.energy) == len(grid) and np.abs(part.energy - grid).max() < SMALLEST
        moved += not same
        offset = sum(len(m) for m in mu)
        problems |= {offset + n: why for n, why in part.problems.items()}
        values = part.mu if same else onto(grid, part.energy, part.mu)
        for n in np.flatnonzero(~np.isfinite(values).any(axis=1)):
            span = f"{part.energy[0]:.0f}–{part.energy[-1]:.0f} eV"
            problems.setdefault(offset + int(n), f"its energies, {span}, are others altogether.")
        mu.append(values)
        names += [part.name(n) for n in range(len(part))]
        warnings += part.warnings
        if part.reference is not None:
            behind = part.reference if same else onto(grid, part.energy, part.reference)
            references.append(np.broadcast_to(behind, values.shape))
    if moved:
        warnings.append(
            f"{moved} of {len(parts)} spectra are on energies of their own: "
            f"they were interpolated to those of {first.name(0)}."
        )
    every = {(part.element, part.edge) for part in parts}
    return Spectra(
        energy=grid,
        mu=np.concatenate(mu),
        shape=(sum(len(m) for m in mu),),
        names=tuple(names),
        reference=np.concatenate(references) if len(references) == len(parts) else None,
        element=first.element if len(every) == 1 else "",
        edge=first.edge if len(every) == 1 else "",
        problems=problems,
        source=f"{first.source} and {len(parts) - 1} more" if first.source else "",
        notes=first.notes,
        warnings=tuple(dict.fromkeys(warnings)),
        growing=parts[-1].growing,
    )


def _as_map(spectra: Spectra, shape: tuple[int, int]) -> Spectra:
    rows, columns = shape
    if rows * columns != len(spectra):
        raise InputError(
            f"A map of {rows} × {columns} has {rows * columns} spectra; {len(spectra)} were read."
        )
    return replace(spectra, shape=(rows, columns), names=())


def _from_athena(file: Path, label: str | None) -> Spectra:
    groups = [g for g in read_groups(file) if g.is_mu]
    if label is not None:
        chosen = [g for g in groups if g.label == label]
        if not chosen:
            there = ", ".join(f"'{g.label}'" for g in groups[:12])
            raise InputError(f"{file.name} has no group '{label}'. It has {there}.")
        groups = chosen
    if not groups:
        raise InputError(f"{file.name} has no group of mu(E).")
    return joined([athena_spectrum(file, group) for group in groups])


def athena_spectrum(file: Path, group: Any) -> Spectra:
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
