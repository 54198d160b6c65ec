"""The one place where a scan's projections are read, with all that was decided of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.chunks import Buffers
from ...task import SILENT, Progress
from ..scan.nxtomo import read_table
from ..scan.types import TomoScan
from .flatten import oriented
from .selection import used_projections
from .source import FrameSource
from .transmissions import Layout, Total, Transmissions
from .treatment import Geometry, RadioTreatment, SinogramTreatment

#: seconds after which it is looked whether the work was cancelled
_LOOK = 0.1
#: transmissions are limited to these before the logarithm
CLIP = (1e-6, 10.0)


class Projections:
    """The projections of a scan as its reconstruction needs them.

    What the scan says is done on the way, in this order: flips, darks and flats with the
    machine current, the treatments of radios in their order (binning among them), the
    region's columns, -log, the treatments of sinograms. Rows are read with as many rows
    around them as the treatments need, so that a chunk is the same as that part of the
    whole, but for float32 rounding.

    Use it in a ``with`` block; it holds the files open. Its methods may be called from
    one thread at a time; they use `threads` of their own, outside of Python's lock.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are known, for all but :meth:`raw`.
    threads:
        That work at the same time; as many as there are cores by default.

    Attributes
    ----------
    scan:
        As given.
    angles:
        Of the projections that are used, float64, radians, in the order of the sinogram.
    numbers:
        Which projections they are, counted among all of the scan.
    table:
        What each frame of the scan is.
    shape:
        Projections, rows, columns, after region, binning and exclusions.
    pixel_size:
        Height and width of a pixel after binning, m, or None.
    centre:
        The scan's rotation axis in these columns, whose middle is (columns - 1) / 2; None
        where it was not decided.

    Raises
    ------
    InputError
        When the scan's files can't be read or nothing is left of the projections; from its
        methods, when darks or flats are missing.
    """

    def __init__(self, scan: TomoScan, *, threads: int | None = None) -> None:
        self.scan = scan
        self.threads = threads or usable_cores()
        self.table = read_table(scan)
        self.numbers = used_projections(scan, self.table.angles[self.table.projections])
        self._frames = self.table.projections[self.numbers]
        self.angles: NDArray[np.float64] = np.deg2rad(self.table.angles[self._frames])
        _, rows, columns = scan.shape
        self._rows = _range("rows", scan.selection.rows, rows)
        self._columns = _range("columns", scan.selection.columns, columns)
        high, wide = self.binning = scan.selection.binning
        self.shape = (
            len(self.numbers),
            len(self._rows) // high,
            len(self._columns) // wide,
        )
        if not all(self.shape):
            raise InputError(f"{scan.name}: binning {high} × {wide} leaves no pixel.")
        self.pixel_size: tuple[float, float] | None = None
        if scan.pixel_size is not None:
            self.pixel_size = scan.pixel_size[0] * high, scan.pixel_size[1] * wide
        self.centre = None if scan.centre is None else self.to_column(scan.centre)
        self._sinogram = [t for t in scan.treatments if isinstance(t, SinogramTreatment)]
        self._mended: set[int] = set()
        self._stack = ExitStack()
        self._source = self._stack.enter_context(
            FrameSource(scan.file, f"{scan.entry}/instrument/detector/data")
        )

    def __enter__(self) -> Projections:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._stack.close()

    # -- positions

    def to_column(self, position: float) -> float:
        """A position on the whole detector, px, as a column of these projections."""
        wide = self.binning[1]
        return (position - self._columns.start + 0.5) / wide - 0.5

    def from_column(self, column: float) -> float:
        """The reverse of :meth:`to_column`."""
        return (column + 0.5) * self.binning[1] - 0.5 + self._columns.start

    # -- data

    def sinograms(self, start: int, stop: int, progress: Progress = SILENT) -> NDArray[np.float32]:
        """Line integrals -log(I/I0) of rows `start` to `stop`: (rows, angles, columns).

        All projections of these rows are read once. The array is new and C-contiguous; the
        caller may overwrite it. :meth:`memory_for` says what it takes.
        """
        count, rows, columns = self.shape
        if not 0 <= start < stop <= rows:
            raise InputError(f"Rows {start} to {stop} are not among the {rows} of the scan.")
        out = np.empty((stop - start, count, columns), np.float32)
        share = 0.8 if self._sinogram else 1.0
        work = self._transmissions(start, stop, progress.part(0, 0.4 * share))

        def put(block: slice) -> None:
            frames = work.block(block)
            turned = frames.transpose(1, 0, 2)
            if work.gives_integrals:
                out[:, block] = turned
                return
            np.clip(frames, *CLIP, out=frames)
            np.log(frames, out=frames)
            np.negative(turned, out=out[:, block])

        blocks = list(_blocks(count, work.at_once))
        self._each(put, blocks, progress.part(0, share), "Reading projections")
        for treatment in self._sinogram:
            geometry = self._geometry(start)

            def treat(
                row: int, how: SinogramTreatment = treatment, of: Geometry = geometry
            ) -> None:
                out[row] = how.apply(out[row], of)

            self._each(treat, range(len(out)), progress.part(share, 1), treatment.summary)
        self._mended |= work.mended
        return out

    def radio(self, index: int) -> NDArray[np.float32]:
        """One projection, (rows, columns), as transmissions I/I0 with its treatments."""
        frame: NDArray[np.float32] = self.radios(index, index + 1)[0]
        return frame

    def radios(self, start: int, stop: int, progress: Progress = SILENT) -> NDArray[np.float32]:
        """Projections `start` to `stop`, (projections, rows, columns), as transmissions."""
        _, rows, columns = self.shape
        out = np.empty((stop - start, rows, columns), np.float32)
        work = self._whole

        def put(block: slice) -> None:
            out[block.start - start : block.stop - start] = work.block(block)

        blocks = [slice(b.start + start, b.stop + start) for b in _blocks(len(out), work.at_once)]
        self._each(put, blocks, progress, "Reading projections")
        self._mended |= work.mended
        return out

    @property
    def gives_phase(self) -> bool:
        """Whether the treatments end with the phase, in rad, not with what was transmitted."""
        return any(
            isinstance(t, RadioTreatment) and t.gives_integrals for t in self.scan.treatments
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """What was doubtful in the frames that were read, a sentence each."""
        count = len(self._mended)
        if not count:
            return ()
        frames = f"{count} frames hold" if count > 1 else f"Frame {min(self._mended)} holds"
        return (f"{frames} values that are no numbers: they get those between their neighbours.",)

    def raw(self, index: int) -> NDArray[Any]:
        """One projection as it was measured, whole, but with its flips undone."""
        return self.frame(int(self._frames[index]))

    def frame(self, number: int) -> NDArray[Any]:
        """Any frame of the scan as it was measured, a dark or a flat too, as :meth:`raw`."""
        frame = self._source.read(np.array([number]), slice(None), Buffers())
        whole: NDArray[Any] = oriented(frame, self.scan.flips)[0].copy()
        return whole

    def memory_for(self, rows: int) -> int:
        """Bytes that :meth:`sinograms` takes at most for so many rows, its result included."""
        count, all_rows, columns = self.shape
        middle = max(0, (all_rows - rows) // 2)
        layout = self._layout(middle, min(middle + rows, all_rows))
        flats = 0 if self.scan.flats is None else len(self.scan.flats.frames)
        result = 4 * rows * count * columns
        return result + layout.memory(self._source, flats, self.threads)

    @property
    def files(self) -> tuple[Path, ...]:
        """All that are read: the scan's, those of its frames, darks and flats."""
        reduced = (r.file for r in (self.scan.darks, self.scan.flats) if r is not None)
        return (self.scan.file, *reduced, *self._source.files)

    @property
    def reads_whole_frames(self) -> bool:
        """Whether a chunk of few rows costs as much reading as one of many.

        So it is for compressed frames: fewer, larger chunks read less.
        """
        return self._source.reads_whole_frames

    # -- inside

    def _geometry(self, first_row: int) -> Geometry:
        return Geometry(self.scan, self.pixel_size, self.shape, first_row)

    @cached_property
    def _whole(self) -> Transmissions:
        return self._transmissions(0, self.shape[1], SILENT)

    def _transmissions(self, start: int, stop: int, progress: Progress) -> Transmissions:
        made = Transmissions(
            self._source,
            self.table,
            self._frames,
            self.numbers,
            self._layout(start, stop),
        )
        for stage in made.stages_to_average():
            total = Total()

            def add(block: slice, to: Total = total, till: int = stage) -> None:
                to.add(made.block(block, till))

            blocks = _blocks(len(self.numbers), made.at_once)
            self._each(add, blocks, progress, "Averaging projections")
            made.prepare(stage, total.sum / len(self.numbers))
        return made

    def _layout(self, start: int, stop: int) -> Layout:
        return Layout.of(self.scan, self._rows, self._columns, start, stop, self._geometry(start))

    def _each(
        self,
        do: Callable[[Any], None],
        items: Iterable[Any],
        progress: Progress,
        message: str,
    ) -> None:
        """Do something for each item, in threads; a cancel doesn't wait for what is under way."""
        items = list(items)
        if not progress.can_cancel and (self.threads == 1 or len(items) == 1):
            for item in progress.each(items, message):
                do(item)
            return
        pool = ThreadPoolExecutor(min(self.threads, len(items)))
        try:
            waiting = [pool.submit(do, item) for item in items]
            for future in progress.each(waiting, message):
                while not wait([future], timeout=_LOOK).done:
                    progress.check()
                future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def usable_cores() -> int:
    """Cores that this process may use, no more than the usual variables say."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    said = [os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
    return max(1, min([cores, *(int(n) for n in said if n.isdigit() and int(n) > 0)]))


def _blocks(count: int, at_once: int) -> Iterator[slice]:
    for start in range(0, count, at_once):
        yield slice(start, min(start + at_once, count))


def _range(what: str, wanted: tuple[int, int] | None, count: int) -> range:
    if wanted is None:
        return range(count)
    start, stop = wanted
    if not 0 <= start < stop <= count:
        raise InputError(f"The region's {what} {start} to {stop} are not among the {count}.")
    return range(start, stop)
