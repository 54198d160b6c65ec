"""The scans in an HDF5 file: their titles, detectors and motors, bliss's own or anybody's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import Part, parts_of
from ...nexus.file import opened
from .dimensions import Named, named_in_parameters, named_in_title

#: words that end the names of what belongs to a motor but isn't its position
_NOT_POSITIONS = ("_raw", "_trig", "_delta", "_period")


@dataclass(frozen=True)
class Listed:
    """A scan, as it stands in a list to choose from."""

    scan: str
    title: str
    frames: str  #: its detector's shape
    detector: str


@dataclass(frozen=True, eq=False)
class Entry:
    """What one scan of a file has."""

    name: str
    title: str
    detector: str  #: path of the frames in the file
    shape: tuple[int, int, int]
    dtype: str
    parts: tuple[Part, ...]
    named: list[Named]  #: what it was told to move, slowest first
    motors: frozenset[str] = frozenset()  #: that the file lists as such
    positions: dict[str, NDArray[np.float64]] = field(default_factory=dict)  #: at each frame
    fixed: dict[str, float] = field(default_factory=dict)  #: of the motors that stood still

    @property
    def driven(self) -> dict[str, NDArray[np.float64]]:
        """The positions that belong to motors, rather than to counters, as far as can be told."""
        return {n: p for n, p in self.positions.items() if n in self.motors} or self.positions


def list_scans(file: Path) -> list[Listed]:
    """The scans of a file that have frames."""
    found = []
    with _reading(file) as root:
        for name, group in _groups(root):
            frames = _frames_in(group)
            if frames:
                first = next(iter(frames.values()))
                shape = " × ".join(map(str, first.shape))
                words = ", ".join(_short(path) for path in frames)
                found.append(Listed(name, _text(group.get("title")), shape, words))
    return found


def read_entry(file: Path, scan: str | None, detector: str | None) -> Entry:
    """What one scan has; the only one when `scan` is None.

    Raises
    ------
    InputError
        When the file can't be read, or the scan or the detector isn't in it.
    """
    with _reading(file) as root:
        groups = dict(_groups(root))
        with_frames = [name for name, group in groups.items() if _frames_in(group)]
        if scan is None:
            if not with_frames:
                raise InputError(f"{file}: no scan in it has frames of a detector.")
            scan = with_frames[0]
        wanted = scan if scan in groups or "." in scan else f"{scan}.1"
        if wanted not in groups:
            raise InputError(
                f"{file}: there is no scan '{scan}' in it. Scans with frames are "
                f"{', '.join(with_frames[:10]) or 'none'}."
            )
        group = groups[wanted]
        path, dataset = _detector(file, wanted, group, detector)
        frames = int(dataset.shape[0])
        positions, fixed = _motors(group, frames)
        title = _text(group.get("title"))
        return Entry(
            name=wanted,
            title=title,
            detector=path,
            shape=_frames_shape(dataset),
            dtype=str(dataset.dtype),
            parts=parts_of(dataset),
            named=_named(group, title),
            motors=frozenset(
                name
                for place in ("instrument/positioners", "positioners")
                for name in group.get(place, ())
            ),
            positions=positions,
            fixed=fixed,
        )


def read_frames_at(file: Path, path: str) -> Entry:
    """Frames at a path inside a file, with nothing else known."""
    with _reading(file) as root:
        found = root.get(path)
        if not _is_frames(found):
            what = "nothing" if found is None else f"no stack of frames (shape {_shape(found)})"
            raise InputError(f"{file}: there is {what} at '{path}'.")
        return Entry(
            name=path,
            title="",
            detector=path,
            shape=_frames_shape(found),
            dtype=str(found.dtype),
            parts=parts_of(found),
            named=[],
        )


@contextmanager
def _reading(file: Path) -> Iterator[Any]:
    import hdf5plugin  # noqa: F401 - its filters register when imported

    with opened(Path(file)) as root:
        try:
            yield root
        except (OSError, RuntimeError, KeyError) as error:
            raise InputError(f"{file}: the HDF5 file can't be read: {error}.") from None


def _frames_shape(dataset: Any) -> tuple[int, int, int]:
    frames, rows, columns = dataset.shape
    return int(frames), int(rows), int(columns)


def _shape(found: Any) -> Any:
    return getattr(found, "shape", "of a group")


def _text(dataset: Any) -> str:
    value = "" if dataset is None or not hasattr(dataset, "dtype") else dataset[()]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _groups(root: Any) -> Iterator[tuple[str, Any]]:
    """The scans; the file itself where its groups are none."""
    import h5py

    def key(name: str) -> tuple[Any, ...]:
        parts = name.split(".")
        return (0, *map(int, parts)) if all(p.isdigit() for p in parts) else (1, name)

    found = False
    for name in sorted(root, key=key):
        group = root.get(name)
        if isinstance(group, h5py.Group) and ("instrument" in group or "measurement" in group):
            found = True
            yield name, group
    if not found:
        yield "/", root


def _is_frames(found: Any) -> bool:
    shape = getattr(found, "shape", ())
    return len(shape) == 3 and min(shape) > 0 and found.dtype.kind in "iufb"


def _frames_in(group: Any) -> dict[str, Any]:
    """The stacks of frames of a scan by their paths, each once; a camera's own come first."""
    import h5py

    found: dict[Any, tuple[int, str, Any]] = {}

    def add(path: str, dataset: Any) -> None:
        if not _is_frames(dataset):
            return
        where = dataset.file.filename, h5py.h5o.get_info(dataset.id).addr
        parent = dataset.parent
        kind = _text(parent.get("type")) if isinstance(parent, h5py.Group) else ""
        rank = 0 if kind == "lima" else 1
        if where not in found or path < found[where][1]:
            found[where] = rank, path, dataset

    group.visititems(lambda name, item: add(name, item) if hasattr(item, "shape") else None)
    measurement = group.get("measurement")
    if isinstance(measurement, h5py.Group):
        for name in measurement:  # links to other files aren't visited
            add(f"measurement/{name}", measurement.get(name))
    ranked = sorted(found.values(), key=lambda f: f[:2])
    return {path: dataset for rank, path, dataset in ranked if rank == ranked[0][0]}


def _short(path: str) -> str:
    """``pco_ff`` of ``instrument/pco_ff/image``."""
    parts = path.split("/")
    return parts[-2] if parts[-1] in ("image", "data") and len(parts) > 1 else parts[-1]


def _detector(file: Path, scan: str, group: Any, detector: str | None) -> tuple[str, Any]:
    there = _frames_in(group)
    if detector is not None:
        direct = group.get(detector)
        if _is_frames(direct):
            return detector, direct
        named = {p: d for p, d in there.items() if detector in (p, _short(p))}
    else:
        named = there
    if len(named) == 1:
        return next(iter(named.items()))
    names = ", ".join(sorted({_short(p) for p in there})) or "none"
    if named:
        raise InputError(
            f"{file}: scan {scan} has {len(named)} detectors with frames: {names}. Say which."
        )
    what = f"detector '{detector}'" if detector else "detector with frames"
    raise InputError(f"{file}: scan {scan} has no {what}. Those with frames are: {names}.")


def _named(group: Any, title: str) -> list[Named]:
    parameters = group.get("instrument/fscan_parameters")
    if parameters is not None:
        said: dict[str, object] = {}
        for name in parameters:
            item = parameters.get(name)
            if getattr(item, "shape", None) == ():
                said[name] = _text(item) if item.dtype.kind in "OSU" else item[()]
        found = named_in_parameters(said)
        # of three motors and more the parameters have two; the title has all
        by_title = named_in_title(title)
        return by_title if len(by_title) > len(found) else found
    return named_in_title(title)


def _motors(group: Any, frames: int) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
    """Positions at each frame, and those of the motors that stood still."""
    import h5py

    arrays: dict[str, NDArray[np.float64]] = {}
    fixed: dict[str, float] = {}

    def take(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "iuf":
            return
        if item.ndim == 1 and item.shape[0] > 1:
            arrays.setdefault(name, np.asarray(item[()], dtype=np.float64))
        elif item.size == 1:
            fixed.setdefault(name, float(np.ravel(item[()])[0]))

    instrument = group.get("instrument")
    if isinstance(instrument, h5py.Group):
        for name in instrument:
            device = instrument.get(name)
            if isinstance(device, h5py.Group) and not name.endswith(_NOT_POSITIONS):
                for what in ("value", "data", "position"):
                    item = device.get(what)
                    if getattr(item, "ndim", 0) == 1:
                        take(name, item)
    for place in ("instrument/positioners", "positioners", "measurement"):
        found = group.get(place)
        if isinstance(found, h5py.Group):
            for name in found:
                with suppress(OSError, RuntimeError):
                    take(name, found.get(name))
    for name, values in arrays.items():
        if len(values) >= frames and np.ptp(values[:frames]) == 0:
            fixed[name] = float(values[0])
    return arrays, fixed
