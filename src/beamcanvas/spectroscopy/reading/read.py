"""Reading spectra from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.file import is_hdf5
from ...task import SILENT, Param, Progress, task
from ..spectra import Spectra, new_problems
from .assemble import athena_spectrum, spectra_of
from .athena_file import content, is_project, read_groups
from .columns import read_columns, read_text
from .hdf5 import read_hdf5
from .join import as_map, joined
from .roles import Mode, roles_of
from .table import Table
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
        for file in progress.each([Path(file) for file in files], "Reading")
    ]
    whole = joined(found)
    if shape is not None:
        whole = as_map(whole, shape)
    told = new_problems(whole.problems, {}, whole)
    return replace(whole, warnings=(*whole.warnings, *told))


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
    if "real[2*phc]" in text[:4000]:
        raise InputError(
            f"{file.name} is a scattering path of Feff, no spectrum: give it to 'Fit a shell'."
        )
    if is_xdi(file, text):
        return replace(read_xdi(file, text), growing=growing)
    if scan is not None and not scan.isdigit():
        raise InputError(f"{file.name}: a scan of a SPEC file is a number, not '{scan}'.")
    return replace(read_columns(file, text, None if scan is None else int(scan)), growing=growing)


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
