"""The result file of a scan, opened again: its patterns, and the counters beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import InputError
from ...nexus.file import opened
from ..scan.results import IntegratedScan


@contextmanager
def patterns_of(scan: IntegratedScan) -> Iterator[Any]:
    """The NXdata group of a scan's patterns.

    Raises
    ------
    InputError
        When the file isn't there any more, or no longer holds them.
    """
    import h5py

    with opened(scan.file):  # for its sentences
        pass
    # no lock: the counters lead into the raw file, which may still be written
    with h5py.File(scan.file, "r", locking=False) as root:
        data = root.get(scan.path)
        if data is None or "intensity" not in data:
            raise InputError(f"{scan.file} has no {scan.path} any more.")
        yield data


def counter(scan: IntegratedScan, data: Any, name: str) -> Any:
    """The dataset of a counter beside the patterns.

    Raises
    ------
    InputError
        When there is none of that name, the raw file that holds it is gone, or it is too short.
    """
    entry = scan.path.strip("/").partition("/")[0]
    measurement = data.file.get(f"{entry}/measurement")
    there = [n for n in measurement or () if getattr(measurement.get(n), "ndim", 1) == 1]
    if name not in there:
        more = " …" if len(there) > 8 else ""
        raise InputError(
            f"{scan.file}: scan {entry} has no counter '{name}'. "
            f"It has {', '.join(there[:8])}{more}."
        )
    found = measurement.get(name)  # None for a link that leads nowhere
    if found is None:
        raise InputError(f"{scan.file}: the counter '{name}' is in the raw scan, which is gone.")
    frames = data["intensity"].shape[0]
    if found.ndim != 1 or found.shape[0] < frames:
        raise InputError(
            f"{scan.file}: the counter '{name}' has {found.size} values for {frames} frames."
        )
    return found
