"""A volume as a list of chunks, each of which can be made alone, anywhere, at any time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import NewFile, is_hdf5
from ...output_file import words_of
from ...task import SILENT, Progress
from ..frames.projections import Projections
from ..scan.types import TomoScan
from ..volume.types import Volume
from ..volume.writing import describe_hdf5, set_unit
from .engine import Slices

DATA = "entry/reconstruction/results/data"


@dataclass(frozen=True)
class VolumePlan:
    """A volume that is to be made: of which rows of which scan, in which chunks, where."""

    scan: TomoScan
    volume: Volume  #: as it will be
    rows: tuple[int, int]  #: the first, and the one after the last
    step: int  #: rows of a chunk
    fingerprint: str  #: of all that the voxels depend on
    at_once: int  #: rows that fit into memory together: a chunk is made of so many at a time

    @property
    def chunks(self) -> tuple[tuple[int, int], ...]:
        """First row, and the one after the last, of each chunk."""
        start, stop = self.rows
        return tuple((n, min(n + self.step, stop)) for n in range(start, stop, self.step))

    @property
    def summary(self) -> str:
        """In words."""
        count = len(self.chunks)
        return f"{self.volume.summary}, in {count} chunk{'s' if count > 1 else ''}"

    def file(self, chunk: tuple[int, int]) -> Path:
        """Where a chunk is."""
        place = self.volume.path
        return place.with_suffix("") / f"{place.stem}_{chunk[0]:06d}.hdf5"

    def is_done(self, chunk: tuple[int, int]) -> bool:
        """Whether the chunk is there, whole and of this plan."""
        said = said_of(self.file(chunk))
        return said == (self.fingerprint, *chunk)


def said_of(file: Path) -> tuple[str, int, int] | None:
    """Fingerprint and rows of a chunk's file; None where there is none that is whole."""
    import h5py

    if not is_hdf5(file):
        return None
    try:
        with h5py.File(file, "r") as root:
            of = root.attrs
            return str(of["fingerprint"]), int(of["first_row"]), int(of["last_row"]) + 1
    except (OSError, KeyError):
        return None


def fingerprint_of(scan: TomoScan) -> str:
    """Changes with whatever changes the voxels: files, decisions, settings."""
    from hashlib import sha256  # with all of OpenSSL

    plain = replace(scan, warnings=(), centre_from="")
    files = [scan.file, *(r.file for r in (scan.darks, scan.flats) if r is not None)]
    settings = scan.reconstruction
    files += [f for f in (settings.angles_file, settings.axis_file) if f is not None]
    try:
        states = [(f.stat().st_mtime_ns, f.stat().st_size) for f in files]
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}.") from None
    return sha256(repr((plain, states)).encode()).hexdigest()


def make_chunk(plan: VolumePlan, chunk: tuple[int, int], progress: Progress = SILENT) -> Path:
    """Reconstruct one chunk into its file, unless it is there already.

    Raises
    ------
    InputError
        When the scan can't be read or reconstructed, or the file can't be written; nothing
        is left of it then.
    """
    file = plan.file(chunk)
    if plan.is_done(chunk):
        return file
    with Projections(plan.scan) as projections:
        return write_chunk(plan, chunk, Slices(projections), progress)


def write_chunk(
    plan: VolumePlan, chunk: tuple[int, int], slices: Slices, progress: Progress = SILENT
) -> Path:
    """As :func:`make_chunk`, with what reconstructs at hand."""
    blocks = _blocks(plan, chunk, slices, progress)
    rows, block = next(blocks)
    count = chunk[1] - chunk[0]
    new = NewFile(plan.file(chunk))
    try:
        size = plan.volume.voxel_size
        part = replace(plan.volume, shape=(count, *plan.volume.shape[1:]))
        if size is not None and plan.volume.position is not None:
            middle = (chunk[0] + chunk[1] - sum(plan.rows)) / 2 * size[0]
            z, y, x = plan.volume.position
            part = replace(part, position=(z - middle, y, x))
        results = describe_hdf5(new.file, part, {})
        data = results.create_dataset("data", part.shape, np.float32)
        set_unit(data, part)
        data[rows] = block
        for rows, block in blocks:
            data[rows] = block
        new.file.attrs.update(
            fingerprint=plan.fingerprint, first_row=chunk[0], last_row=chunk[1] - 1
        )
        progress(1.0, f"{count} slices written")
        return new.keep()
    except OSError as error:
        raise InputError(f"{plan.file(chunk)} can't be written: {words_of(error)}.") from None
    finally:
        new.discard()


def _blocks(
    plan: VolumePlan, chunk: tuple[int, int], slices: Slices, progress: Progress
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The slices of a chunk, as many at a time as the memory allows, and where they go."""
    first, stop = chunk
    for start in range(first, stop, plan.at_once):
        end = min(start + plan.at_once, stop)
        done = (start - first) / (stop - first), (end - first) / (stop - first)
        yield slice(start - first, end - first), slices.rows(start, end, progress.part(*done))


def assemble(plan: VolumePlan, settings: dict[str, Any]) -> Volume:
    """Join the chunks into one volume: a file that shows them as one array.

    Raises
    ------
    InputError
        When a chunk isn't there, or the file can't be written.
    """
    import h5py

    missing = [chunk for chunk in plan.chunks if not plan.is_done(chunk)]
    if missing:
        first, stop = missing[0]
        raise InputError(
            f"{plan.volume.path}: {len(missing)} of {len(plan.chunks)} chunks are missing, the "
            f"first one of rows {first} to {stop - 1}; run the parts that make them."
        )
    volume = plan.volume
    layout = h5py.VirtualLayout(volume.shape, np.float32)
    start = plan.rows[0]
    for chunk in plan.chunks:
        file = plan.file(chunk)
        shape = (chunk[1] - chunk[0], *volume.shape[1:])
        source = h5py.VirtualSource(f"{file.parent.name}/{file.name}", DATA, shape)
        layout[chunk[0] - start : chunk[1] - start] = source
    new = NewFile(volume.path)
    try:
        results = describe_hdf5(new.file, volume, settings)
        set_unit(results.create_virtual_dataset("data", layout), volume)
        new.file.attrs["fingerprint"] = plan.fingerprint
        new.file.attrs.update(first_row=plan.rows[0], last_row=plan.rows[1] - 1)
        new.keep()
    finally:
        new.discard()
    return volume
