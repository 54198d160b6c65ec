"""The slices of a scan, as it and its settings say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Progress
from ..frames.projections import Projections
from .backends import MANY, chosen
from .geometry import SliceGeometry, slice_geometry


class Slices:
    """Reconstructs rows of a scan. Made once for any number of them.

    Attributes
    ----------
    geometry:
        Of the slices.
    shape:
        Rows of the detector, rows and columns of a slice.
    unit:
        Of the values: "1/cm", "rad/cm" where the treatments end with a phase, and the same
        with "pixel" where the scan has no pixel size.
    voxel_size:
        Height, depth and width of a voxel, m, or None.

    Raises
    ------
    InputError
        When the axis is not known or off the detector, the backend can't run here, or the
        settings don't fit the scan.
    """

    def __init__(
        self,
        projections: Projections,
        *,
        line: tuple[str, int] | None = None,
        threads: int | None = None,
    ) -> None:
        scan = projections.scan
        self.projections = projections
        self.settings = scan.reconstruction
        self.threads = threads or projections.threads
        self._reconstruct = chosen(self.settings)
        self.geometry = _geometry(projections)
        if line is not None:
            self.geometry = _only(self.geometry, *line)
        self.shape = (projections.shape[1], *self.geometry.shape)
        size = projections.pixel_size
        top = "rad" if projections.gives_phase else "1"
        self.unit = f"{top}/pixel" if size is None else f"{top}/cm"
        self.voxel_size = None if size is None else (size[0], size[1], size[1])
        self._scale = np.float32(1.0 if size is None else 1 / (100 * size[1]))

    def rows(self, start: int, stop: int, progress: Progress = SILENT) -> NDArray[np.float32]:
        """Slices (row, y, x) of rows `start` to `stop`.

        Raises
        ------
        InputError
            When the projections hold values that are no numbers.
        """
        sinograms = self.sinograms(start, stop, progress.part(0, 0.5))
        return self.of(sinograms, progress.part(0.5, 1))

    def sinograms(self, start: int, stop: int, progress: Progress = SILENT) -> NDArray[np.float32]:
        """What is reconstructed: sinograms (row, angle, column) of rows `start` to `stop`."""
        sinograms = self.projections.sinograms(start, stop, progress)
        self._check(sinograms, start)
        return sinograms

    def of(
        self, sinograms: NDArray[np.float32], progress: Progress = SILENT
    ) -> NDArray[np.float32]:
        """Slices (row, y, x) of sinograms (row, angle, column)."""
        slices = self._reconstruct(sinograms, self.geometry, self.settings, self.threads, progress)
        slices *= self._scale
        if self.settings.clip:
            slices[:, ~self._circle()] = self.settings.outside
        return slices

    def at_centres(
        self, row: int, centres: Sequence[float], progress: Progress = SILENT
    ) -> NDArray[np.float32]:
        """The slice (centre, y, x) of one row with the axis at each of some columns.

        Always through the Fourier slice theorem: so many slices at once cost little.
        """
        from .fourier import reconstruct_centres

        sinogram = self.sinograms(row, row + 1, progress.part(0, 0.3))[0]
        slices = reconstruct_centres(
            sinogram,
            self.geometry,
            centres,
            filter=self.settings.filter,
            cutoff=self.settings.cutoff,
            padding=self.settings.padding,
            threads=self.threads,
            progress=progress.part(0.3, 1),
        )
        slices *= self._scale
        return slices

    def memory_for(self, rows: int) -> int:
        """Bytes that :meth:`rows` takes at most for so many rows, its result included."""
        angles, _, columns = self.projections.shape
        height, width = self.geometry.shape
        sinograms = 4 * rows * angles * columns
        slices = 4 * rows * height * width
        wide = 3 * (2 * columns if self.geometry.half else columns)
        if self.settings.backend in ("nabu-identical", "astra"):
            working = sinograms * (2 if self.geometry.half else 1) + slices
            working += self.threads * 48_000_000
        else:
            working = 24 * angles * wide + self._working(rows, angles, wide)
        return max(self.projections.memory_for(rows), sinograms + slices + working)

    def _working(self, rows: int, angles: int, wide: int) -> int:
        """Bytes that "fast" works in, beside what all threads share."""
        height, width = self.geometry.shape
        if rows < MANY:
            # a pair of slices in each thread: transforms, their points, and the fine grid
            pair = 8 * angles * wide * 3 + 8 * height * width * 6
            return self.threads * (pair + 3 * 24_000_000)
        # in each thread a grid of eight pairs, one of its planes, and a few transforms
        grid = 144 * height * width + 4000 * wide
        compiler = 0 if "numba" in sys.modules else 200_000_000
        return self.threads * grid + compiler

    def _check(self, sinograms: NDArray[np.float32], start: int) -> None:
        # a sum tells, and takes no memory of its own
        if np.isfinite(sinograms.sum()) or np.isfinite(sinograms.sum(dtype=np.float64)):
            return
        row, angle, column = (int(n[0]) for n in np.nonzero(~np.isfinite(sinograms)))
        bad = int(np.count_nonzero(~np.isfinite(sinograms)))
        raise InputError(
            f"{self.projections.scan.name}: {bad} values of the projections are no numbers (the "
            f"first in projection {self.projections.numbers[angle]}, row {start + row}, column "
            f"{column}); mend the frames, or leave these projections or columns out."
        )

    def _circle(self) -> NDArray[np.bool_]:
        """Where all projections saw the slice."""
        geometry = self.geometry
        axis = float(np.median(geometry.centres))
        sides = axis + 0.5, geometry.width - 0.5 - axis
        radius = max(sides) if geometry.half else min(sides)
        y, x = (
            first + np.arange(n) for first, n in zip(geometry.first, geometry.shape, strict=True)
        )
        return np.asarray(np.hypot(y[:, None], x) < radius)


def _geometry(projections: Projections) -> SliceGeometry:
    scan = projections.scan
    settings = scan.reconstruction
    if projections.centre is None:
        raise InputError(
            f"{scan.name}: the rotation axis is not known yet; find it with a step for the "
            "centre of rotation, or give it."
        )
    angles, centre = projections.angles, projections.centre
    count = scan.shape[0]
    if settings.angles_file is not None:
        angles = np.radians(_column(settings.angles_file, "angles", count)[projections.numbers])
    if len(angles) < 2:
        raise InputError(f"{scan.name}: {len(angles)} projections can't be reconstructed.")
    axis: Any = centre
    if settings.axis_file is not None:
        moves = _column(settings.axis_file, "positions of the axis", count)
        axis = centre + moves[projections.numbers] / projections.binning[1]
    half = settings.half_acquisition
    return slice_geometry(
        angles + np.radians(settings.angle_offset),
        projections.shape[2],
        axis,
        half=scan.half_acquisition if half is None else half,
        region=settings.region,
        centred=settings.centred,
    )


def _column(file: Path, what: str, count: int) -> NDArray[np.float64]:
    """One number a line."""
    try:
        values = np.loadtxt(file, ndmin=1)
    except (OSError, ValueError) as error:
        raise InputError(f"The {what} can't be read from {file}: {error}.") from None
    if values.shape != (count,):
        raise InputError(
            f"{file} should hold the {what} of {count} projections, one a line, but holds "
            f"{' × '.join(map(str, values.shape))} numbers."
        )
    if not np.isfinite(values).all():
        raise InputError(f"{file}: some of the {what} are no numbers.")
    return np.asarray(values, float)


def _only(geometry: SliceGeometry, axis: str, index: int) -> SliceGeometry:
    """The geometry of one row ("y") or one column ("x") of the slice."""
    rows, columns = geometry.shape
    y, x = geometry.first
    if axis == "y":
        return replace(geometry, shape=(1, columns), first=(y + index, x))
    return replace(geometry, shape=(rows, 1), first=(y, x + index))
