"""Opening a scan, or several that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import Part
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack
from ..stack.memory import half_of_memory
from ..stack.source import FileSource, Source
from .dimensions import Found, Named, arrange, by_number, guess
from .entries import Entry, read_entry, read_frames_at

_FILES = "HDF5 (*.h5 *.hdf5 *.nxs);;All files (*)"


@task(title="Open scan", output="stack", requires="darkfield")
def open_scan(
    file: Annotated[Path, Param(path="open", filter=_FILES)],
    *,
    scan: Annotated[str | None, Param(auto="the first with frames")] = None,
    to: Annotated[
        str | None, Param(label="To scan", auto="no others", group="Several scans", more=True)
    ] = None,
    along: Annotated[
        str | None,
        Param(auto="what moved between them", group="Several scans", more=True),
    ] = None,
    detector: Annotated[str | None, Param(auto="the only one", more=True)] = None,
    motors: Annotated[list[str] | None, Param(auto="as the scan was told", more=True)] = None,
    dark_file: Annotated[
        Path | None, Param(path="open", filter=_FILES, auto="none", group="Dark frames", more=True)
    ] = None,
    dark_scan: Annotated[
        str | None, Param(auto="the first with frames", group="Dark frames", more=True)
    ] = None,
    memory: Annotated[
        float | None, Param(gt=0, unit="GB", auto="half of the machine's", more=True)
    ] = None,
    progress: Progress = SILENT,
) -> DarkfieldStack:
    """Open a dark-field scan: find its frames, what moved, and where the motors really stood.

    Nothing but the motors' positions is read; the frames are read when a result needs them.
    What moved is taken from the scan's own parameters, else from its title, else from the
    positions, with tolerance for encoders. Frames taken to and fro (zigzag) are put in order.

    Parameters
    ----------
    file:
        HDF5 file as bliss writes it, or any with a stack of frames. A path inside the file
        may follow after ``::`` where the file has no scans.
    scan:
        Which scan: 3.1, or 3 for short.
    to:
        The last of several scans that belong together, such as the layers of a sample. The
        motor that moved between them becomes the slowest one.
    along:
        The motor that moved from scan to scan.
    detector:
        Name of the detector, or path of the frames within the scan.
    motors:
        Names of the motors that make the dimensions, slowest first.
    dark_file:
        File with frames without beam.
    dark_scan:
        Which scan of that file has them.
    memory:
        Memory that frames may take; above it they are read in parts.

    Raises
    ------
    InputError
        When a file, a scan, a detector or a motor isn't there, the dark frames have another
        shape, or the motors' positions don't fit the frames.
    """
    name, _, inside = str(file).partition("::")
    path = Path(name)
    if inside:
        entries = [read_frames_at(path, inside)]
    else:
        entries = [read_entry(path, one, detector) for one in _names(scan, to)]
    progress(0.3, "Looking for missing frames")
    source = _source(path, entries)
    found = _find(entries, motors, along, source)
    dark = None
    if dark_file is not None:
        dark = _source(Path(dark_file), [read_entry(Path(dark_file), dark_scan, None)])
        if dark.shape != source.shape:
            raise InputError(
                f"The dark frames in {dark_file} have {dark.shape[0]} × {dark.shape[1]} pixels; "
                f"the scan has {source.shape[0]} × {source.shape[1]}."
            )
    moving = {d.motor for d in found.dimensions}
    return DarkfieldStack(
        source=source,
        dimensions=found.dimensions,
        positions=found.positions,
        order=found.order,
        fixed=_others(entries, moving),
        dark=dark,
        limit=half_of_memory() if memory is None else int(memory * 1e9),
        title=f"{path.name}::{entries[0].name} {entries[0].title}".strip(),
        warnings=(*found.warnings, *_gaps(source, found.order)),
    )


def _names(scan: str | None, to: str | None) -> Sequence[str | None]:
    if to is None:
        return [scan]
    try:
        first, last = (int(float(n)) for n in (scan or "1", to))
    except ValueError:
        raise InputError(f"'{scan}' to '{to}' are no numbers of scans, such as 1.1.") from None
    if last < first:
        raise InputError(f"Scan {to} comes before scan {scan}.")
    return [f"{n}.1" for n in range(first, last + 1)]


def _source(file: Path, entries: Sequence[Entry]) -> FileSource:
    """All frames, one scan after the other, and which of them are missing."""
    parts: list[Part] = []
    count = 0
    for entry in entries:
        if entry.shape[1:] != entries[0].shape[1:]:
            raise InputError(
                f"{file}: scan {entry.name} has frames of {entry.shape[1]} × {entry.shape[2]} "
                f"pixels, scan {entries[0].name} of {entries[0].shape[1]} × "
                f"{entries[0].shape[2]}."
            )
        parts += [replace(part, first=part.first + count) for part in entry.parts]
        count += entry.shape[0]
    rows, columns = entries[0].shape[1:]
    name = f"{file.name}::{entries[0].detector}"
    source = FileSource(count, (rows, columns), entries[0].dtype, name, tuple(parts))
    missing: list[int] = []
    with source.reading() as reader:
        ready = 0
        while (ready := reader.ready(ready)) < count:  # type: ignore[attr-defined]
            missing.append(ready)
            ready += 1
    if len(missing) == count:
        raise InputError(f"{file}: not one frame of scan {entries[0].name} can be read.")
    return replace(source, missing=tuple(missing))


def _find(
    entries: Sequence[Entry], motors: list[str] | None, along: str | None, source: Source
) -> Found:
    frames = [entry.shape[0] for entry in entries]
    if len(entries) == 1:
        usable = _until_missing(source)
        return _of_one(entries[0], motors, usable)
    if len(set(frames)) > 1:
        raise InputError(
            "The scans have different numbers of frames: "
            + ", ".join(f"{e.name} {n}" for e, n in zip(entries, frames, strict=True))
            + "."
        )
    each = _of_one(entries[0], motors, frames[0])
    motor, places = _between(entries, along, {d.motor for d in each.dimensions})
    positions = {motor: np.repeat(places, frames[0])}
    for dimension in each.dimensions:
        positions[dimension.motor] = np.concatenate(
            [_at(entry, dimension.motor)[: frames[0]] for entry in entries]
        )
    named: list[Named] = [(motor, len(entries)), *((d.motor, d.size) for d in each.dimensions)]
    return arrange(named, positions, sum(frames))


def _at(entry: Entry, motor: str) -> NDArray[np.float64]:
    if motor == "frame":
        return np.arange(entry.shape[0], dtype=np.float64)
    if motor not in entry.positions:
        raise InputError(f"Scan {entry.name} has no positions of '{motor}'.")
    return entry.positions[motor]


def _of_one(entry: Entry, motors: list[str] | None, frames: int) -> Found:
    positions = entry.positions
    if motors:
        from .dimensions import levels

        for motor in motors:
            if motor not in positions:
                moved = ", ".join(sorted(entry.driven)[:12]) or "none"
                raise InputError(
                    f"No position of '{motor}' was recorded at each frame; those of {moved} were."
                )
        named: list[Named] | None = [
            (m, int(levels(positions[m][:frames]).max()) + 1) for m in motors
        ]
    else:
        named = [n for n in entry.named if n[0] in positions] if entry.named else None
        if entry.named and len(named or ()) < len(entry.named):
            gone = next(m for m, _ in entry.named if m not in positions)
            if len(entry.named) == 1:
                words = f"The motor '{gone}' moved, but where it stood was not recorded."
                return by_number(frames, words)
            raise InputError(
                f"The scan moved '{gone}', but where it stood was not recorded at each frame."
            )
    if named is None:
        named = guess({n: p[:frames] for n, p in entry.driven.items()}, frames)
    if named is None:
        words = "What moved can't be told: the frames are numbered. Say it in 'Dimensions'."
        return by_number(frames, words)
    told = prod(size for _, size in named)
    if told < frames and not motors:
        sizes = " × ".join(str(size) for _, size in named)
        named = guess({n: p[:frames] for n, p in entry.driven.items()}, frames)
        warning = f"The scan was told to make {sizes} = {told} frames; there are {frames}"
        if named is None:
            words = f"{warning}, which are numbered. Say what moved in 'Dimensions'."
            return by_number(frames, words)
        found = arrange(named, positions, frames)
        return replace(found, warnings=(f"{warning}: what moved is told by the positions.",))
    found = arrange(named, positions, frames)
    longer = {m: len(positions[m]) for m, _ in named if len(positions[m]) > entry.shape[0]}
    if longer:
        words = ", ".join(f"'{m}' has {n}" for m, n in longer.items())
        warning = f"The scan has {entry.shape[0]} frames but {words} positions: the first count."
        found = replace(found, warnings=(*found.warnings, warning))
    return found


def _between(
    entries: Sequence[Entry], along: str | None, moved: set[str]
) -> tuple[str, NDArray[np.float64]]:
    """The motor that moved from scan to scan, and where it stood."""
    names = set.intersection(*(set(e.fixed) for e in entries)) - moved
    if along is not None:
        if along not in names:
            raise InputError(f"Where '{along}' stood is not recorded in each of the scans.")
        return along, np.array([e.fixed[along] for e in entries])
    best, least = "", 0.0
    for name in sorted(names):
        places = np.array([e.fixed[name] for e in entries])
        steps = np.diff(places)
        # the one that moves on evenly, rather than a reading that trembles
        even = float(np.abs(steps.mean()) / (steps.std() + 1e-12 * (1 + np.abs(places).max())))
        if np.all(steps > 0) or np.all(steps < 0):
            if even > least:
                best, least = name, even
    if best:
        return best, np.array([e.fixed[best] for e in entries])
    return "scan", np.array([float(e.name.split(".")[0]) for e in entries])


def _until_missing(source: Source) -> int:
    """Frames up to those that are missing at the end."""
    missing = set(source.missing) if isinstance(source, FileSource) else set()
    count = source.count
    while count - 1 in missing:
        count -= 1
    return count


def _gaps(source: FileSource, order: NDArray[np.intp]) -> tuple[str, ...]:
    gone = sorted(set(source.missing) & set(order.tolist()))
    if not gone:
        return ()
    few = ", ".join(map(str, gone[:5])) + (" ..." if len(gone) > 5 else "")
    return (f"{len(gone)} frames are missing and count as empty: {few}.",)


def _others(entries: Sequence[Entry], moving: set[str]) -> dict[str, float]:
    found = dict(entries[0].fixed)
    for name, values in entries[0].driven.items():
        found.setdefault(name, float(np.median(values)))
    return {name: value for name, value in found.items() if name not in moving}
