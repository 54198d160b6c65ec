"""Two frames of a scan compared: their difference, and how far the sample moved between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...nexus.chunks import Buffers
from ...task import SILENT, Param, Progress, task
from ..scan.nxtomo import KINDS, RETURN, read_table
from ..scan.types import TomoScan
from .flatten import FlatField, oriented
from .projections import Projections
from .source import FrameSource

_SAME = 0.05  #: degrees by which two angles may differ and still be the same
_MOVED = 0.5  #: pixels by which a sample may move unnoticed


@dataclass(frozen=True, eq=False)
class FrameDifference:
    """One frame less another."""

    image: NDArray[np.float32]
    said: str
    label: str = "Difference of I/I0"

    @property
    def summary(self) -> str:
        return f"{self.said}, standard deviation {self.image.std():.4g}"

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.image,
            name="difference",
            label=self.label,
            axes=(Axis(name="y", unit="px"), Axis(name="x", unit="px")),
            title=self.said,
            pixels=True,
            colours="difference",
        )


class SampleMoved(NamedTuple):
    """How far the sample moved between frames taken at the same angle, and what differs most."""

    shifts: list[dict[str, float]]  #: one row a pair: angle, down and right in pixels
    worst: FrameDifference
    verdict: str


@task(title="Compare frames", output="difference", requires="tomography")
def compare_frames(
    scan: TomoScan,
    *,
    first: Annotated[int, Param(ge=0, label="Projection")] = 0,
    second: Annotated[int | None, Param(ge=0, auto="the last", label="Less projection")] = None,
    mirrored: Annotated[bool, Param(label="Mirror the second")] = False,
    raw: Annotated[bool, Param(label="As they were measured")] = False,
    all_frames: Annotated[bool, Param(label="Count darks, flats and all others too")] = False,
) -> FrameDifference:
    """Subtract one projection, or any other frame, from another.

    Parameters
    ----------
    scan:
        The scan.
    first:
        Number of a projection among those that are used, from 0.
    second:
        Number of the projection that is taken off it.
    mirrored:
        Mirror the second left to right, to compare projections half a turn apart.
    raw:
        Without flat field and treatments, in counts.
    all_frames:
        The numbers are those of frames in the file, which are shown as they were measured.

    Raises
    ------
    InputError
        When there are no such projections or frames.
    """
    with Projections(scan) as projections, _source(scan) as source:
        degrees = np.rad2deg(projections.angles)
        words = [f"projection {n} ({angle:.4g}°)" for n, angle in enumerate(degrees)]
        read: Callable[[int], NDArray[Any]] = projections.raw if raw else projections.radio
        if all_frames:
            keys = read_table(scan).keys
            words = [f"frame {n} ({KINDS[key]})" for n, key in enumerate(keys.tolist())]
            read = partial(_frame, source, scan)
        what = "frame" if all_frames else "projection"
        other = len(words) - 1 if second is None else second
        for number in (first, other):
            if number >= len(words):
                raise InputError(f"{scan.name}: there is no {what} {number} among {len(words)}.")
        one, two = (np.asarray(read(n), np.float32) for n in (first, other))
    if mirrored:
        two = two[:, ::-1]
    said = f"{words[first]} less {words[other]}{', mirrored' if mirrored else ''}"
    unit = "counts" if raw or all_frames else "I/I0"
    return FrameDifference(one - two, said, f"Difference of {unit}")


def _source(scan: TomoScan) -> FrameSource:
    return FrameSource(scan.file, f"{scan.entry}/instrument/detector/data")


def _frame(source: FrameSource, scan: TomoScan, number: int) -> NDArray[Any]:
    """A frame of the file as it was measured, its flips undone."""
    frame = source.read(np.array([number]), slice(None), Buffers())
    whole: NDArray[Any] = oriented(frame, scan.flips)[0]
    return whole


@task(title="Sample moved?", requires="tomography")
def check_sample_moved(scan: TomoScan, *, progress: Progress = SILENT) -> SampleMoved:
    """Compare frames taken at the same angle at different times: did the sample move?

    These are the frames taken on the way back, and projections a full turn apart. The
    shift is found by phase correlation, to a twentieth of a pixel.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are reduced.

    Raises
    ------
    InputError
        When no two frames were taken at the same angle.
    """
    from skimage.registration import phase_cross_correlation

    table = read_table(scan)
    pairs = _pairs(table.keys, table.angles)
    if not pairs:
        raise InputError(
            f"{scan.name}: no two frames were taken at the same angle: there are none on the way "
            "back and none a full turn apart."
        )
    flat = FlatField(scan, table, range(scan.shape[1]))
    rows: list[dict[str, float]] = []
    worst: FrameDifference | None = None
    furthest = -1.0
    with _source(scan) as source:
        for one, two in progress.each(pairs, "Comparing frames"):
            images = np.empty((2, *scan.shape[1:]), np.float32)
            for image, number in zip(images, (one, two), strict=True):
                read = _frame(source, scan, number)
                flat.apply(read[None], np.array([number]), image[None])
            shift, _, _ = phase_cross_correlation(images[0], images[1], upsample_factor=20)
            down, right = -float(shift[0]), -float(shift[1])
            rows.append(
                {
                    "angle (°)": round(float(table.angles[two]), 3),
                    "first frame": one,
                    "second frame": two,
                    "right (px)": round(right, 2) + 0.0,  # and no -0
                    "down (px)": round(down, 2) + 0.0,
                }
            )
            if np.hypot(down, right) > furthest:
                furthest = float(np.hypot(down, right))
                said = f"frame {two} less frame {one}, at {table.angles[two]:.4g}°"
                worst = FrameDifference(images[1] - images[0], said)
    assert worst is not None  # noqa: S101 - there is a pair
    verdict = (
        f"The sample moved by up to {furthest:.2f} pixels."
        if furthest > _MOVED
        else f"The sample stayed where it was, to {max(furthest, 0.05):.2f} pixels."
    )
    return SampleMoved(rows, worst, verdict)


def _pairs(keys: NDArray[np.int64], angles: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Frames that show the sample at the same angle, the earlier one first."""
    frames = np.flatnonzero((keys == 0) | (keys == RETURN))
    pairs = []
    for n, one in enumerate(frames):
        later = frames[n + 1 :]
        wanted = (keys[later] == RETURN) | (np.abs(angles[later] - angles[one]) > 1)
        turns = (angles[later] - angles[one]) / 360
        same = np.abs(turns - np.rint(turns)) * 360 < _SAME
        pairs += [(int(one), int(two)) for two in later[same & wanted]]
    return pairs[:64]
