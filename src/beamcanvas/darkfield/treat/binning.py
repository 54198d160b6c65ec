"""Averaging blocks of pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place, Shape


@dataclass(frozen=True)
class Bin(Operation):
    """The mean of each block of `size` × `size` pixels."""

    size: int

    @property
    def words(self) -> str:
        return f"mean of {self.size} × {self.size} pixels"

    def shape(self, shape: Shape) -> Shape:
        return shape[0], shape[1] // self.size, shape[2] // self.size

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        return top * self.size, bottom * self.size

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        n, rows = self.size, place.bottom - place.top
        columns = block.shape[2] // n
        first = place.top * n - place.first
        cut = block[:, first : first + rows * n, : columns * n]
        pieces = cut.reshape(len(block), rows, n, columns, n)
        return np.asarray(pieces.mean(axis=(2, 4), dtype=np.float32))


@task(title="Binning", output="stack", requires="darkfield")
def bin_pixels(
    stack: DarkfieldStack, *, size: Annotated[int, Param(ge=1, le=64, unit="px")] = 2
) -> DarkfieldStack:
    """Average blocks of pixels: a smaller stack with less noise.

    The mean of each block is kept as it is, with its fraction. darfix rescales with a blur
    and cuts the fraction off, so that its sums come out a little lower. Rows and columns at
    the end that fill no block are left out.

    Parameters
    ----------
    stack:
        The frames.
    size:
        Rows and columns of a block.

    Raises
    ------
    InputError
        When the frames are smaller than a block.
    """
    _, rows, columns = stack.shape
    if size > min(rows, columns):
        raise InputError(f"Frames of {rows} × {columns} pixels hold no block of {size} × {size}.")
    if size == 1:
        return stack
    magnified = stack.magnified
    if magnified is not None:
        magnified = replace(
            magnified,
            height=magnified.height * size,
            width=magnified.width * size,
            row=magnified.row / size,
            column=magnified.column / size,
        )
    return replace(stack.then(Bin(size)), magnified=magnified)
