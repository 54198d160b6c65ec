"""The frames of each sample: one image, or all of a scan; the next are opened meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import FrameReader, Scan, read_scan
from ...nexus.chunks import Buffers
from ..image.opening import open_image
from ..origin import Origin
from ..scan.monitor import Factors, monitors_in
from ..types import DiffractionImage
from .table import Sample

_AHEAD = 2  #: samples opened before they are needed


@dataclass(frozen=True, eq=False)
class SampleFrames:
    """What was measured of a sample."""

    sample: Sample
    found: DiffractionImage | Scan | str  #: or why it can't be opened

    @property
    def source(self) -> str:
        name = self.sample.file.name
        return name if self.sample.scan is None else f"average of {name}::/{self.sample.scan}.1"

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where they are stored."""
        if isinstance(self.found, Scan):
            return (Origin(self.found.file, f"/{self.found.entry}"),)
        return () if isinstance(self.found, str) else self.found.origins

    @property
    def count(self) -> int:
        """How many frames it has."""
        return self.found.frames if isinstance(self.found, Scan) else 1

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns of its frames; None when no frame can be read.

        Raises
        ------
        InputError
            When the sample can't be opened.
        """
        if isinstance(self.found, str):
            raise InputError(self.found)
        if isinstance(self.found, DiffractionImage):
            return self.found.shape
        with FrameReader(self.found) as reader:
            return reader.shape

    def frames(
        self, reference: float, buffers: Buffers, problems: dict[int, str]
    ) -> Iterator[tuple[NDArray[Any], float]]:
        """Each frame, which may be overwritten, and by what it is to be divided.

        A frame that can't be had is added to `problems`.
        """
        if isinstance(self.found, DiffractionImage):
            monitor = self.sample.monitor
            beam = 1.0 if monitor is None else float(monitor) / reference
            if not beam > 0:
                raise InputError(f"Its monitor should be above zero: it is {monitor}.")
            yield self.found.data.copy(), beam
            return
        if isinstance(self.found, str):
            raise InputError(self.found)
        scan = self.found
        monitor = self.sample.monitor
        words = None if monitor is None else str(monitor)
        factors = Factors(scan, monitors_in(words, scan), reference)
        with FrameReader(scan) as reader:
            for number in range(scan.frames):
                try:
                    factor = factors.of(number)
                    yield reader.read(number, number + 1, buffers)[0], factor
                except InputError as error:
                    problems[number] = str(error)


def opened(rows: Sequence[Sample]) -> Iterator[SampleFrames]:
    """Each sample in order, open."""

    def open_one(row: Sample) -> SampleFrames:
        try:
            return SampleFrames(row, _found(row))
        except InputError as error:
            return SampleFrames(row, str(error))

    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="samples") as pool:
        waiting: list[Future[SampleFrames]] = []
        try:
            for i in range(len(rows)):
                while len(waiting) <= _AHEAD and i + len(waiting) < len(rows):
                    waiting.append(pool.submit(open_one, rows[i + len(waiting)]))
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def _found(row: Sample) -> DiffractionImage | Scan:
    if row.scan is not None:
        return read_scan(row.file, row.scan, 1, row.detector)
    return open_image(row.file, data_path=row.data_path, frame=row.frame)
