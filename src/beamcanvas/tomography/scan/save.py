"""Scans written as NXtomo files: as they were corrected, several as one, with frames added."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import appended
from ...output_file import check_not_read, check_room, replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..convert.nxtomomill import quiet
from ..frames.source import FrameSource
from .discover import Scans
from .nxtomo import DARK, FLAT, read_scan, read_table
from .types import TomoScan

NXTOMO = "NXtomo (*.nx)"

_Output = Annotated[Path, Param(path="save", filter=NXTOMO, label="File to write")]
_Frames = Annotated[
    Literal["link", "copy"],
    Param(
        label="Frames",
        words={"link": "stay where they are, linked", "copy": "are copied"},
    ),
]


#: bytes of all that is said beside the frames, at most
_MOST_SAID = 1e6


class Part(NamedTuple):
    """Some frames of a scan, in the order in which they are written."""

    scan: TomoScan
    frames: NDArray[np.int64]


@task(title="Save scan", output="scan", requires="tomography")
def save_scan(
    scan: TomoScan,
    *,
    file: _Output,
    frames: _Frames = "link",
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> TomoScan:
    """Write a scan, with all that was corrected, to an NXtomo file of its own.

    Parameters
    ----------
    scan:
        A scan whose experiment or image keys were edited.
    file:
        File to write.
    frames:
        Link to the frames in the scan's file, which takes no room, or copy them.
    existing:
        What to do with a file of that name.

    Raises
    ------
    InputError
        When the file can't be written, is there and to be kept, or is the scan's own.
    """
    every = Part(scan, np.arange(scan.frames))
    return write_scan(file, [every], frames, existing, progress)


@task(title="Join scans", output="scan", requires="tomography")
def concatenate_scans(
    scans: Scans,
    *,
    file: _Output,
    frames: _Frames = "link",
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> TomoScan:
    """Join scans, one after the other, to one: a measurement that was taken in parts.

    Parameters
    ----------
    scans:
        The scans, in their order, with frames of one size.
    file:
        File to write.
    frames:
        Link to the frames in the scans' files, which takes no room, or copy them.
    existing:
        What to do with a file of that name.

    Raises
    ------
    InputError
        When there are fewer than two, frames differ in size, or the file can't be written.
    """
    if len(scans.scans) < 2:
        raise InputError(f"Joining takes two scans or more, not {len(scans.scans)}.")
    parts = [Part(s, np.arange(s.frames)) for s in scans.scans]
    return write_scan(file, parts, frames, existing, progress)


@task(title="Add darks and flats", output="scan", requires="tomography")
def add_darks_and_flats(
    scan: TomoScan,
    source: TomoScan,
    *,
    file: _Output,
    darks: Annotated[
        Literal["at the start", "at the end", "no"], Param(label="Add its darks")
    ] = "at the start",
    flats: Annotated[
        Literal["at the start", "at the end", "no"], Param(label="Add its flats")
    ] = "at the start",
    frames: _Frames = "link",
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> TomoScan:
    """Add the raw darks and flats of another scan to one that lacks them.

    Parameters
    ----------
    scan:
        The scan that lacks them.
    source:
        A scan that has dark or flat frames, of the same size.
    file:
        File to write.
    darks:
        Where its darks are added.
    flats:
        Where its flats are added: before the projections, or behind them.
    frames:
        Link to all the frames, which takes no room, or copy them.
    existing:
        What to do with a file of that name.

    Raises
    ------
    InputError
        When the other scan has no such frames, sizes differ, or the file can't be written.
    """
    keys = read_table(source).keys
    before: list[Part] = []
    after: list[Part] = []
    for what, key, where in (("darks", DARK, darks), ("flats", FLAT, flats)):
        if where == "no":
            continue
        found = np.flatnonzero(keys == key)
        if not len(found):
            raise InputError(f"{source.name}: it has no {what} to add.")
        (before if where == "at the start" else after).append(Part(source, found))
    if not before and not after:
        raise InputError(f"{scan.name}: neither darks nor flats are to be added.")
    every = Part(scan, np.arange(scan.frames))
    return write_scan(file, [*before, every, *after], frames, existing, progress)


def write_scan(
    file: Path,
    parts: list[Part],
    frames: Literal["link", "copy"],
    existing: Existing,
    progress: Progress,
) -> TomoScan:
    """Write frames of scans as one NXtomo; what is said of the experiment is the first's
    whose every frame is written.
    """
    scan = next(p.scan for p in parts if len(p.frames) == p.scan.frames)
    for part in parts:
        if part.scan.shape[1:] != scan.shape[1:]:
            raise InputError(
                f"{part.scan.name} has frames of {part.scan.shape[1]} × {part.scan.shape[2]} "
                f"pixels but {scan.name} of {scan.shape[1]} × {scan.shape[2]}: "
                "they can't be joined."
            )
    with replacing(file, ".nx", existing) as (path, new):
        try:
            for part in parts:
                with FrameSource(part.scan.file, _frames_of(part.scan)) as source:
                    check_not_read(path, (part.scan.file, *source.files))
            check_room(path, _MOST_SAID + (_bytes_of(parts) if frames == "copy" else 0))
            described(scan, parts).save(
                str(new), data_path=scan.entry, overwrite=True, nexus_path_version=2.1
            )
            _write_frames(new, f"{scan.entry}/instrument/detector", parts, frames, progress)
        except RuntimeError as error:  # HDF5 says so of a full disk when it closes the file
            raise OSError(28, "no room is left on the disk") from error
    return read_scan(path, scan.entry)


def _bytes_of(parts: list[Part]) -> float:
    """Of the frames, each with its own type: nearly what they take in one file."""
    total = 0.0
    for part in parts:
        with FrameSource(part.scan.file, _frames_of(part.scan)) as source:
            total += len(part.frames) * float(np.prod(source.shape[1:])) * source.dtype.itemsize
    return total


def described(scan: TomoScan, parts: list[Part]) -> Any:
    """An nxtomo object that says of the frames of `parts` what their files do; without frames.

    What was corrected in `scan` takes the place of what its file says.
    """
    from nxtomo.application.nxtomo import NXtomo
    from pint import get_application_registry

    units: Any = get_application_registry()  # type: ignore[no-untyped-call]
    loaded = [_loaded(part) for part in parts]
    made = loaded[0] if len(loaded) == 1 else NXtomo.concatenate(tuple(loaded))
    detector = made.instrument.detector
    detector.data = None
    made.title = scan.title or scan.name
    made.sample.name = scan.sample or scan.name
    detector.half_acquisition = scan.half_acquisition
    left_right, upside_down = scan.flips
    detector.set_transformation_from_lr_flipped(left_right)
    detector.set_transformation_from_ud_flipped(upside_down)
    if scan.distance is not None:
        detector.distance = scan.distance * units.meter
    if scan.pixel_size is not None:
        height, width = (size * units.meter for size in scan.pixel_size)
        detector.y_pixel_size = made.sample.y_pixel_size = height
        detector.x_pixel_size = made.sample.x_pixel_size = width
    if scan.axis_in_file is not None:
        away = scan.axis_in_file - (scan.shape[2] - 1) / 2
        detector.x_rotation_axis_pixel_position = -away if left_right else away
    if scan.propagation_distance is not None:
        made.sample.propagation_distance = scan.propagation_distance * units.meter
    if scan.source_distance is not None:
        made.instrument.source.distance = -scan.source_distance * units.meter
    frames = sum(len(part.frames) for part in parts)
    for axis, where in zip("xyz", scan.translation, strict=True):
        if where is not None:
            setattr(made.sample, f"{axis}_translation", np.full(frames, where) * units.meter)
    if scan.energy is not None:
        made.instrument.beam.incident_energy = scan.energy * units.keV
    return made


def _loaded(part: Part) -> Any:
    """What a scan's file says, of some of its frames."""
    from nxtomo.application.nxtomo import NXtomo

    scan, frames = part
    with quiet() as said:
        try:
            made = NXtomo().load(str(scan.file), scan.entry, detector_data_as="as_data_url")
        except (OSError, RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{scan.file}: nxtomo can't read all that this file says: {said.last(error)}"
            ) from None
    detector, sample = made.instrument.detector, made.sample
    detector.data = None
    for holder, name in (
        (detector, "count_time"),
        (detector, "sequence_number"),
        (sample, "rotation_angle"),
        (sample, "x_translation"),
        (sample, "y_translation"),
        (sample, "z_translation"),
        (made.control, "data"),
    ):
        values = getattr(holder, name)
        if values is not None and np.size(values) == scan.frames:
            setattr(holder, name, values.reshape(-1)[frames])
    detector.image_key_control = read_table(scan).keys[frames]
    return made


def _write_frames(file: Path, place: str, parts: list[Part], how: str, progress: Progress) -> None:
    import h5py

    total = sum(len(part.frames) for part in parts)
    rows, columns = parts[0].scan.shape[1:]
    with appended(file) as root:
        group = root[place]
        paths = {id(p): _frames_of(p.scan) for p in parts}
        dtypes = []
        for part in parts:
            with FrameSource(part.scan.file, paths[id(part)]) as source:
                dtypes.append(source.dtype)
        dtype = np.result_type(*dtypes)
        if how == "copy":
            _copy(group, parts, (total, rows, columns), dtype, progress)
        else:
            layout = h5py.VirtualLayout((total, rows, columns), dtype)
            done = 0
            for part in parts:
                where = os.path.relpath(part.scan.file, file.parent)
                source = h5py.VirtualSource(
                    where, paths[id(part)], (part.scan.frames, rows, columns)
                )
                for run in np.split(part.frames, np.flatnonzero(np.diff(part.frames) != 1) + 1):
                    stop = done + len(run)
                    layout[done:stop] = source[int(run[0]) : int(run[-1]) + 1]
                    done = stop
            group.create_virtual_dataset("data", layout)
        group["data"].attrs["interpretation"] = "image"
        entry = root[place.split("/instrument")[0]]
        plot = entry.require_group("data")
        plot.attrs["signal"] = "data"
        if "data" not in plot:
            plot["data"] = h5py.SoftLink(f"/{place}/data")


def _frames_of(scan: TomoScan) -> str:
    return f"{scan.entry}/instrument/detector/data"


def _copy(
    group: Any,
    parts: list[Part],
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    progress: Progress,
) -> None:
    from ...nexus.chunks import Buffers

    written = group.create_dataset("data", shape, dtype, chunks=(1, *shape[1:]))
    done = 0
    buffers = Buffers()
    for part in parts:
        with FrameSource(part.scan.file, _frames_of(part.scan)) as source:
            for block in np.array_split(part.frames, -(-len(part.frames) // 8)):
                progress(done / shape[0], "Copying frames")
                stop = done + len(block)
                written[done:stop] = source.read(block, slice(None), buffers)
                done = stop
