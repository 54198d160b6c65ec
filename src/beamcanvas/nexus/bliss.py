"""Reading the scans of a bliss file: counters, positioners, and where the frames are.

A scan may still be written: it is looked at again and again, each look a :class:`Scan` of its
own. Frames are read from the detector's own files, past the virtual dataset, which shows
zeros where such a file is missing or cut off.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .chunks import Buffers, ChunkedFrames, Packed
from .file import opened

_OPEN_FILES = 4  #: of the detector, at a time
_SMALLEST = 16  #: rows and columns of what can be a detector's frame
_LIMA = "entry_0000/measurement/data"


@dataclass(frozen=True, order=True)
class Part:
    """Frames of a scan that stand together in one file."""

    first: int  #: number of the first in the scan
    count: int
    file: Path
    dataset: str
    start: int  #: number of the first in the dataset


@dataclass(frozen=True, eq=False)
class Scan:
    """One scan as it stood when it was looked at."""

    file: Path
    entry: str  #: "1.1"
    title: str
    start_time: str
    end_time: str  #: empty while the scan is still being written
    detector: str
    parts: tuple[Part, ...]  #: in the order of the frames; none before the first frame is there
    frames: int  #: in the scan so far, missing ones included
    counters: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    positioners: dict[str, float] = field(default_factory=dict)
    #: which of the groups instrument and sample it has
    surroundings: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        return bool(self.end_time)


def read_scan(file: Path, number: int, subscan: int = 1, detector: str | None = None) -> Scan:
    """Look at a scan.

    Parameters
    ----------
    number, subscan:
        Scan 3.1 has number 3 and subscan 1.
    detector:
        Name of the detector; may be None where the scan has one with frames.

    Raises
    ------
    InputError
        When the file can't be read, or the scan or the detector isn't in it; the sentence
        lists what is.
    """
    entry_name = f"{number}.{subscan}"
    file = Path(file).absolute()
    with _looking_on(file) as root:
        entry = root.get(entry_name)
        if entry is None or "measurement" not in entry:
            there = [name for name in root if "measurement" in root[name]]
            raise InputError(
                f"{file}: there is no scan {entry_name} in it. " + _listed("Scans are", there)
            )
        title, start, end = (_text(entry.get(n)) for n in ("title", "start_time", "end_time"))
        found, dataset = _detector(file, entry, detector, bool(end))
        if dataset is None:
            parts = _own_files(file, number, found)
            frames = sum(part.count for part in parts)
        else:
            parts, frames = parts_of(dataset), int(dataset.shape[0])
        return Scan(
            file=file,
            entry=entry_name,
            title=title,
            start_time=start,
            end_time=end,
            detector=found,
            parts=parts,
            frames=frames,
            counters=dict(_counters(entry["measurement"])),
            positioners=dict(_positioners(entry)),
            surroundings=tuple(name for name in ("instrument", "sample") if name in entry),
        )


@contextmanager
def _looking_on(file: Path) -> Iterator[Any]:
    """The file, open while another program may write it."""
    import h5py
    import hdf5plugin  # noqa: F401 - its filters register when imported

    try:
        # no lock: bliss must not be kept from writing
        with h5py.File(file, "r", locking=False) as root:
            yield root
    except (OSError, KeyError, RuntimeError) as error:
        with opened(file):  # for its sentences
            pass
        raise InputError(f"{file}: the HDF5 file can't be read: {error}.") from None


def _listed(words: str, names: list[str]) -> str:
    if not names:
        return "It has none."
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{words} {', '.join(names[:8])}{more}."


def _text(dataset: Any) -> str:
    value = "" if dataset is None else dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)


def _is_frames(dataset: Any) -> bool:
    shape = getattr(dataset, "shape", None) or ()
    return len(shape) == 3 and min(shape[1:]) >= _SMALLEST


def _detector(file: Path, entry: Any, name: str | None, finished: bool) -> tuple[str, Any]:
    """Name and dataset of the detector; no dataset while a scan has none of it yet."""
    measurement, instrument = entry["measurement"], entry.get("instrument", {})
    there = [key for key in measurement if _is_frames(measurement.get(key))]
    if name is not None and name in there:
        return name, measurement[name]
    if name is not None:
        inside = instrument.get(f"{name}/data")
        if _is_frames(inside):
            return name, inside
    elif len(there) == 1:
        return there[0], measurement[there[0]]
    elif len(there) > 1:
        raise InputError(
            f"{file}: scan {entry.name[1:]} has {len(there)} detectors with frames: "
            f"{', '.join(there)}. Say which."
        )
    if not finished:
        lima = [k for k in instrument if _text(instrument[k].get("type")) == "lima"]
        if name in lima or (name is None and len(lima) == 1):
            return (lima[0] if name is None else name), None
    what = "detector with frames" if name is None else f"detector '{name}'"
    raise InputError(f"{file}: scan {entry.name[1:]} has no {what}. " + _listed("There is", there))


def parts_of(dataset: Any) -> tuple[Part, ...]:
    """Where a dataset's frames really are."""
    whole = (Part(0, int(dataset.shape[0]), Path(dataset.file.filename), dataset.name, 0),)
    if not dataset.is_virtual:
        return whole
    folder, frame = Path(dataset.file.filename).parent, dataset.shape[1:]
    parts = []
    for source in dataset.virtual_sources():
        (low, *_), (high, *_) = source.vspace.get_select_bounds()
        size = high - low + 1
        try:
            begin, last = source.src_space.get_select_bounds()
        except ValueError:  # all of a dataset of unknown size
            begin, last = (0, 0, 0), (size - 1, frame[0] - 1, frame[1] - 1)
        whole_frames = source.vspace.get_select_npoints() == size * frame[0] * frame[1]
        if not whole_frames or (last[0] - begin[0] + 1) != size or any(begin[1:]):
            return whole  # put together from pieces of frames: HDF5 does that
        path = Path(dataset.file.filename) if source.file_name == "." else folder / source.file_name
        parts.append(Part(int(low), int(size), path, source.dset_name, int(begin[0])))
    return tuple(sorted(parts))


def _own_files(file: Path, number: int, detector: str) -> tuple[Part, ...]:
    """The files that the detector has begun, before bliss has put them together."""
    parts: list[Part] = []
    first = 0
    for path in sorted((file.parent / f"scan{number:04d}").glob(f"{detector}_*.h5")):
        with suppress(InputError), _looking_on(path) as root:
            if _is_frames(root.get(_LIMA)):
                count = int(root[_LIMA].shape[0])
                parts.append(Part(first, count, path, _LIMA, 0))
                first += count
                continue
        break
    return tuple(parts)


def _counters(measurement: Any) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name in measurement:
        found = measurement.get(name)  # None for a link that leads nowhere
        shape = getattr(found, "shape", None)
        if shape is not None and len(shape) == 1 and found.dtype.kind in "iuf":
            yield name, np.asarray(found[()], dtype=float)


def _positioners(entry: Any) -> Iterator[tuple[str, float]]:
    places = entry.get("instrument/positioners", {})
    for name in places:
        found = places.get(name)
        if getattr(found, "shape", None) == () and found.dtype.kind in "iuf":
            yield name, float(found[()])


class FrameReader:
    """Reads the frames of a scan, for several threads. Close it, or use it as a context."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self._firsts = [part.first for part in scan.parts]
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, tuple[Any, dict[str, ChunkedFrames]]] = OrderedDict()

    def __enter__(self) -> FrameReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            for file, _ in self._open.values():
                file.close()
            self._open.clear()

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The frames from `start` to `stop` in runs that are best read at once."""
        while start < stop:
            end = start + 1
            with suppress(InputError):
                part, frames = self._frames(start)
                here = start - part.first + part.start
                together = frames.together - here % frames.together
                end = min(start + together, part.first + part.count, stop)
            yield start, end
            start = end

    def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
        """The frames of one of :meth:`blocks`, in memory that the next call uses again.

        Raises
        ------
        InputError
            When they are missing or damaged, a sentence that names the file.
        """
        part, frames = self._frames(start)
        here = start - part.first + part.start
        try:
            return frames.read(here, here + stop - start, buffers)
        except InputError as error:
            raise InputError(f"{self._name(part)}: frame {here} {error}.") from None

    def read_packed(self, number: int, buffers: Buffers) -> Packed | NDArray[Any]:
        """One frame for who unpacks it, in memory that the next call uses again.

        Raises
        ------
        InputError
            When it is missing, a sentence that names the file.
        """
        part, frames = self._frames(number)
        here = number - part.first + part.start
        name = f"{self._name(part)}: frame {here}"
        try:
            found = frames.read_packed(here, buffers)
        except InputError as error:
            raise InputError(f"{name} {error}.") from None
        return found._replace(name=name) if isinstance(found, Packed) else found

    def ready(self, start: int) -> int:
        """How many frames can be read by now, counted from the scan's first one."""
        while start < self.scan.frames:
            try:
                part, frames = self._frames(start)
            except InputError:
                return start
            here = start - part.first + part.start
            left = part.first + part.count - start
            written = frames.written(here, here + left)
            start += written
            if written < left:
                return start
        return start

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns of the frames; None when no file can be read."""
        for part in self.scan.parts:
            with suppress(InputError):
                return self._frames(part.first)[1].shape
        return None

    def _name(self, part: Part) -> str:
        folder = self.scan.file.parent
        return str(part.file.relative_to(folder) if part.file.is_relative_to(folder) else part.file)

    def _frames(self, number: int) -> tuple[Part, ChunkedFrames]:
        index = bisect_right(self._firsts, number) - 1
        part = self.scan.parts[index] if index >= 0 else None
        if part is None or number >= part.first + part.count:
            raise InputError(f"No file of the detector holds frame {number}.")
        with self._lock:
            return part, self._opened(part)

    def _opened(self, part: Part) -> ChunkedFrames:
        if part.file in self._open:
            self._open.move_to_end(part.file)
        else:
            self._open[part.file] = (self._open_file(part), {})
            # HDF5 closes a file when its last dataset goes: none is taken from a reader
            while len(self._open) > _OPEN_FILES:
                self._open.popitem(last=False)
        file, datasets = self._open[part.file]
        if part.dataset not in datasets:
            try:
                datasets[part.dataset] = ChunkedFrames(file[part.dataset])
            except (KeyError, OSError) as error:
                raise InputError(f"{self._name(part)} has no {part.dataset} ({error}).") from None
        return datasets[part.dataset]

    def _open_file(self, part: Part) -> Any:
        import h5py
        import hdf5plugin  # noqa: F401 - its filters register when imported

        if not part.file.exists():
            raise InputError(f"{self._name(part)} is missing.")
        try:
            return h5py.File(part.file, "r", locking=False)
        except OSError as error:
            reason = "is cut off" if "truncated" in str(error) else f"can't be read ({error})"
            raise InputError(f"{self._name(part)} {reason}.") from None
