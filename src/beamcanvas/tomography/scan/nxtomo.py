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
from ...nexus.file import reading
from .fields import (
    ANGLES,
    CURRENTS,
    ENERGIES,
    LENGTHS,
    factor,
    flips,
    is_half,
    is_numeric,
    left_out,
    member,
    number,
    one_each,
    pixel_size,
    positive,
    text,
    unit_of,
)
from .types import TomoScan

if TYPE_CHECKING:
    import h5py

PROJECTION, FLAT, DARK, INVALID, RETURN = 0, 1, 2, 3, -1
#: what a frame with each key is, in words
KINDS = {
    PROJECTION: "projection",
    FLAT: "flat",
    DARK: "dark",
    INVALID: "invalid",
    RETURN: "on the way back",
}

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


def named_scan(named: Path) -> tuple[Path, str | None]:
    """The file of a scan, and the entry where it is named by tomoscan's identifier.

    Raises
    ------
    InputError
        When it is an identifier of scans that are no NXtomo.
    """
    kind, is_identifier, rest = str(named).partition(":scan:")
    if not is_identifier:
        return Path(named), None
    if kind != "hdf5":
        raise InputError(f"{named}: this scan is of kind '{kind}'; convert it to NXtomo first.")
    file, _, query = rest.partition("?")
    return Path(file), query.removeprefix("path=") or None


def entries(file: Path) -> list[str]:
    """The paths of the NXtomo entries in a file.

    Raises
    ------
    InputError
        When the file can't be read as HDF5.
    """
    with reading(file) as root:
        return list(_entries(root))


def _entries(root: h5py.File) -> Iterator[str]:
    for name in root:
        group = member(root, name)
        if not hasattr(group, "items"):
            continue
        if _is_tomo(group):
            yield name
            continue
        for inner in group:
            if _is_tomo(member(group, inner)):
                yield f"{name}/{inner}"


def _is_tomo(group: Any) -> bool:
    return hasattr(group, "items") and any(member(group, key) is not None for key in _KEYS)


def read_scan(file: Path, entry: str | None = None) -> TomoScan:
    """What a file says of a scan; nothing is decided yet.

    Raises
    ------
    InputError
        When the file or the entry isn't there, holds no projection, lacks its angles, or
        its frames and what is said of them don't fit together.
    """
    file = Path(file).expanduser().absolute()
    with reading(file) as root:
        group, entry = _choose(root, file, entry)
        where = f"{file.name}, entry {entry}"
        data = _frames(group, where)
        table = _table(group, data.shape[0], where)
        projections = table.projections
        if not len(projections):
            raise InputError(f"{where}: none of the {data.shape[0]} frames is a projection.")
        angles = table.angles[projections]
        columns = data.shape[2]
        axis = number(group, "instrument/detector/x_rotation_axis_pixel_position")
        if axis is not None and abs(axis) > 2 * columns:
            axis = None  # motors that were never calibrated
        turned = flips(group)
        if axis is not None and turned[0]:
            axis = -axis  # it is of the frames as they are in the file
        magnified = number(group, "instrument/detector/magnification") or 1.0
        scan = TomoScan(
            file=file,
            entry=entry,
            shape=(len(projections), data.shape[1], columns),
            frames=data.shape[0],
            raw_darks=int(np.count_nonzero(table.keys == DARK)),
            raw_flats=int(np.count_nonzero(table.keys == FLAT)),
            first_angle=float(angles[0]),
            span=_span(angles),
            energy=positive(
                group, ENERGIES, "instrument/beam/incident_energy", "beam/incident_energy"
            ),
            distance=positive(group, LENGTHS, "instrument/detector/distance"),
            propagation_distance=positive(group, LENGTHS, "sample/propagation_distance"),
            source_distance=positive(group, LENGTHS, "instrument/source/distance"),
            pixel_size=pixel_size(group, magnified),
            half_acquisition=is_half(group),
            flips=turned,
            axis_in_file=None if axis is None else (columns - 1) / 2 + axis,
            has_current=table.currents is not None,
            sample=text(group, "sample/name"),
            title=text(group, "title"),
        )
        sentences = (*doubts_of(scan), *left_out(group), *_unused_current(group, table))
    return scan.warned(*sentences)


def read_table(scan: TomoScan) -> FrameTable:
    """What each frame of a scan is.

    Raises
    ------
    InputError
        When the file changed or can't be read any more.
    """
    with reading(scan.file) as root:
        group, entry = _choose(root, scan.file, scan.entry)
        where = f"{scan.file.name}, entry {entry}"
        shape = _frames(group, where).shape
        if shape != (scan.frames, *scan.shape[1:]):
            raise InputError(
                f"{where}: it has {' × '.join(map(str, shape))} frames, rows and columns, and had "
                f"{scan.frames} × {scan.shape[1]} × {scan.shape[2]}; open it again."
            )
        table = _table(group, shape[0], where)
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
        warnings=tuple(w for w in scan.warnings if w not in doubts_of(scan)),
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
    data = member(group, _DATA)
    if data is None:
        raise InputError(f"{where}: its frames ({_DATA}) are missing, or link to a missing file.")
    if not is_numeric(data) or data.ndim != 3:
        what = f"{data.dtype} of shape {data.shape}" if hasattr(data, "dtype") else "a group"
        raise InputError(
            f"{where}: frames should be numbers (frames, rows, columns) but are {what}."
        )
    return data


def _table(group: Any, frames: int, where: str) -> FrameTable:
    found = next(k for k in (member(group, key) for key in _KEYS) if k is not None)
    keys = one_each(found, frames, where, "image keys").astype(np.int64)
    unknown = sorted(set(keys.tolist()) - {PROJECTION, FLAT, DARK, INVALID, RETURN})
    if unknown:
        raise InputError(
            f"{where}: {unknown[0]} is no image key (0 projection, 1 flat, 2 dark, 3 invalid)."
        )
    rotation = member(group, "sample/rotation_angle")
    if rotation is None:
        raise InputError(f"{where}: the angles of its frames (sample/rotation_angle) are missing.")
    turn = factor(rotation, ANGLES)
    if not np.isfinite(turn):
        raise InputError(
            f"{where}: the unit '{unit_of(rotation)}' of the angles (sample/rotation_angle) is "
            "not known; it should be degree or radian."
        )
    angles = one_each(rotation, frames, where, "angles") * turn
    if not np.isfinite(angles[keys == PROJECTION]).all():
        raise InputError(f"{where}: the angles of some projections are no numbers.")
    return FrameTable(keys, angles, _currents(group, frames))


def _currents(group: Any, frames: int) -> NDArray[np.float64] | None:
    found = member(group, "control/data")
    if not is_numeric(found) or found.shape != (frames,):
        return None
    currents: NDArray[np.float64] = found[()].astype(float)
    scale = factor(found, CURRENTS)
    if np.isfinite(scale):  # else another counter that follows the beam: only ratios count
        currents *= scale
    return currents if (np.isfinite(currents) & (currents > 0)).all() else None


def _unused_current(group: Any, table: FrameTable) -> list[str]:
    found = member(group, "control/data")
    if table.currents is not None or found is None:
        return []
    return [
        "The machine current (control/data) is not used: it is not a number above 0 for each of "
        f"the {len(table.keys)} frames."
    ]


def _span(angles: NDArray[np.float64]) -> float:
    gaps = np.diff(np.sort(angles))  # in whatever order they were taken
    gaps = gaps[gaps > 1e-6]
    return float(np.ptp(angles) + np.median(gaps)) if len(gaps) else 0.0


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
