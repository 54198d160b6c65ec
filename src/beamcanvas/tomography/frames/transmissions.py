"""Transmissions of some rows of a scan's projections, block by block, with their treatments."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock, local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ..scan.nxtomo import FrameTable
from ..scan.types import TomoScan
from .flatten import FlatField, oriented, rows_in_file
from .source import FrameSource
from .treatment import BINNED, AveragedTreatment, Geometry, RadioTreatment

#: bytes of float32 frames that one thread works on at a time
_BLOCK = 4 << 20


@dataclass(frozen=True)
class Layout:
    """Which raw rows and columns make the rows that are wanted, and how they are cut."""

    scan: TomoScan
    raw: range  #: rows that are read
    fine: slice  #: of those: the ones that are binned
    binned: slice  #: of the binned ones: those that are wanted
    columns: slice  #: columns that are binned
    cut: slice  #: of the binned ones: those that are wanted
    geometry: Geometry

    @classmethod
    def of(
        cls,
        scan: TomoScan,
        rows: range,
        columns: range,
        start: int,
        stop: int,
        geometry: Geometry,
    ) -> Layout:
        """For rows `start` to `stop` of a region after binning.

        Treatments see all columns, and rows beyond the region where they need them.
        """
        high, wide = scan.selection.binning
        fine, coarse = (
            sum(t.margin(geometry) for t in radio_treatments(scan) if (t.order > BINNED) is after)
            for after in (False, True)
        )
        first = max(start - coarse, -(rows.start // high))
        last = min(stop + coarse, (scan.shape[1] - rows.start) // high)
        top, bottom = rows.start + first * high, rows.start + last * high
        raw = range(max(top - fine, 0), min(bottom + fine, scan.shape[1]))
        left = columns.start % wide
        count = (scan.shape[2] - left) // wide
        begin = (columns.start - left) // wide
        return cls(
            scan,
            raw,
            slice(top - raw.start, bottom - raw.start),
            slice(start - first, stop - first),
            slice(left, left + count * wide),
            slice(begin, begin + len(columns) // wide),
            Geometry(scan, geometry.pixel_size, geometry.shape, first, raw.start),
        )

    def at_once(self, together: int) -> int:
        """Frames in a block, where so many are read together."""
        fit = _BLOCK // (4 * len(self.raw) * self.scan.shape[2])
        return min(max(fit - fit % together, together), self.geometry.shape[0])

    def memory(self, source: FrameSource, flats: int, threads: int) -> int:
        """Bytes that blocks of all threads take together, with the darks and flats."""
        frame = len(self.raw) * self.scan.shape[2]
        # a block as read and as transmissions, and what treatments copy of a frame
        copies = 40 if radio_treatments(self.scan) else 12
        block = self.at_once(source.together) * (source.dtype.itemsize + 4)
        each = frame * (block + copies)
        return threads * each + 4 * frame * (flats + 3)


def radio_treatments(scan: TomoScan) -> list[RadioTreatment]:
    """The scan's treatments of radios, in their order."""
    return [t for t in scan.treatments if isinstance(t, RadioTreatment)]


class Transmissions:
    """Blocks of projections as transmissions; for several threads at once.

    Parameters
    ----------
    frames, numbers:
        The projections that are used: their numbers among all frames, and among all
        projections.
    """

    def __init__(
        self,
        source: FrameSource,
        table: FrameTable,
        frames: NDArray[np.int64],
        numbers: NDArray[np.int64],
        layout: Layout,
    ) -> None:
        self._source = source
        self._frames = frames
        self._numbers = numbers
        self._layout = layout
        self._flat = FlatField(layout.scan, table, layout.raw)
        self._treatments = radio_treatments(layout.scan)
        self._own = local()
        #: frames in a block, whole chunks of them
        self.at_once = layout.at_once(source.together)
        #: whether blocks are line integrals already, and no transmissions
        self.gives_integrals = any(t.gives_integrals for t in self._treatments)

    @property
    def mended(self) -> set[int]:
        """Frames that were read, some of whose values were no numbers."""
        return self._flat.mended

    def stages_to_average(self) -> list[int]:
        """The treatments that need the average of all blocks before them, by their place."""
        return [n for n, t in enumerate(self._treatments) if isinstance(t, AveragedTreatment)]

    def prepare(self, stage: int, average: NDArray[np.float32]) -> None:
        """Give a treatment the average of all projections as they come to it."""
        treatment = self._treatments[stage]
        assert isinstance(treatment, AveragedTreatment)  # noqa: S101 - from stages_to_average
        self._treatments[stage] = treatment.prepared(average)

    def block(self, which: slice, stages: int | None = None) -> NDArray[np.float32]:
        """Transmissions (projections, rows, columns) of some of the projections.

        With `stages`, only so many treatments are done, and the margins stay on.
        """
        layout = self._layout
        scan = layout.scan
        numbers, frames = self._numbers[which], self._frames[which]
        if not hasattr(self._own, "buffers"):
            self._own.buffers = Buffers()
        raw = self._source.read(frames, rows_in_file(scan, layout.raw), self._own.buffers)
        made = np.empty(raw.shape, np.float32)
        self._flat.apply(oriented(raw, scan.flips), frames, made)
        is_binned = False
        for treatment in self._treatments[:stages]:
            if treatment.order > BINNED and not is_binned:
                made, is_binned = self._bin(made), True
            made = treatment.apply(made, numbers, layout.geometry)
        if not is_binned and (stages is None or self._treatments[stages].order > BINNED):
            made = self._bin(made)
        if stages is not None:
            return made
        return made[:, layout.binned, layout.cut]

    def _bin(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean transmission of each binned pixel."""
        layout = self._layout
        high, wide = layout.scan.selection.binning
        frames = frames[:, layout.fine, layout.columns]
        if (high, wide) == (1, 1):
            return frames
        count, rows, columns = frames.shape
        cells = frames.reshape(count, rows // high, high, columns // wide, wide)
        binned: NDArray[np.float32] = cells.mean(axis=(2, 4), dtype=np.float32)
        return binned


class Total:
    """A sum that several threads add to."""

    def __init__(self) -> None:
        self.sum: Any = 0.0
        self._lock = Lock()

    def add(self, frames: NDArray[np.float32]) -> None:
        """Add frames to the sum, frame by frame."""
        part = frames.sum(axis=0, dtype=np.float64)
        with self._lock:
            self.sum = self.sum + part
