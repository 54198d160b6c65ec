"""The NeXus file of an integrated scan, which grows while frames are integrated.

::

    /1.1                       NXentry, as the scan's own
        <detector>_integrate   NXprocess: program, engine, settings, geometry, mask
            integrated         NXdata: intensity (frames, [azimuth,] radial), errors,
                               normalisation of each frame and of each point, pixels' share
            failed             lines on the frames that could not be integrated
        <detector>_integrate_<variant>  the same for each further way to integrate
        measurement            the monitors that were used; links to the rest of the scan
        instrument, sample     links to the scan's own

It is closed and valid between two additions, so anything can look on.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ... import __version__
from ...errors import InputError
from ...nexus import Axis
from ...nexus.bliss import Scan
from ..files.names import safe_name
from ..files.nexus import describe, describe_integration, write_axis
from ..files.raw import external
from ..integration.one_frame import Integrated
from ..integration.operator import Bins, Corrections
from ..results import AXES
from ..types import Geometry
from .results import failure_lines

_ROWS = 64  #: frames of a chunk


class ScanFile:
    """Writes the patterns of one scan. A file that holds other scans keeps them.

    Parameters
    ----------
    names:
        Of the ways in which it is integrated; the first, without one, is the default plot.
    bins:
        The points of each of them.
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
        names: Sequence[str],
        bins: Sequence[Bins],
        *,
        with_errors: bool,
        existing: Literal["keep", "replace"],
        in_place: bool,
    ) -> None:
        path = Path(file).absolute()
        self.path = path if path.suffix else path.with_suffix(".h5")
        self._whole = f"/{scan.entry}/{scan.detector}_integrate"
        self.processes = [
            f"{self._whole}_{safe_name(n, 'way')}" if n else self._whole for n in names
        ]
        self.frames = 0
        self._names, self._bins, self._errors = names, bins, with_errors
        self._rows: list[tuple[Integrated | None, float]] = []
        points = sum(int(np.prod(part.layout.shape)) for part in bins)
        self._empty = np.full(points, np.nan, np.float32)
        self._block = max(1, min(_ROWS, 8_000_000 // (4 * points)))
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
            if self._whole in root and existing == "keep":
                raise InputError(
                    f"{self.path} holds {self._whole} already: choose 'replace', or another file."
                )
        # not a copy of the file: what is replaced would stay in it as a hole
        with opened(self.path) as root, h5py.File(new, "w") as copy:
            _, mine, process = self._whole.split("/")
            copy.attrs.update(root.attrs)
            for name in root:
                if name != mine:
                    root.copy(name, copy)
            if mine in root:
                kept = copy.create_group(mine)
                kept.attrs.update(root[mine].attrs)
                for name in root[mine]:
                    replaced = name == process or name.startswith(f"{process}_")
                    if not replaced and name not in ("measurement", "instrument", "sample"):
                        root.copy(f"{mine}/{name}", kept, expand_external=False)

    def _opened(self) -> Any:
        import h5py

        # no lock: who looks on must not stop the measurement from being written down
        return h5py.File(self._new, "a", locking=False)

    def _set_up(self, root: Any, scan: Scan) -> None:
        describe(root, "NXroot", scan.entry)
        root.attrs.setdefault("creator", "beamcanvas")
        root.attrs.setdefault("creator_version", __version__)
        entry = describe(root.require_group(scan.entry), "NXentry", Path(self._whole).name)
        for name, text in (("title", scan.title), ("start_time", scan.start_time)):
            entry.pop(name, None)
            entry[name] = text
        for path, part, name in zip(self.processes, self._bins, self._names, strict=True):
            process = describe(entry.create_group(path), "NXprocess", "integrated")
            process["program"] = "beamcanvas"
            process["version"] = __version__
            data = describe(process.create_group("integrated"), "NXdata")
            if name:
                data["title"] = name
            self._columns(data, part)
        measurement = describe(entry.require_group("measurement"), "NXcollection")
        measurement.attrs["default"] = f"{scan.detector}_integrated"
        self._link(entry, scan)

    def _columns(self, data: Any, part: Bins) -> None:
        shape = part.layout.shape
        for name in ["intensity", "intensity_errors"] if self._errors else ["intensity"]:
            data.create_dataset(
                name,
                (0, *shape),
                np.float32,
                maxshape=(None, *shape),
                chunks=(self._block, *shape),
            )
        data["intensity"].attrs["long_name"] = "Intensity"
        for name, kind in (("normalisation", float), ("points", np.int64)):
            data.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(1024,))
        axes = axes_of(part)
        data.attrs["signal"] = "intensity"
        data.attrs["axes"] = ["points", *(axis.name for axis in axes)]
        data.attrs["interpretation"] = "spectrum" if len(axes) == 1 else "image"
        for name, values, words in (
            ("weight", part.count, "Pixels' share in each point"),
            ("point_normalisation", part.norm, "What counts are divided by, for a factor of 1"),
        ):
            data[name] = values
            data[name].attrs["long_name"] = words
        for axis in axes:
            write_axis(data, axis)

    def describe(
        self,
        geometry: Geometry,
        engine: str,
        settings: Sequence[dict[str, Any]],
        corrections: Corrections,
    ) -> None:
        """Write down how it is made."""
        images = {"mask": corrections.mask.astype(np.uint8)}
        images |= {"dark": corrections.dark} if corrections.dark is not None else {}
        images |= {"flat": corrections.flat} if corrections.flat is not None else {}
        with self._opened() as root:
            for path, said in zip(self.processes, settings, strict=True):
                describe_integration(root[path], engine, said, geometry)
            process = root[self._whole]
            if geometry.warnings:
                process["warnings"] = list(geometry.warnings)
            for name, image in images.items():
                process.create_dataset(name, data=image, compression="gzip", shuffle=True)

    def _link(self, entry: Any, scan: Scan) -> None:
        import h5py

        folder = self.path.parent
        measurement = entry["measurement"]
        for name in scan.counters:
            path = f"/{scan.entry}/measurement/{name}"
            measurement[name] = external(scan.file, path, folder)
        measurement[f"{scan.detector}_integrated"] = h5py.SoftLink(
            f"{self._whole}/integrated/intensity"
        )
        for name in scan.surroundings:
            entry[name] = external(scan.file, f"/{scan.entry}/{name}", folder)

    def add(self, found: Integrated | None, factor: float) -> None:
        """One frame, the next in order; None for one that failed."""
        self._rows.append((found, factor))
        if len(self._rows) >= self._block:
            self.flush()

    def flush(self) -> None:
        """Write what was added."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        start, stop = self.frames, self.frames + len(rows)
        blocks = {
            "intensity": np.stack([self._empty if f is None else f.intensity for f, _ in rows])
        }
        if self._errors:
            sigmas = [None if found is None else found.sigma for found, _ in rows]
            blocks["intensity_errors"] = np.stack(
                [self._empty if sigma is None else sigma for sigma in sigmas]
            )
        columns = {"normalisation": [factor for _, factor in rows], "points": range(start, stop)}
        try:
            with self._opened() as root:
                for path, part in zip(self.processes, self._bins, strict=True):
                    data = root[path]["integrated"]
                    mine = {name: part.of_each(block) for name, block in blocks.items()}
                    for name, values in (columns | mine).items():
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
                root[self._whole]["failed"] = failure_lines(failures)
            for path in self.processes:
                root[path]["date"] = datetime.now(UTC).isoformat(timespec="seconds")
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


def axes_of(bins: Bins) -> tuple[Axis, ...]:
    """The axes of a pattern or a cake."""
    name, symbol, label = AXES[bins.layout.unit]
    radial = Axis(name=name, values=bins.radial, unit=symbol, label=label)
    if bins.azimuthal is None:
        return (radial,)
    return Axis(name="chi", values=bins.azimuthal, unit="°", label="Azimuth"), radial
