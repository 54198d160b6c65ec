"""Maps and treated frames as NeXus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...nexus import NXData
from ...nexus.values import write_nxdata
from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..analyse.components import Components
from ..analyse.maps import PixelMaps
from ..analyse.mosaicity import Mosaicity
from ..analyse.reciprocal import ReciprocalMap
from ..analyse.sums import SumImages
from ..stack import DarkfieldStack

#: what NeXus calls the units
_UNITS = {"°": "deg", "°²": "deg^2", "µm": "um"}

_FILE = "NeXus (*.h5 *.nxs)"


@task(title="Save maps", output="file", requires="darkfield")
def save_maps(
    maps: PixelMaps | Mosaicity | SumImages | Components | ReciprocalMap,
    *,
    file: Annotated[Path, Param(path="save", filter=_FILE)],
    existing: Existing = "keep",
) -> Path:
    """Save maps as NeXus: each with its unit, its axes, and all that made it.

    silx and whatever else reads NXdata plots them. Where there is no value is said by NaN and
    by a mask; motors, settings and treatments are written beside.

    Parameters
    ----------
    maps:
        Moments, fits, strain, mosaicity, sums, reciprocal space ...
    file:
        File to write.
    existing:
        What to do where there is a file of that name.

    Raises
    ------
    InputError
        When the file is there and is to be kept, or can't be written.
    """
    import h5py

    with replacing(file, ".h5", existing) as (path, new), h5py.File(new, "w") as root:
        entry = _entry(root, maps)
        names = []
        for data in plots_of(maps):
            written = write_nxdata(entry, data.name, _plain(data))
            if data.axes and data.axes[-1].name == "colour":
                written[data.name].attrs["interpretation"] = "rgba-image"
            names.append(data.name)
        entry.attrs["default"] = names[0]
    return path


def plots_of(
    maps: PixelMaps | Mosaicity | SumImages | Components | ReciprocalMap,
) -> Iterator[NXData]:
    """All that can be plotted of a result."""
    if isinstance(maps, PixelMaps):
        for name, values in maps.maps.items():
            yield replace(maps.plot(name), mask=~np.isfinite(values))
        return
    yield maps.nxdata()
    if isinstance(maps, Mosaicity):
        distribution = maps.distribution_nxdata()
        yield distribution
        (x0, x1), (y0, y1) = maps.ranges
        rows, columns, _ = maps.key.shape
        yield replace(
            maps.nxdata(),
            name="colour_key",
            title="Colour key",
            signal=maps.key,
            pixels=False,
            axes=(
                replace(distribution.axes[0], values=np.linspace(y0, y1, rows)),
                replace(distribution.axes[1], values=np.linspace(x0, x1, columns)),
                maps.nxdata().axes[2],
            ),
        )
    elif isinstance(maps, Components):
        for name, curve in maps.curve_nxdata().items():
            yield replace(curve, name=f"{name.replace(' ', '_')}_curve")


def _plain(data: NXData) -> NXData:
    """With units as NeXus spells them."""
    axes = tuple(replace(a, unit=_UNITS.get(a.unit, a.unit)) for a in data.axes)
    return replace(data, unit=_UNITS.get(data.unit, data.unit), axes=axes)


def _entry(root: Any, maps: Any) -> Any:
    root.attrs.update(
        NX_class="NXroot", creator="beamcanvas", creator_version=__version__, default="entry"
    )
    entry = root.create_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry["title"] = maps.summary
    entry["end_time"] = datetime.now(UTC).isoformat(timespec="seconds")
    process = entry.create_group("process")
    process.attrs["NX_class"] = "NXprocess"
    process["program"] = "beamcanvas"
    process["version"] = __version__
    settings = dict(getattr(maps, "settings", {}))
    note = process.create_group("settings")
    note.attrs["NX_class"] = "NXnote"
    note["type"] = "application/json"
    note["data"] = json.dumps(settings, indent=1, default=str)
    stack = getattr(maps, "stack", None)
    if stack is not None:
        process["source"] = stack.title
        _motors(process.create_group("scan"), stack)
    return entry


def _motors(group: Any, stack: DarkfieldStack) -> None:
    group.attrs["NX_class"] = "NXcollection"
    group["order"] = list(stack.motors)
    for d, values in zip(stack.dimensions, stack.positions, strict=True):
        written = group.create_group(d.motor)
        written.attrs["NX_class"] = "NXpositioner"
        written["name"] = d.motor
        written["value"] = values
        written["value"].attrs["units"] = _UNITS.get(d.unit, d.unit)


@task(title="Save stack", output="file", requires="darkfield")
def save_stack(
    stack: DarkfieldStack,
    *,
    file: Annotated[Path, Param(path="save", filter=_FILE)],
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> Path:
    """Write treated frames with their motors' positions: a scan that can be opened again.

    Frames are bitshuffled and packed with LZ4, one a chunk, as the detector writes them.

    Parameters
    ----------
    stack:
        The frames; all treatments are done now.
    file:
        File to write.
    existing:
        What to do where there is a file of that name.

    Raises
    ------
    InputError
        When the file is there and is to be kept, or can't be written.
    """
    import h5py

    with replacing(file, ".h5", existing) as (path, new), h5py.File(new, "w") as root:
        root.attrs.update(NX_class="NXroot", creator="beamcanvas", default="1.1")
        entry = root.create_group("1.1")
        entry.attrs["NX_class"] = "NXentry"
        entry["title"] = stack.title
        entry["treatment"] = list(stack.history) or [""]
        instrument = entry.create_group("instrument")
        places = instrument.create_group("positioners")
        for name, value in stack.fixed.items():
            places[name] = value
        for d, values in zip(stack.dimensions, stack.positions, strict=True):
            places[d.motor] = values
        detector = instrument.create_group("detector")
        detector.attrs["NX_class"] = "NXdetector"
        _write_frames(detector, stack, path.parent, progress)
    return path


def _write_frames(detector: Any, stack: DarkfieldStack, folder: Path, progress: Progress) -> None:
    import hdf5plugin

    treated = stack.treated()
    frames, rows, columns = treated.shape
    written = detector.create_dataset(
        "data",
        shape=(frames, rows, columns),
        dtype=treated.dtype,
        chunks=(1, rows, columns),
        **hdf5plugin.Bitshuffle(cname="lz4"),
    )
    lock = Lock()
    if treated.by_frame:

        def some(numbers: Sequence[int], block: NDArray[Any]) -> None:
            with lock:
                written[numbers[0] : numbers[-1] + 1] = block

        treated.each_frames(some, progress, "Writing")
        return
    # a file for what would not fit into memory
    size = rows * columns * treated.dtype.itemsize
    with TemporaryFile(dir=folder) as scratch:

        def band(top: int, bottom: int, block: NDArray[Any]) -> None:
            with lock:
                for k, part in enumerate(block):
                    scratch.seek(k * size + top * (size // rows))
                    scratch.write(part)

        treated.each_band(band, progress.part(0.0, 0.8), "Treating")
        scratch.seek(0)
        for k in progress.part(0.8, 1.0).each(range(frames), "Writing"):
            frame = np.fromfile(scratch, treated.dtype, rows * columns)
            written[k] = frame.reshape(rows, columns)
