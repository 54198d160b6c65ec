"""What a bliss file offers to choose from: scans, and their detectors, counters and motors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import InputError

_SMALLEST = 16  #: rows and columns of what can be a detector's frame


def scan_numbers(file: Path | None) -> list[int]:
    """The numbers of a file's scans."""
    with _opened(file) as root:
        return sorted({int(name.partition(".")[0]) for name in root if _is_scan(root, name)})


def detectors(file: Path | None, scan: int, subscan: int) -> list[str]:
    """The detectors of a scan that have frames."""
    with _opened(file) as root:
        found = _datasets(root, scan, subscan, 3)
        return [name for name, dataset in found if min(dataset.shape[1:]) >= _SMALLEST]


def counters(file: Path | None, scan: int, subscan: int) -> list[str]:
    """What a scan counted, or read, point by point."""
    with _opened(file) as root:
        return [name for name, _ in _datasets(root, scan, subscan, 1)]


def motors(file: Path | None, scan: int, subscan: int) -> list[str]:
    """What tells where something was: what a scan read point by point, then what stood still."""
    with _opened(file) as root:
        found = [name for name, _ in _datasets(root, scan, subscan, 1)]
        still = root.get(f"{scan}.{subscan}/instrument/positioners", {})
        return [*found, *(name for name in still if name not in found)]


@contextmanager
def _opened(file: Path | None) -> Iterator[Any]:
    import h5py

    if file is None:
        raise InputError("No file is given.")
    try:
        # no lock: bliss must not be kept from writing
        with h5py.File(file, "r", locking=False) as root:
            yield root
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"{file}: the HDF5 file can't be read: {error}.") from None


def _is_scan(root: Any, name: str) -> bool:
    number, _, subscan = name.partition(".")
    return number.isdecimal() and subscan.isdecimal() and "measurement" in root[name]


def _datasets(root: Any, scan: int, subscan: int, dimensions: int) -> Iterator[tuple[str, Any]]:
    measurement = root.get(f"{scan}.{subscan}/measurement", {})
    for name in measurement:
        found = measurement.get(name)  # None for a link that leads nowhere
        if len(getattr(found, "shape", None) or ()) == dimensions and found.dtype.kind in "iuf":
            yield name, found
