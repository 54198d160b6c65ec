"""Moving frames against a steady drift that is known, or found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ....task import SILENT, Param, Progress, task
from ...stack import DarkfieldStack, Operation
from ...stack.operation import Place, Shape
from .search import find_shift


@dataclass(frozen=True)
class ShiftFrames(Operation):
    """Move each frame by its own fraction of pixels, straight lines between pixels."""

    step: tuple[float, float]  #: rows and columns to move by, each time the index goes up
    index: tuple[int, ...]  #: of each frame
    grow: bool  #: make the frames larger so that nothing is lost
    coarse: bool = False  #: move by 32nds of a pixel, and to whole counts

    @property
    def words(self) -> str:
        return f"moved by {self.step[0]:.4g}, {self.step[1]:.4g} px a step"

    @property
    def _ends(self) -> tuple[float, float, float, float]:
        """Smallest and largest movement along columns, along rows."""
        last = max(self.index, default=0)
        (dy, dx) = (n * last for n in self.step)
        return min(dy, 0.0), max(dy, 0.0), min(dx, 0.0), max(dx, 0.0)

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Rows added above and below, columns to the left and to the right."""
        if not self.grow:
            return 0, 0, 0, 0
        up, down, left, right = self._ends
        return ceil(-up), ceil(down), ceil(-left), ceil(right)

    def shape(self, shape: Shape) -> Shape:
        above, below, left, right = self.margins
        return shape[0], shape[1] + above + below, shape[2] + left + right

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        up, down, _, _ = self._ends
        above = self.margins[0]
        first, last = top - above - ceil(down), bottom - above - floor(up) + 1
        first = min(max(first, 0), shape[1] - 1)
        return first, max(min(last, shape[1]), first + 1)

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from ...kernels.shift import shift_frames

        above, _, left, right = self.margins
        index = np.array([self.index[k] for k in place.frames], dtype=np.float64)
        shape = (len(block), place.bottom - place.top, block.shape[2] + left + right)
        size = int(np.prod(shape))
        out = place.buffers.get("moved", size, np.dtype(np.float32))[:size].reshape(shape)
        dy, dx = (index * n for n in self.step)
        if self.coarse:
            dy, dx = _in_32nds(dy), _in_32nds(dx)
        shift_frames(block, place.first, dy, dx, place.top - above, -left, out)
        return np.rint(out, out=out) if self.coarse else out


def _in_32nds(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Movements as OpenCV rounds them, which darfix moves by."""
    fine = np.rint(-shift.astype(np.float32) * 1024.0)
    return np.asarray(-np.floor((fine + 16) / 32) / 32, dtype=np.float64)


@dataclass(frozen=True)
class Drift:
    """By how much frames are moved, and how sure that is."""

    dy: float  #: rows, each step
    dx: float  #: columns, each step
    motor: str  #: whose steps; empty: every frame is one
    steps: int
    found: bool  #: searched for, rather than given
    doubt_y: float = 0.0  #: how far two halves of the scan are apart, rows a step
    doubt_x: float = 0.0
    gain: float = 1.0  #: how much sharper the sum of all frames became

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self.found:
            return ()
        last = max(self.steps - 1, 1)
        apart = max(self.doubt_y, self.doubt_x) * last
        if apart > 1.0:
            return (
                f"The drift is uncertain: two halves of the scan differ by {apart:.1f} pixels "
                "at its end. Compare the sum image before and after.",
            )
        return ()

    @property
    def summary(self) -> str:
        what = f"step of {self.motor}" if self.motor else "frame"
        words = f"moved by {self.dy:.4f}, {self.dx:.4f} px a {what}"
        if self.found:
            words += f" (± {self.doubt_y:.4f}, {self.doubt_x:.4f}), {self.gain:.2f} × as sharp"
        return words


class DriftCorrected(NamedTuple):
    """The stack with its frames moved, and by how much."""

    stack: DarkfieldStack
    drift: Drift


@task(title="Drift correction", requires="darkfield")
def correct_drift(
    stack: DarkfieldStack,
    *,
    dy: Annotated[
        float | None, Param(unit="px", auto="searched for", label="Move down, each step")
    ] = None,
    dx: Annotated[
        float | None, Param(unit="px", auto="searched for", label="Move right, each step")
    ] = None,
    motor: Annotated[str | None, Param(auto="every frame", label="A step is one of")] = None,
    reach: Annotated[float, Param(gt=0, le=200, unit="px", label="Search up to", more=True)] = 16.0,
    grow: Annotated[bool, Param(label="Enlarge, so that nothing is lost", more=True)] = False,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> DriftCorrected:
    """Move frames against a steady drift of the sample, by fractions of a pixel.

    Frame n is moved by n times the given pixels, or the n-th position of a motor. What isn't
    given is searched for: the movement that makes the sum of all frames sharpest. The sum
    over the fast motors is taken for each step of the slowest, as the rocking of a bent grain
    moves its bright zone within a single frame. How far the two halves of the scan disagree
    is told as the doubt.

    All is computed in floating point; the frames of the result are floats.

    Parameters
    ----------
    stack:
        The frames, best after their background and hot pixels were taken away: these don't
        drift with the sample.
    dy:
        Rows by which each frame is moved more than the one before; positive is down.
    dx:
        Columns, positive to the right.
    motor:
        Count the steps of this motor rather than frames.
    reach:
        The largest drift, over the whole scan, that is searched for.
    grow:
        Enlarge the frames, so that nothing that is moved is lost.
    darfix_compatible:
        Enlarge the frames, move by 32nds of a pixel and round to whole counts, as darfix does
        with counts below 32768. What is searched for stays as said above.

    Raises
    ------
    InputError
        When the motor didn't move, or the drift is larger than the frames.
    """
    index = np.arange(stack.shape[0])
    if motor is not None:
        index = np.indices(stack.grid)[stack.dimension(motor)].ravel()
    steps = int(index.max()) + 1
    found = dy is None or dx is None
    drift = Drift(dy or 0.0, dx or 0.0, motor or "", steps, found)
    if found and steps > 1:
        drift = find_shift(stack, index, drift, (dy, dx), reach, progress)
    _, rows, columns = stack.shape
    if abs(drift.dy) * (steps - 1) >= rows or abs(drift.dx) * (steps - 1) >= columns:
        raise InputError(
            f"Moved by {drift.dy:g}, {drift.dx:g} px in each of {steps} steps, the last frame "
            f"would be outside the image of {rows} × {columns} pixels."
        )
    operation = ShiftFrames(
        (drift.dy, drift.dx),
        tuple(index.tolist()),
        grow or darfix_compatible,
        darfix_compatible,
    )
    magnified = stack.magnified
    if magnified is not None:
        above, _, left, _ = operation.margins
        magnified = replace(magnified, row=magnified.row + above, column=magnified.column + left)
    return DriftCorrected(replace(stack.then(operation), magnified=magnified), drift)
