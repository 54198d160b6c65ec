"""Working along the motors: adding up what one of them did, and smoothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place, Shape


@dataclass(frozen=True)
class Project(Operation):
    """Add up the frames over all motors but those kept."""

    grid: tuple[int, ...]
    kept: tuple[int, ...]

    by_frame: ClassVar[bool] = False

    @property
    def words(self) -> str:
        left = " × ".join(str(self.grid[k]) for k in self.kept)
        return f"added up to {left} frames"

    def shape(self, shape: Shape) -> Shape:
        return prod(self.grid[k] for k in self.kept), shape[1], shape[2]

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        gone = tuple(k for k in range(len(self.grid)) if k not in self.kept)
        grid = block.reshape(*self.grid, -1)
        total = grid.sum(axis=gone, dtype=np.float32)
        return np.asarray(total.reshape(-1, *block.shape[1:]))


@task(title="Project", output="stack", requires="darkfield")
def project(
    stack: DarkfieldStack, *, keep: Annotated[list[str], Param(label="Motors kept")]
) -> DarkfieldStack:
    """Add up all frames in which the motors that are kept stand alike.

    Parameters
    ----------
    stack:
        The frames.
    keep:
        Names of the motors that are kept.

    Raises
    ------
    InputError
        When a motor didn't move, or none is kept.
    """
    if not keep:
        raise InputError(f"Keep at least one motor of {', '.join(stack.motors)}.")
    kept = tuple(sorted({stack.dimension(motor) for motor in keep}))
    gone = tuple(k for k in range(len(stack.grid)) if k not in kept)
    if not gone:
        return stack
    positions = np.stack(
        [stack.positions[k].reshape(stack.grid).mean(axis=gone).ravel() for k in kept]
    )
    return replace(
        stack.then(Project(stack.grid, kept)),
        dimensions=tuple(stack.dimensions[k] for k in kept),
        positions=positions,
    )


@dataclass(frozen=True)
class SmoothMotors(Operation):
    """A Gaussian blur along the motors."""

    grid: tuple[int, ...]
    widths: tuple[float, ...]  #: standard deviation along each motor, in steps

    by_frame: ClassVar[bool] = False
    makes: ClassVar[int] = 3

    @property
    def words(self) -> str:
        return f"smoothed by {', '.join(f'{w:g}' for w in self.widths)} steps"

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from scipy.ndimage import gaussian_filter1d

        grid = block.reshape(*self.grid, -1).astype(np.float32)
        for axis, width in enumerate(self.widths):
            if width:
                grid = gaussian_filter1d(grid, width, axis=axis, mode="constant")
        return np.ascontiguousarray(grid).reshape(block.shape)


@task(title="Smooth along motors", output="stack", requires="darkfield")
def smooth_along_motors(
    stack: DarkfieldStack,
    *,
    width: Annotated[float, Param(ge=0, le=20, unit="steps", label="Width (σ)")] = 0.5,
    motor: Annotated[str | None, Param(auto="all of them")] = None,
) -> DarkfieldStack:
    """Smooth each pixel's rocking curve with a Gaussian; nothing is taken to lie outside the scan.

    Parameters
    ----------
    stack:
        The frames.
    width:
        Standard deviation of the Gaussian.
    motor:
        The motor along which to smooth.

    Raises
    ------
    InputError
        When the motor didn't move.
    """
    only = None if motor is None else stack.dimension(motor)
    widths = tuple(width if only in (None, m) else 0.0 for m in range(len(stack.grid)))
    return stack.then(SmoothMotors(stack.grid, widths))
