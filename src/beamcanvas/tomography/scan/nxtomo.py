"""What an NXtomo entry says of its scan, and of each of its frames.

Read directly, for a scan is opened often and needs a dozen numbers of it; files are
written with nxtomo. Entries of all versions of NXtomo are understood, also those that other
facilities write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import opened
from .types import TomoScan

if TYPE_CHECKING:
    import h5py

PROJECTION, FLAT, DARK, INVALID, RETURN = 0, 1, 2, 3, -1

_LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "nm": 1e-9}
_LENGTHS |= {"metre": 1.0, "meter": 1.0, "micron": 1e-6, "micrometer": 1e-6, "millimeter": 1e-3}
_ENERGIES = {"kev": 1.0, "ev": 1e-3, "mev": 1e3, "j": 1 / 1.602176634e-16}
_ANGLES = {"degree": 1.0, "degrees": 1.0, "deg": 1.0, "°": 1.0}
_ANGLES |= {"rad": 180 / np.pi, "radian": 180 / np.pi, "radians": 180 / np.pi}
_CURRENTS = {"a": 1.0, "ampere": 1.0, "ma": 1e-3, "milliampere": 1e-3}

_DATA = "instrument/detector/data"
_KEYS = ("instrument/detector/image_key_control", "instrument/detector/image_key")


@dataclass(frozen=True, eq=False)
class FrameTable:
    """What each frame of a scan is, one value a frame."""

    keys: NDArray[np.int64]  #: 0 projection, 1 flat, 2 dark, 3 not valid, -1 return
    angles: NDArray[np.float64]  #: degrees
    currents: NDArray[np.float64] | None  #: machine current, A; None where not known for all

    @property
    def projections(self) -> NDArray[np.int64]:
        """The frames that are projections."""
        return np.flatnonzero(self.keys == PROJECTION)

    def series(self, key: int) -> list[range]:
        """The runs of frames in a row that have this key."""
        frames = np.flatnonzero(self.keys == key)
        if not len(frames):
            return []
        parts = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
        return [range(int(p[0]), int(p[-1]) + 1) for p in parts]


def entries(file: Path) -> list[str]:
    """The paths of the NXtomo entries in a file.

    Raises
    ------
    InputError
        When the file can't be read as HDF5.
    """
    with opened(file) as root:
        return list(_entries(root))


def _entries(root: h5py.File) -> Iterator[str]:
    for name in root:
        group = _get(root, name)
        if not hasattr(group, "items"):
            continue
        if _is_tomo(group):
            yield name
            continue
        for inner in group:
            if _is_tomo(_get(group, inner)):
                yield f"{name}/{inner}"


def _is_tomo(group: Any) -> bool:
    return hasattr(group, "items") and any(_get(group, key) is not None for key in _KEYS)


def _get(group: Any, path: str) -> Any:
    """A member, or None also where a link leads nowhere."""
    try:
        return group.get(path)
    except (KeyError, OSError, RuntimeError, AttributeError):
        return None


def read_scan(file: Path, entry: str | None = None) -> TomoScan:
    """What a file says of a scan; nothing is decided yet.

    Raises
    ------
    InputError
        When the file or the entry isn't there, holds no projection, lacks its angles, or
        its frames and what is said of them don't fit together.
    """
    file = Path(file).expanduser().absolute()
    with opened(file) as root:
        group, entry = _choose(root, file, entry)
        where = f"{file.name}, entry {entry}"
        data = _frames(group, where)
        table = _table(group, data.shape[0], where)
        projections = table.projections
        if not len(projections):
            raise InputError(f"{where}: none of the {data.shape[0]} frames is a projection.")
        angles = table.angles[projections]
        columns = data.shape[2]
        axis = _number(group, "instrument/detector/x_rotation_axis_pixel_position")
        if axis is not None and abs(axis) > 2 * columns:
            axis = None  # motors that were never calibrated
        magnified = _number(group, "instrument/detector/magnification") or 1.0
        scan = TomoScan(
            file=file,
            entry=entry,
            shape=(len(projections), data.shape[1], columns),
            frames=data.shape[0],
            raw_darks=int(np.count_nonzero(table.keys == DARK)),
            raw_flats=int(np.count_nonzero(table.keys == FLAT)),
            first_angle=float(angles[0]),
            span=_span(angles),
            energy=_positive(
                group, _ENERGIES, "instrument/beam/incident_energy", "beam/incident_energy"
            ),
            distance=_positive(group, _LENGTHS, "instrument/detector/distance"),
            propagation_distance=_positive(group, _LENGTHS, "sample/propagation_distance"),
            source_distance=_positive(group, _LENGTHS, "instrument/source/distance"),
            pixel_size=_pixel_size(group, magnified),
            half_acquisition=_is_half(group),
            flips=_flips(group),
            axis_in_file=None if axis is None else (columns - 1) / 2 + axis,
            has_current=table.currents is not None,
            sample=_text(group, "sample/name"),
            title=_text(group, "title"),
        )
    return scan.warned(*doubts_of(scan))


def read_table(scan: TomoScan) -> FrameTable:
    """What each frame of a scan is.

    Raises
    ------
    InputError
        When the file changed or can't be read any more.
    """
    with opened(scan.file) as root:
        group, entry = _choose(root, scan.file, scan.entry)
        where = f"{scan.file.name}, entry {entry}"
        table = _table(group, _frames(group, where).shape[0], where)
    for first, last, key in scan.keys:
        table.keys[first : last + 1] = key
    return table


def recounted(scan: TomoScan) -> TomoScan:
    """The scan with its numbers of frames and its angles as its image keys now say.

    Raises
    ------
    InputError
        When no projection is left.
    """
    table = read_table(scan)
    projections = table.projections
    if not len(projections):
        raise InputError(f"{scan.name}: no projection is left.")
    angles = table.angles[projections]
    new = replace(
        scan,
        shape=(len(projections), *scan.shape[1:]),
        raw_darks=int(np.count_nonzero(table.keys == DARK)),
        raw_flats=int(np.count_nonzero(table.keys == FLAT)),
        first_angle=float(angles[0]),
        span=_span(angles),
        warnings=(),
    )
    return new.warned(*doubts_of(new))


def _choose(root: h5py.File, file: Path, entry: str | None) -> tuple[Any, str]:
    found = list(_entries(root))
    if not found:
        raise InputError(
            f"{file}: this file holds no NXtomo entry "
            "(no instrument/detector/image_key in any of its groups)."
        )
    if entry is None:
        if len(found) > 1:
            raise InputError(f"{file} holds several scans; choose one: {', '.join(found)}.")
        return root[found[0]], found[0]
    wanted = entry.strip("/")
    if wanted not in found:
        raise InputError(f"{file} holds no scan '{wanted}', but {', '.join(found)}.")
    return root[wanted], wanted


def _frames(group: Any, where: str) -> Any:
    data = _get(group, _DATA)
    if data is None:
        raise InputError(f"{where}: its frames ({_DATA}) are missing, or link to a missing file.")
    if not _is_numeric(data) or data.ndim != 3:
        what = f"{data.dtype} of shape {data.shape}" if hasattr(data, "dtype") else "a group"
        raise InputError(
            f"{where}: frames should be numbers (frames, rows, columns) but are {what}."
        )
    return data


def _table(group: Any, frames: int, where: str) -> FrameTable:
    found = next(k for k in (_get(group, key) for key in _KEYS) if k is not None)
    keys = _one_each(found, frames, where, "image keys").astype(np.int64)
    unknown = sorted(set(keys.tolist()) - {PROJECTION, FLAT, DARK, INVALID, RETURN})
    if unknown:
        raise InputError(
            f"{where}: {unknown[0]} is no image key (0 projection, 1 flat, 2 dark, 3 invalid)."
        )
    rotation = _get(group, "sample/rotation_angle")
    if rotation is None:
        raise InputError(f"{where}: the angles of its frames (sample/rotation_angle) are missing.")
    angles = _one_each(rotation, frames, where, "angles") * _factor(rotation, _ANGLES)
    if not np.isfinite(angles[keys == PROJECTION]).all():
        raise InputError(f"{where}: the angles of some projections are no numbers.")
    return FrameTable(keys, angles, _currents(group, frames))


def _is_numeric(found: Any) -> bool:
    """Whether it is a dataset of numbers with something in it."""
    return hasattr(found, "ndim") and found.dtype.kind in "uif" and bool(found.size)


def _one_each(found: Any, frames: int, where: str, what: str) -> NDArray[np.float64]:
    """A dataset with one number for each frame."""
    if not _is_numeric(found):
        raise InputError(f"{where}: its {what} are no numbers.")
    values = np.atleast_1d(found[()]).astype(float)
    if values.shape != (frames,):
        count = " × ".join(map(str, values.shape))
        raise InputError(f"{where}: there are {frames} frames but {count} {what}.")
    return np.nan_to_num(values, nan=-999) if what == "image keys" else values


def _currents(group: Any, frames: int) -> NDArray[np.float64] | None:
    found = _get(group, "control/data")
    if not _is_numeric(found) or found.shape != (frames,):
        return None
    currents: NDArray[np.float64] = found[()].astype(float) * _factor(found, _CURRENTS)
    return currents if (np.isfinite(currents) & (currents > 0)).all() else None


def _factor(dataset: Any, units: dict[str, float]) -> float:
    """What turns its values into our unit; 1 where it doesn't say or says it differently."""
    unit = dataset.attrs.get("units", dataset.attrs.get("unit", ""))
    unit = unit.decode() if isinstance(unit, bytes) else str(unit)
    return units.get(unit, units.get(unit.lower(), 1.0))


def _number(group: Any, path: str, units: dict[str, float] | None = None) -> float | None:
    found = _get(group, path)
    if not _is_numeric(found):
        return None
    value = float(np.asarray(found[()]).flat[0]) * _factor(found, units or {})
    return value if np.isfinite(value) else None


def _positive(group: Any, units: dict[str, float], *paths: str) -> float | None:
    """The first that is there and not 0, without its sign: which way an axis points differs."""
    for path in paths:
        value = _number(group, path, units)
        if value:
            return abs(value)
    return None


def _pixel_size(group: Any, magnification: float) -> tuple[float, float] | None:
    sizes = []
    for axis in "yx":
        at_sample = _positive(group, _LENGTHS, f"sample/{axis}_pixel_size")
        at_detector = _positive(group, _LENGTHS, f"instrument/detector/{axis}_pixel_size")
        sizes.append(at_sample or (at_detector and at_detector / magnification))
    height, width = sizes
    if height is None and width is None:
        return None
    return float(height or width or 0), float(width or height or 0)


def _flag(group: Any, path: str) -> bool | None:
    found = _get(group, path)
    if getattr(found, "size", 0) != 1 or found.dtype.kind not in "buif":
        return None
    return bool(np.asarray(found[()]).flat[0])


def _is_half(group: Any) -> bool:
    flag = _flag(group, "instrument/detector/half_acquisition")
    if flag is not None:
        return flag
    return _text(group, "instrument/detector/field_of_view").lower() == "half"


def _flips(group: Any) -> tuple[bool, bool]:
    old = [_flag(group, f"instrument/detector/{axis}_flipped") for axis in "xy"]
    if any(flag is not None for flag in old):
        return bool(old[0]), bool(old[1])
    # half a turn around the vertical axis swaps left and right; which axis that is differs
    system = group.attrs.get("NeXus_Coordinate_System", "")
    vertical, across = ((0, 1, 0), (1, 0, 0)) if system == "McStas" else ((0, 0, 1), (0, 1, 0))
    place = "instrument/detector/transformations"
    names = _get(group, place)
    turned = [_turned(group[place][name]) for name in (names if hasattr(names, "items") else ())]
    return vertical in turned, across in turned


def _turned(found: Any) -> tuple[int, ...] | None:
    """The axis around which something was turned by half a turn."""
    kind = found.attrs.get("transformation_type", "")
    if kind not in ("rotation", b"rotation") or not _is_numeric(found):
        return None
    if abs(float(np.asarray(found[()]).flat[0]) * _factor(found, _ANGLES)) != 180:
        return None
    return tuple(np.rint(found.attrs.get("vector", (0, 0, 0))).astype(int).tolist())


def _text(group: Any, path: str) -> str:
    found = _get(group, path)
    if not hasattr(found, "dtype") or not found.size:
        return ""
    value = np.asarray(found[()]).flat[0]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _span(angles: NDArray[np.float64]) -> float:
    if len(angles) < 2:
        return 0.0
    step = float(np.median(np.abs(np.diff(angles))))
    return float(angles.max() - angles.min()) + step


def doubts_of(scan: TomoScan) -> list[str]:
    """What is missing from a scan or doubtful, a sentence each."""
    doubts = []
    needed = 360.0 if scan.half_acquisition else 180.0
    step = scan.span / max(scan.shape[0], 1)
    if scan.span < needed - 1.5 * step:
        doubts.append(
            f"The projections span {scan.span:.4g}°, less than the {needed:g}° that a "
            f"{'half acquisition' if scan.half_acquisition else 'reconstruction'} needs."
        )
    if scan.raw_darks == 0 and scan.darks is None:
        doubts.append("The scan has no dark frames.")
    if scan.raw_flats == 0 and scan.flats is None:
        doubts.append("The scan has no flat frames.")
    return doubts
