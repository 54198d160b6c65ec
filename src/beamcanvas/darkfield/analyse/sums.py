"""Sums over frames: one image, or one for each position of a motor."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack


@dataclass(frozen=True, eq=False)
class SumImages:
    """Sums of frames, one for each position of a motor, or a single one."""

    images: NDArray[np.float64]  #: (positions, rows, columns)
    axis: Axis  #: the motor's positions
    pixel_axes: tuple[Axis, Axis]

    @property
    def summary(self) -> str:
        number, rows, columns = self.images.shape
        if number == 1:
            return f"sum of all frames, {rows} × {columns} pixels"
        return f"{number} sums over {self.axis.name}, {rows} × {columns} pixels"

    def nxdata(self) -> NXData:
        """An image, or a stack of them over the motor."""
        one = len(self.images) == 1
        return NXData(
            name="sum",
            label="Intensity",
            unit="counts",
            signal=self.images[0] if one else self.images,
            axes=self.pixel_axes if one else (self.axis, *self.pixel_axes),
            title="Sum of the frames",
            pixels=True,
        )


@task(title="Sum frames", output="sum", requires="darkfield")
def sum_frames(
    stack: DarkfieldStack,
    *,
    along: Annotated[str | None, Param(auto="one sum of all", label="One for each of")] = None,
    progress: Progress = SILENT,
) -> SumImages:
    """Add up the frames: all of them, or those at each position of a motor.

    Parameters
    ----------
    stack:
        The frames.
    along:
        Motor for each position of which the frames are added up.

    Raises
    ------
    InputError
        When that motor didn't move.
    """
    frames, rows, columns = stack.shape
    if along is None:
        index = np.zeros(frames, int)
        axis = Axis(name="frame", values=np.zeros(1))
    else:
        m = stack.dimension(along)
        index = np.indices(stack.grid)[m].ravel()
        axis = Axis(name=along, values=stack.nominal[m], unit=stack.dimensions[m].unit)
    images = np.zeros((int(index.max()) + 1, rows, columns))
    members = [np.flatnonzero(index == n) for n in range(len(images))]

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        for n, some in enumerate(members):
            total = images[n, top:bottom]
            for k in some:
                total += block[k]

    stack.treated().each_band(work, progress, "Adding up the frames", kept=images.nbytes)
    return SumImages(images, axis, stack.pixel_axes)


def frame_sums(stack: DarkfieldStack, progress: Progress = SILENT) -> NDArray[np.float64]:
    """The intensity of each whole frame."""
    totals = np.zeros(stack.shape[0])
    lock = Lock()

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        part = block.reshape(len(block), -1).sum(axis=1, dtype=np.float64)
        with lock:
            totals[...] += part

    stack.treated().each_band(work, progress, "Adding up the frames")
    return totals
