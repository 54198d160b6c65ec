"""Scans in HDF5: as bliss writes them, NXxas, or any group of datasets over an energy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...nexus.file import is_hdf5, opened
from .table import Table

#: the counters that beamlines of the ESRF reduce by themselves
_MU = ("mu_trans", "mu", "mu_fluo")
_UNITS = {"ev": "eV", "kev": "keV", "deg": "deg", "degree": "deg", "degrees": "deg"}


@contextmanager
def looking_on(file: Path) -> Iterator[Any]:
    """The file, open for reading while another program may write it.

    Raises
    ------
    InputError
        When it can't be read.
    """
    try:
        root = _opened(file)
    except (OSError, RuntimeError) as error:
        with opened(file):  # for its sentences
            pass
        raise InputError(f"{file}: the HDF5 file can't be read: {error}.") from None
    with root:
        try:
            yield root
        except (OSError, KeyError, RuntimeError) as error:  # caught while it was written
            raise InputError(f"{file}: the HDF5 file can't be read: {error}.") from None


def _opened(file: Path) -> Any:
    import h5py

    try:
        return h5py.File(file, "r", locking=False)
    except OSError:
        if not is_hdf5(file):
            raise
        # of a writer in single-writer-multiple-reader mode
        return h5py.File(file, "r", libver="latest", swmr=True, locking=False)


def scans_in(file: Path) -> list[str]:
    """Paths of the groups that can be read, in the order of the scans."""
    with looking_on(file) as root:
        return _scans(root)


def read_hdf5(file: Path, scan: str | None) -> Table:
    """The columns of a scan.

    Parameters
    ----------
    scan:
        Path of its group: "1.1" or "entry/data"; a bare number n is n.1. The first that has
        an energy when it isn't given.

    Raises
    ------
    InputError
        When the file can't be read or has no such scan.
    """
    with looking_on(file) as root:
        there = _scans(root)
        if scan is None:
            if not there:
                raise InputError(f"{file.name}: no scan over an energy was found in it.")
            path = there[0]
        else:
            path = f"{scan}.1" if re.fullmatch(r"\d+", scan) else scan.strip("/")
            if path not in root:
                raise InputError(f"{file.name} has no scan '{scan}'. It has {_few(there)}.")
        group = root[path]
        if not hasattr(group, "keys"):
            raise InputError(f"{file.name}: '{path}' is a dataset; give the group that it is in.")
        if _text(group.get("definition")) in ("NXxas", "NXxas_trans"):
            return _nxxas(file, path, group)
        return _counters(file, path, group, root)


def _scans(root: Any) -> list[str]:
    """Entries with a measurement, NXxas entries, and groups with an energy beside others."""
    found = [
        name
        for name in root
        if hasattr(root.get(name), "keys")
        and ("measurement" in root[name] or _text(root[name].get("definition")) == "NXxas")
    ]
    found.sort(key=lambda name: [float(part) for part in re.findall(r"\d+", name)] or [0.0])
    if found:
        return found
    groups: list[str] = []

    def visit(name: str, thing: Any) -> None:
        if hasattr(thing, "keys") and "energy" in thing and len(thing) > 1:
            if getattr(thing["energy"], "ndim", 0) == 1:
                groups.append(name)

    root.visititems(visit)
    # spectra before what was computed from them
    return sorted(groups, key=lambda name: "mu" not in root[name])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (", ".join(names[:8]) + more) if names else "none"


def _text(dataset: Any) -> str:
    if dataset is None or getattr(dataset, "shape", None) != ():
        return ""
    value = dataset[()]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _nxxas(file: Path, path: str, group: Any) -> Table:
    places = {
        "energy": ("instrument/monochromator/energy", "data/energy", "monochromator/energy"),
        "i0": ("instrument/incoming_beam/data", "incoming_beam/data"),
        "absorbed": ("instrument/absorbed_beam/data", "absorbed_beam/data", "data/absorbed_beam"),
    }
    columns, unit = {}, ""
    for label, where in places.items():
        dataset = next((group[w] for w in where if w in group), None)
        if dataset is not None:
            columns[label] = np.asarray(dataset[()], dtype=float)
            if label == "energy":
                unit = _unit(dataset)
    for label in ("energy", "absorbed"):
        if label not in columns:
            what = "monochromator's energy" if label == "energy" else "absorbed beam"
            raise InputError(f"{file.name}: '{path}' says it is NXxas but has no {what}.")
    mode = _text(group.get("mode")).lower()
    mu = "absorbed"
    if "i0" in columns:
        mu = "absorbed / i0" if "fluo" in mode or "yield" in mode else "ln(i0 / absorbed)"
    return Table(
        name=f"{file.name}::{path}",
        columns=columns,
        energy="energy",
        energy_unit=unit,
        mu=mu,
        element=_text(group.get("element/symbol")),
        edge=_text(group.get("edge/name")),
        title=_text(group.get("sample/name")) or _text(group.get("title")),
        notes={"start_time": _text(group.get("start_time"))},
    )


def _counters(file: Path, path: str, group: Any, root: Any) -> Table:
    bliss = "measurement" in group
    inside = group["measurement"] if bliss else group
    columns, units = {}, {}
    for name in inside:
        dataset = inside.get(name)  # None for a link that leads nowhere
        shape = getattr(dataset, "shape", None)
        if shape and len(shape) <= 3 and dataset.dtype.kind in "iuf" and shape[0] > 0:
            columns[str(name)] = np.asarray(dataset[()], dtype=float)
            units[str(name)] = _unit(dataset)
    if not columns:
        raise InputError(f"{file.name}: '{path}' has no counters yet.")
    flat = [len(values) for values in columns.values() if values.ndim == 1]
    growing = bliss and not _text(group.get("end_time"))
    if growing and flat:  # counters are written one after the other
        columns = {n: v[: min(flat)] if v.ndim == 1 else v for n, v in columns.items()}
    energy = next(
        (n for n in ("energy_enc", "energy_cenc", "eneenc", "energy") if n in columns), ""
    )
    attributes = dict(group.attrs)
    return Table(
        name=f"{file.name}::{path}",
        columns=columns,
        energy=energy,
        energy_unit=units.get(energy, ""),
        mu=next((n for n in _MU if n in columns), ""),
        reference="mu_ref" if "mu_ref" in columns else "",
        element=str(attributes.get("element", "")),
        edge=str(attributes.get("edge", "")),
        title=_text(group.get("title")),
        notes={
            "start_time": _text(group.get("start_time")),
            "end_time": _text(group.get("end_time")),
        },
        growing=growing,
    )


def _unit(dataset: Any) -> str:
    unit = dataset.attrs.get("units", "")
    text = unit.decode() if isinstance(unit, bytes) else str(unit)
    return _UNITS.get(text.lower(), "")
