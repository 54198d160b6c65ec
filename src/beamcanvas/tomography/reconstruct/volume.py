"""A whole volume, by chunks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from ...errors import InputError
from ...output_file import check_not_read
from ...task import SILENT, Param, Progress, task
from ..frames.projections import Projections
from ..scan.position import sample_position
from ..scan.types import TomoScan
from ..volume.reading import VolumeData
from ..volume.types import Volume
from ..volume.writing import WORDS, Format, check_place, place_of, write_volume
from .chunks import (
    VolumePlan,
    assemble,
    fingerprint_of,
    make_chunk,
    said_of,
    write_chunk,
)
from .engine import Slices
from .memory import rows_at_once

Existing = Literal["resume", "replace"]

_File = Annotated[
    Path | None,
    Param(path="save", auto="reconstructed_volumes/<scan>_vol", filter="HDF5 (*.hdf5)"),
]
_FirstRow = Annotated[int | None, Param(ge=0, auto="no limit", unit="px", group="Rows")]
_LastRow = Annotated[int | None, Param(ge=0, auto="no limit", unit="px", group="Rows")]
_Memory = Annotated[float | None, Param(gt=0, unit="GB", auto="half of what is free")]
_Existing = Annotated[
    Existing,
    Param(
        label="What is there already",
        words={"resume": "continue it", "replace": "replace it"},
    ),
]


@task(title="Reconstruct volume", output="volume", requires="tomography")
def reconstruct_volume(
    scan: TomoScan,
    *,
    file: _File = None,
    format: Annotated[Format, Param(words=WORDS)] = "hdf5",
    first_row: _FirstRow = None,
    last_row: _LastRow = None,
    memory: _Memory = None,
    existing: _Existing = "resume",
    progress: Progress = SILENT,
) -> Volume:
    """Reconstruct a volume, chunk by chunk, in no more memory than is allowed.

    Each chunk is a file of its own beside the volume's. A volume that was interrupted goes
    on where it stopped when the same is run again.

    Parameters
    ----------
    scan:
        A scan whose darks, flats and rotation axis are known.
    file:
        The volume's file, or the folder of its slices.
    format:
        HDF5, as nabu's; the others are written from it when it is complete.
    first_row:
        First row of the projections (after region and binning) that becomes a slice.
    last_row:
        The last one.
    memory:
        That the whole process may take.
    existing:
        Go on with a volume of the same scan and settings, or make all of it anew.

    Raises
    ------
    InputError
        When the scan can't be reconstructed, two rows don't fit into the memory, there is
        no room on the disk, or another volume is there already.
    """
    place = place_of(Path(file) if file is not None else _beside(scan), format)
    if format == "jp2":
        raise InputError(
            "JPEG 2000 holds uint8 or uint16 values, not float32: reconstruct another format, and "
            "cast it."
        )
    own = place if format == "hdf5" else place.with_name(f".{place.stem}-parts.hdf5")
    if format != "hdf5":
        check_place(place, "keep" if existing == "resume" else "replace", 0)
    with Projections(scan) as projections:
        check_not_read(place, projections.files)
        slices = Slices(projections)
        plan = _plan(slices, own, first_row, last_row, memory, existing)
        if format == "hdf5" and said_of(own) == (plan.fingerprint, *plan.rows):
            progress(1.0, "It is there already")
            return plan.volume
        total = plan.rows[1] - plan.rows[0]
        share = 1.0 if format == "hdf5" else 0.9
        for chunk in plan.chunks:
            start, stop = (share * (row - plan.rows[0]) / total for row in chunk)
            part = progress.part(start, stop)
            part(
                0.0, f"Slices {chunk[0]} to {chunk[1] - 1} of {plan.rows[0]} to {plan.rows[1] - 1}"
            )
            if not plan.is_done(chunk):
                write_chunk(plan, chunk, slices, part)
        doubts = projections.doubts
    volume = assemble(plan, _settings(scan))
    volume = replace(volume, warnings=(*volume.warnings, *doubts))
    if format == "hdf5":
        return volume
    with VolumeData(volume) as data:
        frames = _each_slice(data, progress.part(share, 1))
        written = write_volume(
            volume,
            place,
            format,
            frames,
            existing="keep" if existing == "resume" else "replace",
        )
    _remove(own)
    return replace(written, warnings=volume.warnings)


@task(title="Plan volume", output="plan", requires="tomography")
def plan_volume(
    scan: TomoScan,
    *,
    file: _File = None,
    first_row: _FirstRow = None,
    last_row: _LastRow = None,
    memory: _Memory = None,
    existing: _Existing = "resume",
) -> VolumePlan:
    """Divide a volume into chunks that workers or cluster jobs make, each a part of them.

    Parameters
    ----------
    scan:
        A scan whose darks, flats and rotation axis are known.
    file:
        The volume's HDF5 file.
    first_row:
        First row of the projections (after region and binning) that becomes a slice.
    last_row:
        The last one.
    memory:
        That one worker may take.
    existing:
        Go on with a volume of the same scan and settings, or make all of it anew.

    Raises
    ------
    InputError
        As reconstructing the volume does.
    """
    place = place_of(Path(file) if file is not None else _beside(scan), "hdf5")
    with Projections(scan) as projections:
        check_not_read(place, projections.files)
        return _plan(Slices(projections), place, first_row, last_row, memory, existing)


@task(title="Part of volume", output="plan", requires="tomography")
def reconstruct_part(
    plan: VolumePlan,
    *,
    part: Annotated[int, Param(ge=1)] = 1,
    parts: Annotated[int, Param(ge=1, label="of")] = 1,
    progress: Progress = SILENT,
) -> VolumePlan:
    """Make one part of the chunks of a planned volume.

    Parameters
    ----------
    plan:
        From *Plan volume*.
    part:
        Which one, from 1 on.
    parts:
        How many there are, one for each worker.

    Raises
    ------
    InputError
        When there is no such part, or a chunk can't be made.
    """
    if part > parts:
        raise InputError(f"There is no part {part} of {parts}.")
    mine = plan.chunks[part - 1 :: parts]
    for n, chunk in enumerate(mine):
        words = f"Slices {chunk[0]} to {chunk[1] - 1}"
        progress(n / len(mine), words)
        make_chunk(plan, chunk, progress.part(n / len(mine), (n + 1) / len(mine)))
    return plan


@task(title="Assemble volume", output="volume", requires="tomography")
def assemble_volume(
    plan: VolumePlan,
    second: VolumePlan | None = None,
    third: VolumePlan | None = None,
    fourth: VolumePlan | None = None,
) -> Volume:
    """Join the parts of a volume when all of them are made.

    Parameters
    ----------
    plan:
        What a part gave.
    second:
        What another part gave, where they are made side by side.
    third:
        And another one.
    fourth:
        And another one.

    Raises
    ------
    InputError
        When chunks are missing, or the plans are of different volumes.
    """
    others = [p for p in (second, third, fourth) if p is not None]
    if any(other.fingerprint != plan.fingerprint for other in others):
        raise InputError("The parts should be of one volume, made from one plan.")
    return assemble(plan, _settings(plan.scan))


def _beside(scan: TomoScan) -> Path:
    return scan.file.parent / "reconstructed_volumes" / f"{scan.name}_vol"


def _plan(
    slices: Slices,
    place: Path,
    first_row: int | None,
    last_row: int | None,
    memory: float | None,
    existing: Existing,
) -> VolumePlan:
    scan = slices.projections.scan
    count = slices.shape[0]
    start = 0 if first_row is None else first_row
    stop = count if last_row is None else last_row + 1
    if not 0 <= start < stop <= count:
        raise InputError(f"Rows {start} to {stop - 1} are not among the {count} of {scan.name}.")
    place = place.absolute()
    size = slices.voxel_size
    position = None if size is None else _position(slices, (start, stop), size)
    volume = Volume(
        identifier=f"hdf5:volume:{place}?path=entry/reconstruction",
        format="hdf5",
        path=place,
        shape=(stop - start, *slices.geometry.shape),
        dtype="float32",
        voxel_size=size,
        position=position,
        scan=scan.identifier,
        unit=slices.unit,
        warnings=scan.warnings,
    )
    step = rows_at_once(slices, None if memory is None else 1e9 * memory, stop - start)
    plan = VolumePlan(scan, volume, (start, stop), step, fingerprint_of(scan), at_once=step)
    plan = _prepared(plan, existing)
    left = sum(b - a for a, b in plan.chunks if not plan.is_done((a, b)))
    height, width = slices.geometry.shape
    check_place(place, "replace", 4.0 * left * height * width)
    return plan


def _position(
    slices: Slices, rows: tuple[int, int], size: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The middle of rows (first, after the last) from the axis and the detector's middle.

    And from there where the sample was moved to; upwards, as tomoscan and nabu count: the
    first slice is the highest.
    """
    scan, geometry = slices.projections.scan, slices.geometry
    high = scan.selection.binning[0]
    top = 0 if scan.selection.rows is None else scan.selection.rows[0]
    below = top + high * sum(rows) / 2 - scan.shape[1] / 2  # px of the detector
    y, x = (
        (first + (n - 1) / 2) * width
        for first, n, width in zip(geometry.first, geometry.shape, size[1:], strict=True)
    )
    moved = sample_position(scan)
    return moved[0] - below * size[0] / high, moved[1] + y, moved[2] + x


def _prepared(plan: VolumePlan, existing: Existing) -> VolumePlan:
    """The plan with what is there already: gone on with, or taken away."""
    place = plan.volume.path
    parts = place.with_suffix("")
    chunks = sorted(parts.glob(f"{place.stem}_*.hdf5"))
    if existing == "replace":
        foreign = next((chunk for chunk in chunks if said_of(chunk) is None), None)
        if foreign is not None:
            raise InputError(f"{foreign} is there and no part of a volume: choose another name.")
        _remove(place)
        return plan
    for file in [place, *chunks]:
        if not file.exists():
            continue
        said = said_of(file)
        if said is None or said[0] != plan.fingerprint or (file == place and said[1:] != plan.rows):
            raise InputError(
                f"{file} is there already and was made otherwise: choose 'replace it', or "
                "another file."
            )
        if file != place and said[1] == plan.rows[0]:
            # chunks as they were, each made in parts where the memory is less now
            plan = replace(plan, step=said[2] - said[1])
    return plan


def _remove(place: Path) -> None:
    """Take a volume and its chunks away, and nothing else that lies with them."""
    place.unlink(missing_ok=True)
    chunk = f"{place.stem}_"
    # and what a process that was killed left half written
    for pattern in (f"{chunk}*.hdf5", f".{chunk[:40]}*-????????.hdf5"):
        for file in place.with_suffix("").glob(pattern):
            file.unlink(missing_ok=True)
    with suppress(OSError):  # it holds something else, or isn't there
        place.with_suffix("").rmdir()


def _settings(scan: TomoScan) -> dict[str, Any]:
    """What is worth knowing of how the volume was made."""
    settings: dict[str, Any] = {
        "rotation_axis": scan.centre,
        "rotation_axis_from": scan.centre_from,
        "treatments": "; ".join(t.summary for t in scan.treatments),
        "selection": repr(scan.selection),
    }
    settings.update(vars(scan.reconstruction))
    return {name: value for name, value in settings.items() if value is not None}


def _each_slice(data: VolumeData, progress: Progress) -> Iterator[Any]:
    for z in progress.each(range(data.shape[0]), "Writing slices"):
        yield data.frames(z, z + 1)[0]
