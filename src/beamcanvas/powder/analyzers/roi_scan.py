"""A continuous scan of the analyser arm in a file of ID22: counts of every row, in every frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

_BLOCK = 48 << 20  #: bytes read at a time


#: how frames can be stored, slowest first; the first is usual at ID22
ORDERS = ("column, analyser, row", "analyser, column, row", "analyser, row, column")

Order = Literal["column, analyser, row", "analyser, column, row", "analyser, row, column"]


@dataclass(frozen=True)
class Layout:
    """How a frame of all strips is stored: analysers, columns and rows, in some order."""

    analyzers: int
    rows: int
    order: str | None = None  #: None: as the file says where each one is, else the usual one

    def split(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Frames as (frames, analysers, rows), the columns of a strip added up."""
        columns = frames.shape[1] // (self.analyzers * self.rows)
        sizes = {"column": columns, "analyser": self.analyzers, "row": self.rows}
        names = (self.order or ORDERS[0]).split(", ")
        shaped = frames.reshape(len(frames), *(sizes[name] for name in names))
        order = [0] + [1 + names.index(name) for name in ("analyser", "row", "column")]
        turned = shaped.transpose(order)
        return turned[..., 0] if columns == 1 else turned.sum(axis=-1)


@dataclass(frozen=True, eq=False)
class RoiScan:
    """One scan: the arm's angle and the monitor in each frame, and where the counts are."""

    entry: str
    title: str
    start_time: str
    group: Any  #: of the scan in the file, open as long as the scan is
    arm: NDArray[np.float64]  #: degrees
    monitor: NDArray[np.float64]
    step: float  #: of the arm, degrees
    counts: Any  #: the dataset, (frames, strips × rows)
    warnings: tuple[str, ...]
    #: where in a frame are analyser by analyser, column by column, the rows; None: not known
    sorting: NDArray[np.intp] | None = None

    def blocks(self, layout: Layout) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Frames in turn, as (frames, analysers, rows)."""
        width = self.counts.shape[1] * self.counts.dtype.itemsize
        length = max(_BLOCK // width, 1)
        for start in range(0, len(self.arm), length):
            part = slice(start, min(start + length, len(self.arm)))
            frames = self.counts[part]
            if layout.order is None and self.sorting is not None:
                yield part, replace(layout, order=ORDERS[1]).split(frames[:, self.sorting])
            else:
                yield part, layout.split(frames)


@contextmanager
def open_scans(
    file: Path, scans: list[str], counter: str, monitor: str, layout: Layout
) -> Iterator[list[RoiScan]]:
    """The scans of a file that are named, or all those of the arm.

    Raises
    ------
    InputError
        When the file can't be read or a scan isn't there or lacks something.
    """
    import h5py
    import hdf5plugin  # noqa: F401 - its filters register when imported

    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        source = h5py.File(file, "r")
    except OSError:
        raise InputError(f"{file} can't be read: it is damaged, cut off or no HDF5 file.") from None
    with source:
        names = scans or [n for n in source if f"{n}/measurement/{counter}" in source]
        if not names:
            raise InputError(f"There is no scan with '{counter}' in {file}.")
        names.sort(key=lambda n: [int(w) if w.isdigit() else 0 for w in n.split(".")])
        yield [_scan(file, source, name, counter, monitor, layout) for name in names]


def _scan(
    file: Path, source: Any, name: str, counter: str, monitor: str, layout: Layout
) -> RoiScan:
    if name not in source:
        raise InputError(f"There is no scan {name} in {file}.{_others(source)}")
    entry = source[name]

    def needed(path: str) -> Any:
        found = entry.get(path)
        if found is None:
            raise InputError(f"Scan {name} of {file} lacks '{path}'.")
        return found

    counts = needed(f"measurement/{counter}")
    motor = _text(needed("instrument/fscan_parameters/motor"))
    step = abs(float(needed("instrument/fscan_parameters/step_size")[()]))
    said = int(needed("instrument/fscan_parameters/npoints")[()])
    arm = np.asarray(needed(f"measurement/{motor}"), dtype=float)
    beam = np.asarray(needed(f"measurement/{monitor}"), dtype=float)
    per_column = layout.analyzers * layout.rows
    if counts.ndim != 2 or counts.shape[1] % per_column or not counts.shape[1]:
        raise InputError(
            f"Scan {name} of {file} has frames of shape {counts.shape[1:]}, which is not "
            f"{layout.analyzers} analysers of {layout.rows} rows."
        )
    length = min(len(counts), len(arm), len(beam))
    if not length:
        raise InputError(f"Scan {name} of {file} has no frame.")
    warnings = []
    if length < said or "end_time" not in entry:
        warnings.append(f"Scan {name} was cut short or still runs: {length} of {said} frames used.")
    arm, beam = arm[:length], beam[:length]
    dark = ~(np.isfinite(beam) & (beam > 0) & np.isfinite(arm))
    if dark.all():
        raise InputError(f"The monitor '{monitor}' of scan {name} of {file} never counted.")
    if dark.any():
        warnings.append(f"Scan {name}: {int(dark.sum())} frames without monitor left out.")
    title = _text(entry["title"]) if "title" in entry else ""
    places = entry.get(f"instrument/{counter}/selection")
    sorting = _sorting(places, layout, counts.shape[1]) if layout.order is None else None
    start = _text(entry["start_time"]) if "start_time" in entry else ""
    return RoiScan(name, title, start, entry, arm, beam, step, counts, tuple(warnings), sorting)


def _sorting(places: Any, layout: Layout, size: int) -> NDArray[np.intp] | None:
    """The order of a frame's numbers by where on the detector they were counted."""
    if places is None or "x" not in places or "y" not in places:
        return None
    x, y = np.ravel(places["x"][()]), np.ravel(places["y"][()])
    strips = size // layout.rows
    if len(x) != size or len(y) != size or len(np.unique(x)) != strips:
        return None
    return np.lexsort((y, x))


def _text(dataset: Any) -> str:
    value = dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)


def _others(source: Any) -> str:
    names = list(source)
    return f" It has {', '.join(names[:6])}{' …' if len(names) > 6 else ''}." if names else ""
