"""Volumes as whole numbers, and in other files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ...output_file import check_not_read
from ...task import SILENT, Param, Progress, task
from .reading import VolumeData
from .types import Volume
from .writing import WORDS, Existing, Format, place_of, write_volume

#: voxels that the percentiles are taken of, at most
_SAMPLE = 20_000_000
_BINS = 512
#: bytes of slices that are held at a time
_AT_ONCE = 64 << 20


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often each value is in a volume, and which range of them is kept."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    low: float
    high: float
    unit: str = ""  #: of the values, where it is known

    @property
    def summary(self) -> str:
        """In words."""
        unit = f" {self.unit}" if self.unit else ""
        inside = 100 * self.share_inside
        return f"values {self.low:.4g} to {self.high:.4g}{unit}, {inside:.2f} % of all"

    @property
    def share_inside(self) -> float:
        """Share of the voxels in the range that is kept."""
        middle = (self.edges[1:] + self.edges[:-1]) / 2
        kept = (middle >= self.low) & (middle <= self.high)
        return float(self.counts[kept].sum() / max(self.counts.sum(), 1))

    def nxdata(self) -> NXData:
        """The counts over the values, on a logarithmic scale."""
        return NXData(
            name="voxels",
            signal=self.counts,
            axes=(Axis(name="value", values=self.edges, unit=self.unit, label="Value"),),
            label="Voxels",
            title="Histogram",
            log=True,
            lines={"range": [self.low, self.high]},
        )


class CastVolume(NamedTuple):
    """A volume in other numbers or files, and the histogram of what it was."""

    volume: Volume
    histogram: Histogram


@task(title="Cast volume", requires="tomography")
def cast_volume(
    volume: Volume,
    *,
    dtype: Annotated[
        Literal["uint16", "uint8", "float32"], Param(label="Numbers", group="Values")
    ] = "uint16",
    low: Annotated[
        float | None,
        Param(auto="the percentile", label="Lowest value", group="Values"),
    ] = None,
    high: Annotated[
        float | None,
        Param(auto="the percentile", label="Highest value", group="Values"),
    ] = None,
    low_percentile: Annotated[
        float, Param(ge=0, le=100, unit="%", group="Values", more=True)
    ] = 0.1,
    high_percentile: Annotated[
        float, Param(ge=0, le=100, unit="%", group="Values", more=True)
    ] = 99.9,
    format: Annotated[Format, Param(words=WORDS, group="Files")] = "tiff",
    file: Annotated[
        Path | None,
        Param(path="save", auto="cast_volume beside it", label="File or folder", group="Files"),
    ] = None,
    compression: Annotated[
        float | None,
        Param(gt=1, auto="no loss", label="JPEG 2000: smaller by", group="Files", more=True),
    ] = None,
    existing: Annotated[
        Existing,
        Param(
            label="What is there already",
            words={"keep": "keep it", "replace": "replace it"},
            group="Files",
        ),
    ] = "keep",
    progress: Progress = SILENT,
) -> CastVolume:
    """Write a volume as whole numbers, or as it is, in another format.

    Parameters
    ----------
    volume:
        What to cast.
    dtype:
        uint16 and uint8 spread the range of values over all whole numbers they have;
        values outside become the first or last of them. float32 changes nothing.
    low:
        The value that becomes 0.
    high:
        The value that becomes the largest number.
    low_percentile:
        Where the lowest value is not given: so many per cent of the voxels are below it.
    high_percentile:
        So many per cent are below the highest value.
    format:
        Of the files.
    file:
        The new volume's file, or the folder of its slices.
    compression:
        How much smaller JPEG 2000 files should become; some detail is lost.
    existing:
        Whether to replace a volume that is there already.

    Raises
    ------
    InputError
        When the volume can't be read, the range is empty, the format doesn't hold such
        numbers, or the place is taken or too small.
    """
    place = place_of(Path(file) if file is not None else _beside(volume), format)
    check_not_read(place, [volume.path])
    with VolumeData(volume) as data:
        smallest, largest, sample = _look(data, progress.part(0, 0.4))
        found = np.percentile(sample, (low_percentile, high_percentile))
        bottom = float(found[0]) if low is None else low
        top = float(found[1]) if high is None else high
        if dtype != "float32" and not (bottom < top and np.isfinite([bottom, top]).all()):
            raise InputError(
                f"{volume.path.name}: the highest value ({top:g}) should be above the lowest "
                f"({bottom:g})."
            )
        counts, edges = np.histogram(sample, _BINS, (smallest, largest))
        histogram = Histogram(edges, counts, bottom, top, volume.unit)
        frames = _frames(data, dtype, bottom, top, progress.part(0.4, 1))
        written = write_volume(
            replace(volume, dtype=dtype, unit=volume.unit if dtype == "float32" else ""),
            place,
            format,
            frames,
            existing=existing,
            settings={"cast_from": volume.identifier, "low": bottom, "high": top},
            ratio=compression,
        )
    return CastVolume(written, histogram)


def _beside(volume: Volume) -> Path:
    name = volume.path.stem if volume.path.suffix else volume.path.name
    return volume.path.parent / "cast_volume" / name


def _blocks(data: VolumeData) -> Iterator[tuple[int, int]]:
    count, rows, columns = data.shape
    step = max(1, _AT_ONCE // (rows * columns * data.dtype.itemsize))
    for start in range(0, count, step):
        yield start, min(start + step, count)


def _look(data: VolumeData, progress: Progress) -> tuple[float, float, NDArray[np.float32]]:
    """Smallest and largest value, and an even sample of all, of those that are numbers."""
    size = int(np.prod(data.shape))
    every = -(-size // _SAMPLE)
    smallest, largest, sample = np.inf, -np.inf, []
    for start, stop in _blocks(data):
        progress(start / data.shape[0], "Looking at the values")
        values = data.frames(start, stop).ravel()
        values = values[np.isfinite(values)]
        if values.size:
            smallest = min(smallest, float(values.min()))
            largest = max(largest, float(values.max()))
            sample.append(values[::every].astype(np.float32))
    if not sample:
        raise InputError(f"The volume {data.volume.path} holds no number.")
    return smallest, largest, np.concatenate(sample)


def _frames(
    data: VolumeData, dtype: str, low: float, high: float, progress: Progress
) -> Iterator[NDArray[Any]]:
    most = 0 if dtype == "float32" else np.iinfo(dtype).max
    for start, stop in _blocks(data):
        for z, frame in zip(range(start, stop), data.frames(start, stop), strict=True):
            progress(z / data.shape[0], f"Slice {z} of {data.shape[0]}")
            if dtype == "float32":
                yield frame.astype(np.float32, copy=False)
                continue
            scaled = (np.nan_to_num(frame, nan=low) - np.float32(low)) * np.float32(
                most / (high - low)
            )
            yield np.clip(np.rint(scaled), 0, most).astype(dtype)
