"""Averaging blocks of pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, Progress, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place, Shape
from ..stack.treated import Treated


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


@dataclass(frozen=True)
class Rescale(Operation):
    """Frames scaled down as darfix does: blurred, looked up between pixels, and cut off."""

    size: int

    keeps_type: ClassVar[bool] = True
    makes: ClassVar[int] = 3

    @property
    def words(self) -> str:
        return f"scaled by 1/{self.size} with a blur"

    def shape(self, shape: Shape) -> Shape:
        rows, columns = (max(round(n / self.size), 1) for n in shape[1:])
        return shape[0], rows, columns

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        at = self._places(shape[1])
        far = self._reach(shape[1])
        return max(int(at[top]) - far, 0), min(int(at[bottom - 1]) + 2 + far, shape[1])

    def _places(self, length: int) -> NDArray[np.float64]:
        """Where the new pixels' centres are among the old ones."""
        new = max(round(length / self.size), 1)
        return np.asarray((np.arange(new) + 0.5) * (length / new) - 0.5, dtype=np.float64)

    def _blur(self, length: int) -> float:
        return (length / max(round(length / self.size), 1) - 1) / 2

    def _reach(self, length: int) -> int:
        return int(4 * self._blur(length) + 0.5)

    def learn(self, before: Treated, progress: Progress) -> NDArray[np.float64]:
        """The smallest and the largest value of each frame, which nothing may exceed."""
        parts: list[NDArray[Any]] = []

        def work(top: int, bottom: int, block: NDArray[Any]) -> None:
            parts.append(np.stack([block.min(axis=(1, 2)), block.max(axis=(1, 2))]))

        before.each_band(work, progress, "Finding the range of each frame")
        ends = np.array(parts, dtype=np.float64)
        return np.stack([ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)])

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from scipy.ndimage import gaussian_filter1d

        _, rows, columns = place.shape
        down = self._places(rows)[place.top : place.bottom]
        low, high = place.known[:, list(place.frames)]
        (i, j, v), (k, m, w) = (
            _between(down, rows, place.first),
            _between(self._places(columns), columns, 0),
        )
        v = v[:, None]
        out = np.empty((len(block), len(down), len(w)), block.dtype)
        for n, frame in enumerate(block):
            work = frame.astype(np.float64 if block.dtype.kind == "u" else np.float32)
            for axis, length in enumerate((rows, columns)):
                work = gaussian_filter1d(work, self._blur(length), axis=axis, mode="mirror")
            above, below = work[i].astype(np.float64), work[j].astype(np.float64)
            mixed = above[:, k] * (1 - v) * (1 - w) + above[:, m] * (1 - v) * w
            mixed = mixed + below[:, k] * v * (1 - w) + below[:, m] * v * w
            out[n] = np.clip(mixed, low[n], high[n])
        return out


def _between(places: NDArray[np.float64], length: int, first: int) -> tuple[Any, Any, Any]:
    """The pixels before and after some places, and how much the one after counts."""
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, length - 1)
    share = places - before
    return before - first, after - first, share


@task(title="Binning", output="stack", requires="darkfield")
def bin_pixels(
    stack: DarkfieldStack,
    *,
    size: Annotated[int, Param(ge=1, le=64, unit="px")] = 2,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
) -> DarkfieldStack:
    """Average blocks of pixels: a smaller stack with less noise.

    The mean of each block is kept as it is, with its fraction. Rows and columns at the end
    that fill no block are left out.

    Parameters
    ----------
    stack:
        The frames.
    size:
        Rows and columns of a block.
    darfix_compatible:
        Scale by 1/size as darfix does: blurred, by straight lines between pixels, and with
        fractions cut off, so that sums come out a little lower.

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
    operation = Rescale(size) if darfix_compatible else Bin(size)
    magnified = stack.magnified
    if magnified is not None:
        down, across = float(size), float(size)
        if darfix_compatible:  # all of the frame, in a whole number of pixels
            _, new_rows, new_columns = operation.shape(stack.shape)
            down, across = rows / new_rows, columns / new_columns
        magnified = replace(
            magnified,
            height=magnified.height * down,
            width=magnified.width * across,
            row=magnified.row / down,
            column=magnified.column / across,
        )
    return replace(stack.then(operation), magnified=magnified)
