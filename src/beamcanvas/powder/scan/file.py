"""The NeXus file of an integrated scan, which grows while frames are integrated.

::

    /1.1                       NXentry, as the scan's own
        <detector>_integrate   NXprocess: program, engine, settings, geometry, mask
            integrated         NXdata: intensity (frames, [azimuth,] radial), errors,
                               normalisation of each frame, weight of each point
            failed             lines on the frames that could not be integrated
        measurement            the monitors that were used; links to the rest of the scan
        instrument             link to the scan's own

It is closed and valid between two additions, so anything can look on.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...errors import InputError
from ...nexus import Axis
from ...nexus.bliss import Scan
from ..experiment.poni import poni_text
from ..files.save import _NEXUS_UNITS, _describe, _note
from ..integration.operator import Corrections
from ..types import Geometry
from .frames import Integrated
from .results import failure_lines

_ROWS = 64  #: frames of a chunk


class ScanFile:
    """Writes the patterns of one scan. A file that holds other scans keeps them.

    Parameters
    ----------
    existing:
        What to do when the file holds this scan already.
    in_place:
        Show the file from the start, as a scan that is still measured needs it. Otherwise
        it has a temporary name until :meth:`keep`.

    Raises
    ------
    InputError
        When it can't be written, or holds this scan and that is to be kept.
    """

    def __init__(
        self,
        file: Path,
        scan: Scan,
        shape: tuple[int, ...],
        *,
        with_errors: bool,
        existing: Literal["keep", "replace"],
        in_place: bool,
    ) -> None:
        path = Path(file).absolute()
        self.path = path if path.suffix else path.with_suffix(".h5")
        self.process = f"/{scan.entry}/{scan.detector}_integrate"
        self.data = f"{self.process}/integrated"
        self.frames = 0
        self._shape, self._errors = shape, with_errors
        self._rows: list[tuple[Any, Any, float]] = []
        self._block = max(1, min(_ROWS, 8_000_000 // (4 * int(np.prod(shape)))))
        if self.path.resolve() == scan.file.resolve():
            raise InputError(f"{self.path} is the scan itself: give another file for the result.")
        self._new = self._begin(existing)
        try:
            with self._opened() as root:
                self._set_up(root, scan)
            if in_place:
                self._move()
        except BaseException:
            self.discard()
            raise

    def _begin(self, existing: str) -> Path:
        """A temporary file beside the final one, with what that holds of other scans."""
        if self.path.is_dir():
            raise InputError(f"{self.path} is a folder: give the name of a file in it.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=f".{self.path.stem}-", suffix=self.path.suffix
            )
            os.close(handle)
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error.strerror}.") from None
        new = Path(name)
        try:
            umask = os.umask(0)
            os.umask(umask)
            new.chmod(0o666 & ~umask)
            if self.path.exists():
                self._take_over(new, existing)
            else:
                new.unlink()
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return new

    def _take_over(self, new: Path, existing: str) -> None:
        import h5py

        from ...nexus.file import opened

        with opened(self.path) as root:
            if self.process in root and existing == "keep":
                raise InputError(
                    f"{self.path} holds {self.process} already: choose 'replace', or another file."
                )
        # not a copy of the file: what is replaced would stay in it as a hole
        with opened(self.path) as root, h5py.File(new, "w") as copy:
            mine = self.process.split("/")[1]
            copy.attrs.update(root.attrs)
            for name in root:
                if name != mine:
                    root.copy(name, copy)
            if mine in root:
                kept = copy.create_group(mine)
                kept.attrs.update(root[mine].attrs)
                for name in root[mine]:
                    if name not in (Path(self.process).name, "measurement", "instrument"):
                        root.copy(f"{mine}/{name}", kept, expand_external=False)

    def _opened(self) -> Any:
        import h5py

        # no lock: who looks on must not stop the measurement from being written down
        return h5py.File(self._new, "a", locking=False)

    def _set_up(self, root: Any, scan: Scan) -> None:
        _describe(root, "NXroot", scan.entry)
        root.attrs.setdefault("creator", "beamcanvas")
        root.attrs.setdefault("creator_version", __version__)
        entry = _describe(root.require_group(scan.entry), "NXentry", f"{scan.detector}_integrate")
        for name, text in (("title", scan.title), ("start_time", scan.start_time)):
            entry.pop(name, None)
            entry[name] = text
        process = _describe(entry.create_group(self.process), "NXprocess", "integrated")
        process["program"] = "beamcanvas"
        process["version"] = __version__
        data = _describe(process.create_group("integrated"), "NXdata")
        names = ["intensity", "intensity_errors"] if self._errors else ["intensity"]
        for name in names:
            data.create_dataset(
                name,
                (0, *self._shape),
                np.float32,
                maxshape=(None, *self._shape),
                chunks=(self._block, *self._shape),
            )
        data["intensity"].attrs["long_name"] = "Intensity"
        for name, kind in (("normalisation", float), ("points", np.int64)):
            data.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(1024,))
        measurement = _describe(entry.require_group("measurement"), "NXcollection")
        measurement.attrs["default"] = f"{scan.detector}_integrated"
        self._link(entry, scan)

    def describe(
        self,
        geometry: Geometry,
        engine: str,
        settings: dict[str, Any],
        axes: tuple[Axis, ...],
        weight: NDArray[np.float64],
        corrections: Corrections,
    ) -> None:
        """Write down how it is made, and the axes."""
        import pyFAI

        with self._opened() as root:
            process = root[self.process]
            process["engine"] = engine
            process["pyFAI_version"] = pyFAI.version
            _note(process, "settings", "application/json", json.dumps(settings, indent=1))
            _note(process, "geometry", "text/plain", poni_text(geometry))
            if geometry.warnings:
                process["warnings"] = list(geometry.warnings)
            images = {"mask": corrections.mask.astype(np.uint8)}
            images |= {"dark": corrections.dark} if corrections.dark is not None else {}
            images |= {"flat": corrections.flat} if corrections.flat is not None else {}
            for name, image in images.items():
                process.create_dataset(name, data=image, compression="gzip", shuffle=True)
            data = process["integrated"]
            data.attrs["signal"] = "intensity"
            data.attrs["axes"] = ["points", *(axis.name for axis in axes)]
            data.attrs["interpretation"] = "spectrum" if len(axes) == 1 else "image"
            data["weight"] = weight
            data["weight"].attrs["long_name"] = "Pixels' share in each point"
            for axis in axes:
                data[axis.name] = axis.values
                data[axis.name].attrs["units"] = _NEXUS_UNITS.get(axis.unit, axis.unit)
                data[axis.name].attrs["long_name"] = axis.title

    def _link(self, entry: Any, scan: Scan) -> None:
        import h5py

        try:
            raw = os.path.relpath(scan.file, self.path.parent)
        except ValueError:  # another drive
            raw = str(scan.file)
        measurement = entry["measurement"]
        for name in scan.counters:
            measurement[name] = h5py.ExternalLink(raw, f"/{scan.entry}/measurement/{name}")
        measurement[f"{scan.detector}_integrated"] = h5py.SoftLink(f"{self.data}/intensity")
        entry.pop("instrument", None)
        entry["instrument"] = h5py.ExternalLink(raw, f"/{scan.entry}/instrument")

    def add(self, result: Integrated, factor: float) -> None:
        """One frame, the next in order."""
        self._rows.append((result.intensity, result.sigma, factor))
        if len(self._rows) >= self._block:
            self.flush()

    def flush(self) -> None:
        """Write what was added."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        missing = np.full(self._shape, np.nan, np.float32)
        start, stop = self.frames, self.frames + len(rows)
        try:
            with self._opened() as root:
                data = root[self.data]
                columns = {
                    "intensity": [missing if i is None else i for i, _, _ in rows],
                    "normalisation": [factor for _, _, factor in rows],
                    "points": range(start, stop),
                }
                if self._errors:
                    columns["intensity_errors"] = [missing if s is None else s for _, s, _ in rows]
                for name, values in columns.items():
                    data[name].resize(stop, axis=0)
                    data[name][start:] = np.asarray(values, data[name].dtype)
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error.strerror or error}.") from None
        self.frames = stop

    def keep(self, scan: Scan, monitors: tuple[str, ...], failures: dict[int, str]) -> Path:
        """Write the rest and give the file its name."""
        self.flush()
        with self._opened() as root:
            entry = root[scan.entry]
            measurement = entry["measurement"]
            for name in monitors:  # the result is not to depend on them staying where they are
                measurement.pop(name, None)
                measurement[name] = scan.counters[name]
            if failures:
                root[self.process]["failed"] = failure_lines(failures)
            root[self.process]["date"] = datetime.now(UTC).isoformat(timespec="seconds")
            if scan.end_time:
                entry.pop("end_time", None)
                entry["end_time"] = scan.end_time
        self._move()
        return self.path

    def _move(self) -> None:
        if self._new != self.path:
            self._new.replace(self.path)
            self._new = self.path

    def discard(self) -> None:
        """Leave nothing under a temporary name; what is in place, and valid, stays."""
        if self._new != self.path:
            self._new.unlink(missing_ok=True)
        else:
            with suppress(InputError, OSError):
                self.flush()
