"""Finding and reading one detector image in an HDF5 file, with what NeXus says around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..types import HC, Header
from .headers import quantity

SUFFIXES = (".h5", ".hdf5", ".hdf", ".nx", ".nxs", ".nexus", ".cxi")
_SMALLEST = 16  #: rows and columns of what can be a detector image


def read_frames(file: Path, data_path: str, frame: int | None) -> tuple[NDArray[Any], Header, str]:
    """One frame (all of them when `frame` is None), what NeXus says, and the dataset's path.

    Raises
    ------
    InputError
        When the file can't be read, the path is not in it or no image, or the frame isn't there.
    """
    import h5py
    import hdf5plugin  # noqa: F401 - its filters register when imported

    try:
        with h5py.File(file, "r") as source:
            dataset = _dataset(source, file, data_path)
            count = 1 if dataset.ndim == 2 else int(np.prod(dataset.shape[:-2]))
            if frame is not None and not 0 <= frame < count:
                raise InputError(no_such_frame(f"{file}::{dataset.name}", frame, count))
            if dataset.ndim == 2:
                data = dataset[()]
            elif frame is None:
                data = dataset[()].reshape(count, *dataset.shape[-2:])
            else:
                data = dataset[np.unravel_index(frame, dataset.shape[:-2])]
            return data, _header(dataset), str(dataset.name)
    except OSError as error:
        raise InputError(
            f"{file} can't be read: it is damaged, cut off or no HDF5 file ({_short(error)})."
        ) from None


def no_such_frame(source: str, frame: int, count: int) -> str:
    """The sentence for a frame that isn't there."""
    has = "one frame, number 0" if count == 1 else f"{count} frames, 0 to {count - 1}"
    return f"There is no frame {frame} in {source}: it has {has}."


def _dataset(source: Any, file: Path, data_path: str) -> Any:
    import h5py

    if data_path:
        try:
            found = source[data_path]
        except (KeyError, ValueError):
            raise InputError(f"There is no '{data_path}' in {file}.{_candidates(source)}") from None
        if isinstance(found, h5py.Dataset):
            if not _is_image(found):
                raise InputError(
                    f"'{data_path}' in {file} is no image: "
                    f"its shape is {found.shape} and its type {found.dtype}."
                )
            return found
        inside = list(_images(found))
    else:
        inside = list(_images(source))
    where = f"'{data_path}' of {file}" if data_path else str(file)
    if not inside:
        raise InputError(f"There is no detector image in {where}.")
    if len(inside) > 1:
        raise InputError(
            f"There are {len(inside)} image datasets in {where}. "
            f"Give 'data_path':{_candidates(source)}"
        )
    return inside[0]


def _candidates(source: Any) -> str:
    names = [str(dataset.name) for dataset in _images(source)]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f" Images are at {', '.join(names[:4])}{more}." if names else " It holds no image."


def _is_image(dataset: Any) -> bool:
    return dataset.ndim >= 2 and dataset.dtype.kind in "iuf" and min(dataset.shape[-2:]) > 0


def _images(group: Any) -> Iterator[Any]:
    """The image datasets below a group, each once, whatever links lead to it."""
    import h5py

    seen = set()
    waiting = [group]
    while waiting:
        node = waiting.pop()
        for name in sorted(node, reverse=True):
            child = node.get(name)  # None for a link that leads nowhere
            if child is None:
                continue
            info = h5py.h5o.get_info(child.id)
            if (info.fileno, info.addr) in seen:
                continue
            seen.add((info.fileno, info.addr))
            if isinstance(child, h5py.Group):
                waiting.append(child)
            elif (
                isinstance(child, h5py.Dataset)
                and _is_image(child)
                and min(child.shape[-2:]) >= _SMALLEST
            ):
                yield child


def _header(dataset: Any) -> Header:
    """What the groups around a detector's data say, by NeXus' names."""
    entry = dataset.file.get(str(dataset.name).split("/")[1])
    detector = _detector_of(dataset, entry)

    def read(group: Any, name: str, unit: str) -> float | None:
        found = group.get(name) if group is not None else None
        if found is None or not hasattr(found, "shape") or np.size(found) != 1:
            return None
        said = found.attrs.get("units", "")
        said = said.decode() if isinstance(said, bytes) else str(said)
        value = np.ravel(found[()])[0]
        return quantity(value if isinstance(value, bytes) else f"{value!s} {said}", unit)

    def first(*places: tuple[Any, str, str]) -> float | None:
        values = (read(*place) for place in places)
        return next((v for v in values if v is not None), None)

    def near(path: str) -> Any:
        return entry.get(path) if entry is not None and hasattr(entry, "get") else None

    wavelength = first(
        (near("instrument/beam"), "incident_wavelength", "angstrom"),
        (near("instrument/monochromator"), "wavelength", "angstrom"),
        (near("sample/beam"), "incident_wavelength", "angstrom"),
    )
    if wavelength is None:
        energy = first(
            (near("instrument/beam"), "incident_energy", "kev"),
            (near("instrument/monochromator"), "energy", "kev"),
            (near("instrument/positioners"), "energy", "kev"),
        )
        wavelength = HC / energy if energy else None
    centre = read(detector, "beam_center_x", "m"), read(detector, "beam_center_y", "m")
    size = read(detector, "y_pixel_size", "m"), read(detector, "x_pixel_size", "m")
    description = detector.get("description")
    words = description[()] if hasattr(description, "shape") else b""
    return Header(
        wavelength=wavelength,
        distance=first((detector, "distance", "m"), (detector, "detector_distance", "m")),
        beam_centre=None if None in centre else (centre[0] or 0.0, centre[1] or 0.0),
        exposure=first((detector, "count_time", "s"), (detector, "exposure_time", "s")),
        pixel_size=None if None in size else (size[0] or 0.0, size[1] or 0.0),
        detector=words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words),
        motors=_motors(near("instrument/positioners")),
    )


def _motors(positioners: Any) -> dict[str, float]:
    """Where the motors of a bliss scan stood, those that did not move in it."""
    motors = {}
    for name in positioners if isinstance(positioners, Mapping) else ():
        found = positioners.get(name)  # None for a link that leads nowhere
        if getattr(found, "shape", None) == () and found.dtype.kind in "iuf":
            motors[name] = float(found[()])
    return motors


def _detector_of(dataset: Any, entry: Any) -> Any:
    """The group of an instrument that the data are in, whatever link led to them."""
    import h5py

    place = h5py.h5o.get_info(dataset.id)
    instrument = entry.get("instrument") if isinstance(entry, h5py.Group) else None
    for group in instrument.values() if isinstance(instrument, h5py.Group) else ():
        for child in group.values() if isinstance(group, h5py.Group) else ():
            if isinstance(child, h5py.Dataset):
                info = h5py.h5o.get_info(child.id)
                if (info.fileno, info.addr) == (place.fileno, place.addr):
                    return group
    return dataset.parent


def _short(error: Exception) -> str:
    return str(error).partition("(")[2].rstrip(")") or str(error)
