"""Writing scans as bliss does, frame by frame: to try and to test what reads them.

``<dataset>.h5`` has one entry a scan, with counters under ``measurement``. The detector's
frames stand in files of their own, bitshuffled and LZ4-packed with one frame a chunk, and the
entry gets a virtual dataset over them, and its ``end_time``, when the scan is finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

DATA = "entry_0000/measurement/data"  #: where the detector's own files have the frames


class ScanWriter:
    """One scan that grows. Every file is closed and valid between two frames.

    Parameters
    ----------
    file:
        File of the dataset; a scan is added to one that is there.
    counters:
        Names of what is measured at each point beside the frames.
    positioners:
        Where motors stand, by name.
    frames_per_file:
        After so many frames the detector begins a new file.
    """

    def __init__(
        self,
        file: Path,
        counters: tuple[str, ...] = (),
        *,
        scan: int = 1,
        detector: str = "pilatus",
        title: str = "ascan",
        positioners: Mapping[str, float] | None = None,
        frames_per_file: int = 10,
    ) -> None:
        self.file, self.scan, self.detector = Path(file), scan, detector
        self.entry = f"{scan}.1"
        self.frames_per_file = frames_per_file
        self.count = 0
        self._shape: tuple[int, int] = (0, 0)
        self._dtype: Any = None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._opened(self.file) as root:
            root.attrs.update(NX_class="NXroot", creator="bliss", default=self.entry)
            entry = _group(root, self.entry, "NXentry")
            entry["title"] = title
            entry["start_time"] = _now()
            instrument = _group(entry, "instrument", "NXinstrument")
            found = _group(instrument, detector, "NXdetector")
            found["type"] = "lima"
            places = _group(instrument, "positioners", "NXcollection")
            for name, value in (positioners or {}).items():
                places[name] = value
            measurement = _group(entry, "measurement", "NXcollection")
            for name in counters:
                group = _group(instrument, name, "NXdetector")
                group.create_dataset("data", (0,), float, maxshape=(None,), chunks=(1024,))
                measurement[name] = _soft(group["data"])

    def file_of(self, number: int) -> Path:
        """The detector's file that holds a frame."""
        name = f"{self.detector}_{number // self.frames_per_file:04d}.h5"
        return self.file.parent / f"scan{self.scan:04d}" / name

    def add(self, frame: NDArray[Any], **counters: float) -> None:
        """One point: a frame, and the counters that were named in the beginning."""
        import hdf5plugin

        self._shape, self._dtype = frame.shape, frame.dtype
        path = self.file_of(self.count)
        path.parent.mkdir(exist_ok=True)
        with self._opened(path) as root:
            if DATA not in root:
                root.create_dataset(
                    DATA,
                    (self.frames_per_file, *frame.shape),
                    frame.dtype,
                    chunks=(1, *frame.shape),
                    **hdf5plugin.Bitshuffle(cname="lz4"),
                )
            root[DATA][self.count % self.frames_per_file] = frame
        with self._opened(self.file) as root:
            for name, value in counters.items():
                values = root[f"{self.entry}/measurement/{name}"]
                values.resize(self.count + 1, axis=0)
                values[self.count] = value
        self.count += 1

    def finish(self) -> Path:
        """Put the frames together and say that the scan has ended."""
        import h5py

        shape = (self.count, *self._shape)
        layout = h5py.VirtualLayout(shape, self._dtype)
        for first in range(0, self.count, self.frames_per_file):
            count = min(self.frames_per_file, self.count - first)
            name = self.file_of(first).relative_to(self.file.parent).as_posix()
            whole = (self.frames_per_file, *self._shape)
            source = h5py.VirtualSource(name, DATA, shape=whole)
            layout[first : first + count] = source[:count]
        with self._opened(self.file) as root:
            entry = root[self.entry]
            detector = entry[f"instrument/{self.detector}"]
            detector.create_virtual_dataset("data", layout, fillvalue=0)
            entry[f"measurement/{self.detector}"] = _soft(detector["data"])
            entry["end_time"] = _now()
        return self.file

    @staticmethod
    def _opened(path: Path) -> Any:
        import h5py

        return h5py.File(path, "a", locking=False)  # as bliss does, for those who look on


def _group(parent: Any, name: str, nx_class: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def _soft(dataset: Any) -> Any:
    import h5py

    return h5py.SoftLink(dataset.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
