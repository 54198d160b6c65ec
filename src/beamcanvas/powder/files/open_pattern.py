"""Opening a powder pattern that this or another program saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..experiment.poni import geometry_from, read_poni_text
from ..image.hdf5 import SUFFIXES as HDF5_SUFFIXES
from ..packed_mask import PackedMask
from ..results import AXES, Pattern
from .raw import read_origins
from .text_formats import SUFFIXES, Columns, read_columns, unit_in

_FILTER = (
    f"Patterns ({' '.join('*' + s for s in (*SUFFIXES, '.h5', '.hdf5', '.nxs'))});;All files (*)"
)


@task(title="Open pattern", output="pattern", requires="powder")
def open_pattern(
    file: Annotated[Path, Param(path="open", filter=_FILTER)],
    *,
    unit: Annotated[
        Literal["2th_deg", "2th_rad", "q_nm^-1", "q_A^-1", "d_A", "r_mm", "r_A"] | None,
        Param(
            label="First column is",
            auto="as the file says",
            words={**{u: f"{label} ({symbol})" for u, (_, symbol, label) in AXES.items()}},
        ),
    ] = None,
    data_path: Annotated[str, Param(path="data", of="file", label="Path in file", more=True)] = "",
    number: Annotated[int, Param(ge=0, label="Pattern number", more=True)] = 0,
) -> Pattern:
    """Read a pattern in text columns (.xye, .xy, .dat, .chi, .fxye, .gr) or in NeXus.

    One that was saved here as NeXus comes back with its geometry and all that made it.

    Parameters
    ----------
    file:
        File to read. In an .fxye the angle is in hundredths of a degree; it is turned
        into degrees.
    unit:
        What the first column is, when the file does not say or says it wrong.
    data_path:
        Group or dataset in a NeXus file that holds several.
    number:
        Which one, from 0, when the file holds several: banks of a GSAS file, patterns of a
        series.

    Raises
    ------
    InputError
        When the file is missing, cut off or laid out another way.
    """
    file = Path(file)
    if file.suffix.lower() in HDF5_SUFFIXES:
        return _read_nexus(file, data_path, number, unit)
    if data_path:
        raise InputError(f"{file} is no HDF5 file: it has no '{data_path}'.")
    return _pattern(file, read_columns(file, number), unit)


def _pattern(file: Path, columns: Columns, unit: str | None, **known: Any) -> Pattern:
    unit = unit or columns.unit
    by_custom = (
        ()
        if unit or file.suffix.lower() == ".xye"
        else (f"{file.name} does not say what its first column is: taken as 2θ in degrees.",)
    )
    said: dict[str, Any] = {
        "geometry": None,
        "engine": "",
        "settings": {"title": columns.title} if columns.title else {},
        "source": file.name,
    }
    said.update(known)
    return Pattern(
        radial=columns.x,
        intensity=columns.y,
        sigma=columns.sigma,
        unit=unit or "2th_deg",
        warnings=(*by_custom, *said.pop("warnings", ())),
        **said,
    )


def _read_nexus(file: Path, path: str, number: int, unit: str | None) -> Pattern:
    import h5py
    import hdf5plugin  # noqa: F401 - its filters register when imported
    from silx.io.nxdata import get_default

    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        with h5py.File(file, "r") as root:
            if path and path not in root:
                raise InputError(f"There is no '{path}' in {file}.")
            group = root[path] if path else root
            group = group.parent if isinstance(group, h5py.Dataset) else group
            data = get_default(group)
            if data is None:
                raise InputError(
                    f"{file} holds no plot of a pattern (NXdata) that is marked default."
                )
            where, columns, good = _of_nxdata(file, data, number)
            return _pattern(file, columns, unit, **_how(file, data.group, where, good))
    except OSError:
        raise InputError(f"{file} can't be read: it is damaged, cut off or no HDF5 file.") from None


def _of_nxdata(
    file: Path, data: Any, number: int
) -> tuple[tuple[int, ...], Columns, NDArray[np.bool_]]:
    """Which pattern of the plot it is, the pattern, and which of its points it has."""
    shape = data.signal.shape
    several = int(np.prod(shape[:-1]))
    if number >= several:
        has = "one, number 0" if several == 1 else f"{several}, 0 to {several - 1}"
        raise InputError(f"There is no pattern {number} in {file}: it has {has}.")
    where = tuple(int(i) for i in np.unravel_index(number, shape[:-1])) if len(shape) > 1 else ()
    axis = data.axes[-1]
    if axis is None:
        raise InputError(f"The plot in {file} has no axis: it is no powder pattern.")
    name = str(data.axes_dataset_names[-1])
    units = str(axis.attrs.get("units", ""))
    errors = data.errors
    y = np.asarray(data.signal[where], dtype=float)
    good = np.isfinite(y)
    sigma = None if errors is None else np.asarray(errors[where], dtype=float)[good]
    title = str(data.title or "")
    unit = unit_in(f"{name} {units}")
    return where, Columns(np.asarray(axis, float)[good], y[good], sigma, unit, title), good


def _how(file: Path, group: Any, where: tuple[int, ...], good: NDArray[np.bool_]) -> dict[str, Any]:
    """How a pattern of ours was made, as it was written down above its plot; {} of any other."""
    process = group.parent
    if "settings/data" not in process or "engine" not in process:
        return {}
    known: dict[str, Any] = {"engine": _text(process["engine"])}
    try:
        known["settings"] = json.loads(_text(process["settings/data"]))
    except ValueError:
        raise InputError(f"{file}: the settings in it are damaged: they are no JSON.") from None
    if "geometry/data" in process:
        words = _text(process["geometry/data"])
        known["geometry"] = geometry_from(read_poni_text(words, str(file)), str(file))
    weight = group.get("count", group.get("weight"))
    if weight is not None and weight.shape[-1:] == good.shape:
        # a scan has one weight for all its frames
        known["count"] = np.asarray(weight[where[len(where) + 1 - weight.ndim :]], float)[good]
    if "warnings" in process:
        known["warnings"] = tuple(process["warnings"].asstr()[()])
    if "mask" in process:
        known["unused"] = PackedMask.of(process["mask"][()] > 0)
    known["origins"] = read_origins(process.parent)
    title = process.parent.get("title")
    if title is not None and _text(title):
        known["source"] = _text(title)
    return known


def _text(dataset: Any) -> str:
    value = dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)
