"""Replacing single pixels that shine by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...task import Param, Progress, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place, Shape
from ..stack.treated import Treated

_SAMPLE = 8192  #: pixels of each frame from which its noise is found


@dataclass(frozen=True)
class ReplaceHotPixels(Operation):
    """Replace a pixel far above its neighbours' median by that median."""

    factor: float  #: how far, in widths of the noise of the frame
    by_deviation: bool  #: the noise is the standard deviation of all differences

    learns_from_frame: ClassVar[bool] = True
    keeps_type: ClassVar[bool] = True

    @property
    def words(self) -> str:
        noise = "standard deviations" if self.by_deviation else "× the noise"
        return f"hot pixels above {self.factor:g} {noise}"

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        return max(top - 1, 0), min(bottom + 1, shape[1])

    def learn(self, before: Treated, progress: Progress) -> NDArray[np.float64]:
        """The limit of each frame and its ground, (2, frames)."""
        frames, rows, columns = before.shape
        words = "Finding the noise"
        if not self.by_deviation:
            sample = _sample(rows, columns)
            seen = _Seen.room_for(frames, sample, columns)

            def look(top: int, bottom: int, block: NDArray[Any]) -> None:
                seen.look(block, sample.index((top, bottom)), top - max(top - 1, 0))

            before.each_band(
                look, progress, words, bands=sample, margin=1, kept=seen.nbytes, makes=3
            )
            return self._from(seen)
        from ..kernels.noise import excess_sums

        sums = np.zeros((frames, 2))
        lock = Lock()

        def add(top: int, bottom: int, block: NDArray[Any]) -> None:
            first = top - max(top - 1, 0)
            part = np.zeros((frames, 2))
            excess_sums(block, first, first + bottom - top, part)
            with lock:
                sums[...] += part

        before.each_band(add, progress, words, margin=1)
        return self._by_deviation(sums, rows * columns)

    def _from(self, seen: _Seen) -> NDArray[np.float64]:
        ground = [np.median(values) for values in seen.values]
        return np.stack([self.factor * _width(seen.differences), np.asarray(ground, float)])

    def _by_deviation(self, sums: NDArray[np.float64], pixels: int) -> NDArray[np.float64]:
        limits = self.factor * _deviation(sums, pixels)
        return np.stack([limits, np.zeros_like(limits)])

    def _limits_of(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        """As :meth:`learn`, of whole frames."""
        _, rows, columns = frames.shape
        sample = _sample(rows, columns)
        seen = _Seen.room_for(len(frames), sample, columns)
        for n, (top, bottom) in enumerate(sample):
            first = max(top - 1, 0)
            seen.look(np.ascontiguousarray(frames[:, first : bottom + 1]), n, top - first)
        return self._from(seen)

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from ..kernels.noise import replace_by_deviation, replace_hot

        first, last = place.top - place.first, place.bottom - place.first
        size = len(block) * (last - first) * block.shape[2]
        out = place.buffers.get("out", size, block.dtype)[:size]
        out = out.reshape(len(block), last - first, block.shape[2])
        if place.known is None and self.by_deviation:
            holds = np.int32 if block.dtype == np.uint16 else np.float64
            replace_by_deviation(block, self.factor, holds, out)
            return out
        if place.known is None:
            limits = self._limits_of(block)
        else:
            limits = place.known[:, list(place.frames)]
        slope = 0.0 if self.by_deviation else self.factor**2
        replace_hot(block, first, last, *limits, slope, out)
        return out


def _sample(rows: int, columns: int) -> list[tuple[int, int]]:
    """Pairs of rows, spread evenly over the frame."""
    pairs = max(_SAMPLE // (2 * columns), 1)
    if 2 * pairs >= rows:
        return [(0, rows)]
    tops = np.unique(np.linspace(0, rows - 2, pairs + 2)[1:-1].astype(int))
    return [(int(top), int(top) + 2) for top in tops]


@dataclass(frozen=True)
class _Seen:
    """What some rows tell of each frame, (frames, pixels)."""

    rows: int  #: of each part of the sample
    differences: NDArray[np.float32]  #: of its pixels from their neighbours' median
    values: NDArray[np.float32]

    @classmethod
    def room_for(cls, frames: int, sample: list[tuple[int, int]], columns: int) -> _Seen:
        rows = sample[0][1] - sample[0][0]
        shape = frames, len(sample) * rows * columns
        return cls(rows, np.empty(shape, np.float32), np.empty(shape, np.float32))

    @property
    def nbytes(self) -> int:
        return self.differences.nbytes + self.values.nbytes

    def look(self, block: NDArray[Any], part: int, first: int) -> None:
        """Look at the rows of a block from `first` on, a part of the sample."""
        from ..kernels.noise import replace_hot

        medians = np.empty((len(block), self.rows, block.shape[2]), block.dtype)
        none = np.full(len(block), -np.inf)
        replace_hot(block, first, first + self.rows, none, none, 0.0, medians)
        size = self.rows * block.shape[2]
        here = slice(part * size, (part + 1) * size)
        self.values[:, here] = block[:, first : first + self.rows].reshape(len(block), -1)
        self.differences[:, here] = self.values[:, here] - medians.reshape(len(block), -1)


def _width(differences: NDArray[np.float32]) -> NDArray[np.float64]:
    """The width of each frame's noise: 1.4826 times the median size of its differences.

    Pixels equal to their neighbours' median are left out: where the background was taken
    away most are, and say nothing.
    """
    widths = []
    for of_frame in differences:
        sizes = np.abs(of_frame[of_frame != 0])
        widths.append(np.median(sizes) if sizes.size else 0.0)
    return 1.4826 * np.asarray(widths, dtype=np.float64)


def _deviation(sums: NDArray[np.float64], pixels: int) -> NDArray[np.float64]:
    mean = sums[:, 0] / pixels
    return np.sqrt(np.maximum(sums[:, 1] / pixels - mean**2, 0.0))


@task(title="Hot pixels", output="stack", requires="darkfield")
def replace_hot_pixels(
    stack: DarkfieldStack,
    *,
    factor: Annotated[float, Param(gt=0, label="Above the noise", unit="×")] = 7.0,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
) -> DarkfieldStack:
    """Replace single pixels that shine by themselves by the median of their neighbours.

    A pixel is hot where it exceeds the median of the 3 × 3 pixels around it by so many times
    the width of the noise: in the frame 1.4826 times the median absolute difference, and where
    it is bright, the square root of its counts on top.

    Parameters
    ----------
    stack:
        The frames.
    factor:
        How far above its neighbours a pixel must be. 7 leaves counting noise alone.
    darfix_compatible:
        As darfix does it: hot is what exceeds the median by one standard deviation of all
        differences in the frame. This also takes away about a seventh of the pixels of a
        frame that holds nothing but counting noise.
    """
    if darfix_compatible:
        return stack.then(ReplaceHotPixels(1.0, by_deviation=True))
    return stack.then(ReplaceHotPixels(factor, by_deviation=False))
