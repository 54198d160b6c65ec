"""Leaving pixels out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place


@dataclass(frozen=True, eq=False)
class LeaveOut(Operation):
    """Set pixels to zero in all frames."""

    pixels: NDArray[np.bool_]  #: True where a pixel is left out

    keeps_type: ClassVar[bool] = True
    makes: ClassVar[int] = 0

    @property
    def words(self) -> str:
        return f"{int(self.pixels.sum())} pixels left out"

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        block[:, self.pixels[place.top : place.bottom]] = 0
        return block


@task(title="Mask pixels", output="stack", requires="darkfield")
def leave_out_pixels(
    stack: DarkfieldStack,
    *,
    runs: Annotated[list[list[int]], Param(label="Drawn by hand", more=True)] = [],  # noqa: B006 - never changed
    file: Annotated[
        Path | None,
        Param(label="From a file", path="open", filter="Masks (*.npy *.tif *.edf)", auto="none"),
    ] = None,
) -> DarkfieldStack:
    """Leave pixels out: those drawn by hand, those of a mask file.

    Parameters
    ----------
    stack:
        The frames.
    runs:
        Pixels drawn by hand, each run as row, first column, column after the last.
    file:
        Image of the frames' shape; what isn't zero is left out.

    Raises
    ------
    InputError
        When the mask has another shape, reaches beyond the frames, or leaves nothing.
    """
    _, rows, columns = stack.shape
    pixels = np.zeros((rows, columns), bool)
    if file is not None:
        from ..read.images import read_image

        image = read_image(file)
        if image.shape != pixels.shape:
            raise InputError(
                f"The mask {file} has {image.shape[0]} × {image.shape[1]} pixels, the frames "
                f"have {rows} × {columns}."
            )
        pixels |= image != 0
    for run in runs:
        if len(run) != 3 or not (0 <= run[0] < rows and 0 <= run[1] <= run[2] <= columns):
            raise InputError(
                f"{run} is no run of pixels in frames of {rows} × {columns}: row, first column, "
                "column after the last."
            )
        pixels[run[0], run[1] : run[2]] = True
    if pixels.all():
        raise InputError("The mask leaves no pixel.")
    return stack.then(LeaveOut(pixels))
