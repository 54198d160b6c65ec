"""Saving a reduction as NeXus: each step with its parameters, as they were resolved, and curves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ... import __version__
from ...output_file import replacing
from ...task import Param, task
from ..kernels.constants import Array
from ..spectra import Spectra
from .steps import Reduced, Steps, steps_of

_BIG = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


@task(title="Save XAS as NeXus", output="file", requires="spectroscopy")
def save_nexus(
    data: Reduced,
    *,
    file: Annotated[Path, Param(path="save", filter="NeXus (*.h5 *.nxs)")],
    existing: Annotated[
        Literal["replace", "keep"],
        Param(label="A file that is there", words={"keep": "keep it", "replace": "replace it"}),
    ] = "replace",
) -> Path:
    """Save spectra and every step of their reduction, with parameters, in one HDF5 file.

    Each step is an NXprocess with the version and the parameters as they were resolved, and
    an NXdata that silx and others plot; the layout follows NXxasproc. The spectra themselves
    are read again by *Read spectra*.

    Parameters
    ----------
    data:
        The last step; those before it are saved with it.
    file:
        File to write.
    existing:
        What to do when it is there already.

    Raises
    ------
    InputError
        When the file can't be written.
    """
    import h5py

    steps = steps_of(data)
    with replacing(file, ".h5", existing) as (path, new), h5py.File(new, "w") as root:
        _describe(root, "NXroot", "entry")
        root.attrs["creator"] = "beamcanvas"
        root.attrs["creator_version"] = __version__
        entry = _describe(root.create_group("entry"), "NXentry")
        entry["definition"] = "NXxasproc"
        entry["title"] = steps.spectra.source
        entry["end_time"] = datetime.now(UTC).isoformat(timespec="seconds")
        sample = _describe(entry.create_group("sample"), "NXsample")
        sample["name"] = str(steps.spectra.notes.get("title") or steps.spectra.source)
        written = _spectra(entry, steps.spectra)
        for write in (_normalised, _exafs, _fourier, _back):
            written = write(entry, steps) or written
        entry.attrs["default"] = written
    return path


def _describe(group: Any, nx_class: str, default: str = "") -> Any:
    group.attrs["NX_class"] = nx_class
    if default:
        group.attrs["default"] = default
    return group


def _spectra(entry: Any, spectra: Spectra) -> str:
    group = _describe(entry.create_group("spectra"), "NXdata")
    group.attrs.update(signal="mu", axes=_axes(spectra, "energy"))
    if spectra.element:
        group.attrs.update(element=spectra.element, edge=spectra.edge)
    _dataset(group, "energy", spectra.energy, "eV")
    _dataset(group, "mu", _shaped(spectra, spectra.mu))
    if spectra.reference is not None:
        whole = len(spectra.reference) == len(spectra)
        values = _shaped(spectra, spectra.reference) if whole else spectra.reference[0]
        _dataset(group, "mu_ref", values)
    if spectra.names:
        group["names"] = list(spectra.names)
    if spectra.warnings:
        group["warnings"] = list(spectra.warnings)
    return "spectra"


def _process(
    entry: Any, name: str, number: int, settings: Mapping[str, Any], problems: Mapping[int, str]
) -> Any:
    process = _describe(entry.create_group(name), "NXprocess", "data")
    process["program"] = "xraylarch" if settings.get("engine") == "larch" else "beamcanvas"
    process["version"] = __version__
    process["sequence_index"] = number
    process["date"] = datetime.now(UTC).isoformat(timespec="seconds")
    parameters = _describe(process.create_group("parameters"), "NXparameters")
    for key, value in settings.items():
        if value is not None:
            plain = isinstance(value, (str, int, float, bool))
            parameters[key] = value if plain else json.dumps(value)
    if problems:
        group = _describe(process.create_group("problems"), "NXcollection")
        group["spectrum"] = list(problems)
        group["reason"] = list(problems.values())
    return process


def _data(process: Any, spectra: Spectra, axis: str, values: Array, unit: str) -> Any:
    group = _describe(process.create_group("data"), "NXdata")
    group.attrs["axes"] = _axes(spectra, axis)
    _dataset(group, axis, values, unit)
    return group


def _normalised(entry: Any, steps: Steps) -> str:
    found = steps.normalised
    if found is None:
        return ""
    process = _process(entry, "normalise", 1, found.settings, found.problems)
    spectra = found.spectra
    for name, values, unit in (
        ("e0", found.e0, "eV"),
        ("edge_step", found.edge_step, ""),
    ):
        _dataset(process, name, _shaped(spectra, values[:, np.newaxis])[..., 0], unit)
    ranges = _describe(process.create_group("ranges"), "NXcollection")
    for key in ("pre1", "pre2", "norm1", "norm2", "npre", "nnorm"):
        ranges[key] = [getattr(r, key) for r in found.ranges]
    ranges["of_spectrum"] = found.range_of.astype(int)
    group = _data(process, spectra, "energy", found.energy, "eV")
    group.attrs.update(signal="flat", auxiliary_signals=["norm"])
    _dataset(group, "flat", _shaped(spectra, found.flat()))
    _dataset(group, "norm", _shaped(spectra, found.norm()))
    if len(spectra) == 1:  # of many they follow from the coefficients
        _dataset(group, "pre_edge", found.pre_edge(0)[0])
        _dataset(group, "post_edge", found.post_edge(0)[0])
    _dataset(process, "pre_edge_coefficients", found.pre)
    _dataset(process, "post_edge_coefficients", found.post)
    return "normalise"


def _exafs(entry: Any, steps: Steps) -> str:
    found = steps.exafs
    if found is None:
        return ""
    process = _process(entry, "remove_background", 2, found.settings, found.problems)
    group = _data(process, found.spectra, "k", found.k, "1/angstrom")
    group.attrs["signal"] = "chi"
    _dataset(group, "chi", _shaped(found.spectra, found.chi))
    if len(found.spectra) == 1:
        errors, of_background = found.uncertainty(0)
        _dataset(group, "chi_errors", errors)
    _dataset(process, "spline_knots", found.knots, "1/angstrom")
    _dataset(process, "spline_coefficients", found.coefficients)
    if len(found.spectra) == 1:
        background = _describe(process.create_group("background"), "NXdata")
        background.attrs.update(signal="mu0", axes=["energy"])
        _dataset(background, "energy", found.spectra.energy, "eV")
        _dataset(background, "mu0", found.background(0))
        _dataset(background, "mu0_errors", of_background)
    return "remove_background"


def _fourier(entry: Any, steps: Steps) -> str:
    found = steps.fourier
    if found is None:
        return ""
    process = _process(entry, "fourier_transform", 3, found.settings, found.problems)
    group = _data(process, found.spectra, "r", found.r, "angstrom")
    group.attrs.update(signal="chir_mag", auxiliary_signals=["chir_re", "chir_im"])
    for name, values in (
        ("chir_mag", found.magnitude),
        ("chir_re", found.chi.real),
        ("chir_im", found.chi.imag),
    ):
        _dataset(group, name, _shaped(found.spectra, values))
    _dataset(process, "k_window", found.window)
    return "fourier_transform"


def _back(entry: Any, steps: Steps) -> str:
    found = steps.back
    if found is None:
        return ""
    process = _process(entry, "back_transform", 4, found.settings, found.problems)
    group = _data(process, found.spectra, "q", found.q, "1/angstrom")
    group.attrs.update(signal="chiq_re", auxiliary_signals=["chiq_im"])
    _dataset(group, "chiq_re", _shaped(found.spectra, found.chi.real))
    _dataset(group, "chiq_im", _shaped(found.spectra, found.chi.imag))
    _dataset(process, "r_window", found.window)
    return "back_transform"


def _axes(spectra: Spectra, last: str) -> list[str]:
    return [
        *(("row", "column") if len(spectra.shape) == 2 else ("spectrum",))[: len(spectra.shape)],
        last,
    ]


def _shaped(spectra: Spectra, values: Array) -> Array:
    return values.reshape(*spectra.shape, values.shape[-1])


def _dataset(group: Any, name: str, values: Array, unit: str = "") -> None:
    big = _BIG if np.ndim(values) > 1 else {}
    dataset = group.create_dataset(name, data=values, **big)
    if unit:
        dataset.attrs["units"] = unit
