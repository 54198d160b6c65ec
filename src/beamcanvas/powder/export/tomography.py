"""A scan over translation and rotation as diffraction tomography takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...errors import InputError
from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..experiment.poni import poni_text
from ..scan.results import IntegratedScan
from .scan_file import counter, patterns_of

Array = NDArray[np.float64]

_AT_ONCE = 32_000_000  #: bytes of patterns copied at a time
_STILL = 0.1  #: of its largest step: a motor that moves less than this stands


class Tomogram(NamedTuple):
    """The file, and the form that the scan has."""

    file: Path
    shape: dict[str, int]  #: lines and points of a regular scan; empty of any other


@task(title="Export for tomography", requires="powder")
def export_tomography(
    scan: IntegratedScan,
    *,
    file: Annotated[Path, Param(path="save", filter="HDF5 (*.h5)")],
    existing: Existing = "keep",
    translation: Annotated[str, Param(label="Translation")] = "y",
    rotation: Annotated[str, Param(label="Rotation")] = "th",
    progress: Progress = SILENT,
) -> Tomogram:
    """Write the patterns of a scan over y and rotation for XRD-CT, as ID31's tools read it.

    ``XRD`` holds a pattern a row, ``y`` and ``th`` where the sample was for each of them,
    and ``q`` (or ``2th`` ...) the radial axis. A scan that is regular, line by line, one way
    or to and fro, is there a second time as sinograms over both motors; its plot is the
    default. A line that was cut short, and frames that failed, are NaN.

    Parameters
    ----------
    scan:
        Patterns of a scan, from Integrate scan.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.
    translation:
        Name of the counter that says where the sample was across the beam.
    rotation:
        Name of the counter that says how it was turned.

    Raises
    ------
    InputError
        When the scan is of cakes, has no such counter or too short ones, or the file can't
        be written, or is there and to be kept.
    """
    import h5py

    if scan.azimuthal is not None:
        raise InputError("Tomography takes patterns, and this scan was integrated into cakes.")
    with patterns_of(scan) as data:
        signal = data["intensity"]
        motors = counter(scan, data, translation), counter(scan, data, rotation)
        y, th = (np.asarray(motor[: len(signal)], dtype=float) for motor in motors)
        radial = str(data.attrs["axes"][-1])
        units = {
            name: str(dataset.attrs.get("units", ""))
            for name, dataset in zip((radial, "y", "th"), (data[radial], *motors), strict=True)
        }
        with replacing(file, ".h5", existing) as (path, new), h5py.File(new, "w") as root:
            root.attrs.update(NX_class="NXroot", creator="beamcanvas", creator_version=__version__)
            for name, values in ((radial, scan.radial), ("y", y), ("th", th)):
                root[name] = values
                if units[name]:
                    root[name].attrs["units"] = units[name]
            chunk = (min(64, signal.shape[0]), signal.shape[1])
            rows = root.create_dataset("XRD", signal.shape, "f4", chunks=chunk, compression="gzip")
            step = max(1, _AT_ONCE // (4 * signal.shape[1]))
            for start in range(0, signal.shape[0], step):
                progress(start / signal.shape[0], "Copying patterns")
                rows[start : start + step] = signal[start : start + step]
            grid = _grid(y, th)
            if grid is not None:
                _sinograms(root, rows, grid, radial, units)
            _say(root, scan)
    shape = {} if grid is None else {"lines": grid.order.shape[0], "points": grid.order.shape[1]}
    progress(1.0, "Exported")
    return Tomogram(path, shape)


class _Grid(NamedTuple):
    """A regular scan: which frame is where, (lines, points); -1: none."""

    order: NDArray[np.intp]
    slow: str  #: the motor that stands along a line
    lines: Array
    points: Array


def _grid(y: Array, th: Array) -> _Grid | None:
    """The lines of a regular scan; None when it is none."""
    for slow, still, moving in (("y", y, th), ("th", th, y)):
        steps = np.abs(np.diff(still))
        if not steps.size or not steps.max() > 0:
            continue
        lines = np.split(np.arange(len(still)), np.flatnonzero(steps > _STILL * steps.max()) + 1)
        length = len(lines[0])
        if length < 2 or len(lines) < 2 or any(len(line) != length for line in lines[:-1]):
            continue
        if len(lines[-1]) > length:
            continue
        order = np.full((len(lines), length), -1)
        for row, line in enumerate(lines):
            forth = moving[line[-1]] >= moving[line[0]]
            order[row, : len(line)] = line if forth else line[::-1]
            if not forth and len(line) < length:  # cut short on the way back
                order[row] = np.roll(order[row], length - len(line))
        whole = order[:-1] if len(lines[-1]) < length else order
        points = moving[whole].mean(axis=0)
        step = np.diff(points)
        spread = np.abs(moving[whole] - points).max()
        if not (step > 0).all() or spread > 0.6 * step.min():
            continue
        return _Grid(order, slow, np.array([still[line].mean() for line in lines]), points)
    return None


def _sinograms(root: Any, rows: Any, grid: _Grid, radial: str, units: dict[str, str]) -> None:
    """The patterns over (line, point, radius), read from `rows` a line at a time."""
    entry = root.create_group("entry")
    entry.attrs.update(NX_class="NXentry", default="sinograms")
    root.attrs["default"] = "entry"
    group = entry.create_group("sinograms")
    fast = "th" if grid.slow == "y" else "y"
    group.attrs.update(NX_class="NXdata", signal="intensity", interpretation="spectrum")
    group.attrs["axes"] = [grid.slow, fast, radial]
    group["title"] = "Patterns over both motors"
    for name, values in ((grid.slow, grid.lines), (fast, grid.points)):
        group[name] = values
        if units[name]:
            group[name].attrs["units"] = units[name]
    group[radial] = root[radial]
    made = group.create_dataset(
        "intensity",
        (*grid.order.shape, rows.shape[1]),
        "f4",
        chunks=(1, min(64, grid.order.shape[1]), rows.shape[1]),
        compression="gzip",
    )
    for number, line in enumerate(grid.order):
        there = line[line >= 0]
        low, high = int(there.min()), int(there.max()) + 1
        patterns = rows[low:high]
        made[number] = np.where((line >= 0)[:, None], patterns[np.maximum(line, low) - low], np.nan)


def _say(root: Any, scan: IntegratedScan) -> None:
    """What the patterns are, and how they were made."""
    process = root.require_group("entry").create_group("integrate")
    process.parent.attrs["NX_class"] = "NXentry"
    process.attrs["NX_class"] = "NXprocess"
    process["program"] = "beamcanvas"
    process["version"] = __version__
    process["engine"] = scan.engine
    process["source"] = scan.source
    told = {
        "settings": ("application/json", json.dumps(scan.settings, indent=1)),
        "geometry": ("text/plain", poni_text(scan.geometry)),
    }
    for name, (kind, text) in told.items():
        note = process.create_group(name)
        note.attrs["NX_class"] = "NXnote"
        note["type"], note["data"] = kind, text
