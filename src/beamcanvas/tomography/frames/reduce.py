"""Darks and flats reduced to one image a series, in files as tomoscan and nabu have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.chunks import Buffers
from ...nexus.file import NewFile, reading
from ...output_file import words_of
from ...task import SILENT, Param, Progress, task
from ..scan.fields import is_numeric, member
from ..scan.nxtomo import DARK, FLAT, FrameTable, read_table
from ..scan.types import Reduced, TomoScan
from .flatten import count_dead, read_reduced
from .source import FrameSource

if TYPE_CHECKING:
    import h5py

Method = Literal["mean", "median"]

_AT_ONCE = 128 << 20  #: bytes of a series that are held at a time

_Folder = Annotated[
    Path | None,
    Param(path="folder", auto="beside the scan", label="Folder for the reduced frames", more=True),
]


@task(title="Darks and flats", output="scan", requires="tomography")
def reduce_darks_and_flats(
    scan: TomoScan,
    *,
    darks: Method = "mean",
    flats: Method = "median",
    existing: Annotated[
        Literal["keep", "replace"],
        Param(label="Those that are there", words={"keep": "keep them", "replace": "replace them"}),
    ] = "keep",
    folder: _Folder = None,
    progress: Progress = SILENT,
) -> TomoScan:
    """Make one image of each series of darks and of flats.

    They are written as tomoscan and nabu name them, ``<scan>_darks.hdf5`` and
    ``<scan>_flats.hdf5``, and are found there by them and by the next run. Those of a scan
    whose image keys were edited get a name of their own, as other frames went into them.

    Parameters
    ----------
    scan:
        A scan with frames taken without beam (darks) and without sample (flats).
    darks:
        How a series of darks becomes one image.
    flats:
        How a series of flats becomes one image: the median forgets what flew by.
    existing:
        When reduced frames are there already: keep them, or compute them again.
    folder:
        Where to write them.

    Raises
    ------
    InputError
        When the scan has neither darks nor flats, a file can't be written, or what is
        there doesn't fit the scan.
    """
    table = read_table(scan)
    done: dict[str, Reduced] = {}
    for n, (kind, key, method) in enumerate((("darks", DARK, darks), ("flats", FLAT, flats))):
        part = progress.part(n / 2, (n + 1) / 2)
        path = reduced_file(scan, kind, folder)
        found = find_reduced(scan, kind, path) if existing == "keep" else None
        series = table.series(key)
        if found is not None:
            done[kind] = found
        elif series:
            done[kind] = _reduce(scan, table, kind, series, method, path, part)
    if not done:
        raise InputError(
            f"{scan.name}: the scan has neither darks nor flats, and none are reduced in "
            f"{reduced_file(scan, 'darks', folder).parent}; copy those of another scan."
        )
    return with_reduced(scan, done.get("darks"), done.get("flats"))


@task(title="Copy darks and flats", output="scan", requires="tomography")
def copy_darks_and_flats(
    scan: TomoScan,
    source: TomoScan,
    *,
    darks: Annotated[bool, Param(label="Copy the darks")] = True,
    flats: Annotated[bool, Param(label="Copy the flats")] = True,
    existing: Annotated[
        Literal["keep", "replace"],
        Param(
            label="Where the scan has its own",
            words={"keep": "keep them", "replace": "replace them"},
        ),
    ] = "keep",
) -> TomoScan:
    """Use the reduced darks and flats of another scan.

    One image each is used, the mean of what the other scan has: its frame numbers, and
    with them an interpolation between its series, mean nothing here. Nothing is written.

    Parameters
    ----------
    scan:
        A scan that lacks darks, or flats, or both.
    source:
        A scan whose darks and flats are reduced, with frames of the same size.
    darks:
        Copy the darks.
    flats:
        Copy the flats.
    existing:
        What to do where the scan has reduced frames of its own.

    Raises
    ------
    InputError
        When the other scan's are not reduced, or its frames have another size.
    """
    if source.shape[1:] != scan.shape[1:]:
        raise InputError(
            f"{source.name} has frames of {source.shape[1]} × {source.shape[2]} pixels but "
            f"{scan.name} of {scan.shape[1]} × {scan.shape[2]}: its darks and flats don't fit."
        )
    chosen = {"darks": scan.darks, "flats": scan.flats}
    for kind, wanted in (("darks", darks), ("flats", flats)):
        if not wanted or (chosen[kind] is not None and existing == "keep"):
            continue
        other: Reduced | None = getattr(source, kind)
        if other is None:
            raise InputError(f"{source.name}: its {kind} are not reduced; there are none to copy.")
        chosen[kind] = replace(other, copied_from=other.copied_from or source.identifier)
    return with_reduced(scan, chosen["darks"], chosen["flats"])


def with_reduced(scan: TomoScan, darks: Reduced | None, flats: Reduced | None) -> TomoScan:
    """The scan with these darks and flats, and a warning of pixels that are dead in them."""
    known = {"darks": darks, "flats": flats}
    lacking = [f"The scan has no {kind[:-1]} frames." for kind in known if known[kind] is None]
    kept = tuple(w for w in scan.warnings if not w.startswith("The scan has no "))
    new = replace(scan, darks=darks, flats=flats, warnings=kept).warned(*lacking)
    if darks is None or flats is None:
        return new
    dead = count_dead(read_reduced(darks).mean(axis=0), read_reduced(flats))
    if dead == scan.shape[1] * scan.shape[2]:
        raise InputError(
            f"{scan.name}: its flats are nowhere brighter than its darks; are they swapped?"
        )
    if not dead:
        return new
    if dead == 1:
        return new.warned(
            "One pixel is dead: its flat is no brighter than the dark. It gets the value between "
            "its neighbours."
        )
    return new.warned(
        f"{dead} pixels are dead: their flat is no brighter than the dark. They get the values "
        "between their neighbours."
    )


def reduced_file(scan: TomoScan, kind: str, folder: Path | None = None) -> Path:
    """Where tomoscan looks for the reduced frames of a scan.

    Those of a scan whose image keys were edited are others: they lie beside, under a name of
    their own.
    """
    own = f"-{crc32(repr(scan.keys).encode()):08x}" if scan.keys else ""
    return (folder or scan.file.parent) / f"{scan.name}{own}_{kind}.hdf5"


def find_reduced(scan: TomoScan, kind: str, path: Path) -> Reduced | None:
    """Reduced frames in a file, or None where it has none of this scan.

    Raises
    ------
    InputError
        When they are of another size than the scan's frames.
    """
    if not path.is_file():
        return None
    with reading(path) as root:
        group = member(root, f"{scan.entry}/{kind}")
        if not hasattr(group, "items"):
            return None
        frames = sorted(int(name) for name in group if name.isdecimal())
        if not frames:
            return None
        for frame in frames:
            image = member(group, str(frame))
            if not is_numeric(image):
                raise InputError(
                    f"{path}: image {frame} of these {kind} is no image; replace them."
                )
            if image.shape != scan.shape[1:]:
                raise InputError(
                    f"{path}: these {kind} have {' × '.join(map(str, image.shape))} pixels but "
                    f"the scan {scan.shape[1]} × {scan.shape[2]}; replace them."
                )
        currents = member(group, "machine_current")
        known = tuple(np.ravel(currents[()]).astype(float).tolist()) if is_numeric(currents) else ()
        return Reduced(
            file=path.absolute(),
            entry=scan.entry,
            kind=kind,
            frames=tuple(frames),
            currents=known if len(known) == len(frames) and all(np.isfinite(known)) else (),
            method=str(group.attrs.get("method", "")),
        )


def _reduce(
    scan: TomoScan,
    table: FrameTable,
    kind: str,
    series: list[range],
    method: Method,
    path: Path,
    progress: Progress,
) -> Reduced:
    images = []
    with FrameSource(scan.file, f"{scan.entry}/instrument/detector/data") as source:
        for n, frames in enumerate(series):
            part = progress.part(n / len(series), (n + 1) / len(series))
            images.append(_one_image(source, frames, method, part, f"Reducing {kind}"))
    currents: tuple[float, ...] = ()
    if table.currents is not None:
        take = np.mean if method == "mean" else np.median
        currents = tuple(float(take(table.currents[list(frames)])) for frames in series)
    write_reduced(path, scan.entry, kind, [s.start for s in series], images, currents, method)
    return Reduced(
        file=path.absolute(),
        entry=scan.entry,
        kind=kind,
        frames=tuple(s.start for s in series),
        currents=currents,
        method=method,
    )


def _one_image(
    source: FrameSource, frames: range, method: Method, progress: Progress, message: str
) -> NDArray[np.float32]:
    _, rows, columns = source.shape
    numbers = np.arange(frames.start, frames.stop)
    made = np.empty((rows, columns), np.float32)
    at_once = max(1, _AT_ONCE // (len(frames) * columns * source.dtype.itemsize))
    buffers = Buffers()
    for top in progress.each(range(0, rows, at_once), message):
        part = slice(top, min(top + at_once, rows))
        read = source.read(numbers, part, buffers)
        made[part] = (
            read.mean(axis=0, dtype=np.float64) if method == "mean" else np.median(read, axis=0)
        )
    return made


def write_reduced(
    path: Path,
    entry: str,
    kind: str,
    frames: list[int],
    images: list[Any],
    currents: tuple[float, ...],
    method: str,
) -> None:
    """Write reduced frames beside those of other scans in the file.

    Raises
    ------
    InputError
        When the file can't be written.
    """
    new = NewFile(path, start_from=path if path.is_file() else None)
    try:
        _fill(new.file, f"{entry}/{kind}", frames, images, currents, method)
        new.keep()
    except OSError as error:
        new.discard()
        raise InputError(f"{path}: the file can't be written: {words_of(error)}.") from None
    except BaseException:
        new.discard()
        raise


def _fill(
    root: h5py.File,
    place: str,
    frames: list[int],
    images: list[Any],
    currents: tuple[float, ...],
    method: str,
) -> None:
    if place in root:
        del root[place]
    group = root.create_group(place)
    group.attrs["method"] = method
    for frame, image in zip(frames, images, strict=True):
        written = group.create_dataset(str(frame), data=image)
        written.attrs["interpretation"] = "image"
    if currents:
        group["machine_current"] = np.array(currents)
        group["machine_current"].attrs["units"] = "ampere"
