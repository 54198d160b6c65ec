"""What a saved result keeps of the raw data: links to them, and what was counted meanwhile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...nexus.file import opened
from ..origin import Origin
from .nexus import describe

_MOST = 100_000  #: values of a counter that are copied; of a longer scan there is a link


def write_origins(entry: Any, origins: Sequence[Origin], folder: Path) -> None:
    """Link an NXentry to the raw data that it is made of.

    Files, paths, frames (-1: all) and what each was used for go into a collection ``raw``,
    with a link to each that is HDF5. When all images are of one NeXus entry, such as a bliss
    scan, its times and counters are copied (those of the frame, if it is one) and its
    instrument and sample are linked.

    Parameters
    ----------
    folder:
        Where the saved file will be: links are relative to it.
    """
    if not origins:
        return
    raw = describe(entry.create_group("raw"), "NXcollection")
    raw["files"] = [str(origin.file) for origin in origins]
    raw["paths"] = [origin.path for origin in origins]
    raw["frames"] = [-1 if origin.frame is None else origin.frame for origin in origins]
    raw["roles"] = [origin.role for origin in origins]
    places = dict.fromkeys((o.role, o.file, o.path) for o in origins if o.path)
    for role, file, path in places:
        number = sum(name.startswith(role) for name in raw)
        raw[f"{role}_{number + 1}" if number else role] = external(file, path, folder)
    images = [origin for origin in origins if origin.role == "image"]
    if len({(origin.file, origin.entry) for origin in images}) == 1 and images[0].path:
        only = images[0].frame if len(images) == 1 else None
        with suppress(InputError):  # it may be elsewhere by now; the links tell
            _write_measurement(entry, images[0], only, folder)


def read_origins(entry: Any) -> tuple[Origin, ...]:
    """What :func:`write_origins` wrote; nothing of other files."""
    raw = entry.get("raw", {})
    if not {"files", "paths", "frames", "roles"} <= set(raw):
        return ()
    columns = (raw["files"].asstr(), raw["paths"].asstr(), raw["frames"], raw["roles"].asstr())
    return tuple(
        Origin(Path(file), path, None if frame < 0 else int(frame), role)
        for file, path, frame, role in zip(*(column[()] for column in columns), strict=True)
    )


def external(file: Path, path: str, folder: Path) -> Any:
    """A link out of a file in `folder`, relative where that is possible."""
    import h5py

    try:
        return h5py.ExternalLink(os.path.relpath(file, folder), path)
    except ValueError:  # another drive
        return h5py.ExternalLink(str(file), path)


def _write_measurement(entry: Any, origin: Origin, frame: int | None, folder: Path) -> None:
    with opened(origin.file) as root:
        theirs = root.get(origin.entry)
        if theirs is None or not hasattr(theirs, "keys"):
            return
        for name in ("instrument", "sample"):
            if name in theirs:
                entry[name] = external(origin.file, f"{theirs.name}/{name}", folder)
        for name in ("start_time", "end_time"):
            if name in theirs:
                entry[name] = theirs[name][()]
        measured, kept = theirs.get("measurement", {}), entry["measurement"]
        for name in measured:
            counter = measured.get(name)  # None for a link that leads nowhere
            if getattr(counter, "ndim", 0) != 1 or name in kept:
                continue
            if frame is None and len(counter) > _MOST:
                kept[name] = external(origin.file, f"{measured.name}/{name}", folder)
            elif frame is None or frame < len(counter):
                kept[name] = counter[()] if frame is None else counter[frame]
                kept[name].attrs.update(counter.attrs)
