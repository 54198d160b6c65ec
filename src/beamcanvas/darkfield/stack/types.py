"""The stack that flows between dark-field tasks: a reference and a list of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis
from .dimension import Dimension
from .memory import half_of_memory, working_type
from .operation import Operation, Shape
from .source import Source

if TYPE_CHECKING:
    from .treated import Treated


@dataclass(frozen=True)
class Magnified:
    """The size of a pixel on the sample, or in angle, and where the frame's centre is."""

    height: float  #: µm along a column, or degrees of two-theta
    width: float  #: µm along a row, or degrees of azimuth
    row: float  #: row of the centre, in pixels from the frame's upper edge
    column: float  #: column of the centre
    two_theta: float | None = None  #: degrees at the centre, where pixels are angles

    def axes(self, rows: int, columns: int) -> tuple[Axis, Axis]:
        """Positions of the pixels' centres: on the sample, where the image is seen mirrored."""
        y = (np.arange(rows) + 0.5 - self.row) * self.height
        x = (self.column - np.arange(columns) - 0.5) * self.width
        if self.two_theta is not None:
            return (
                Axis(name="two_theta", values=self.two_theta + y, unit="°", label="2θ"),
                Axis(name="eta", values=-x, unit="°", label="η"),
            )
        return Axis(name="y", values=y, unit="µm"), Axis(name="x", values=x, unit="µm")


@dataclass(frozen=True, eq=False)
class DarkfieldStack:
    """The frames of a dark-field scan, not yet read: where they are and what to do to them.

    Attributes
    ----------
    dimensions:
        What moved, the slowest motor first. The product of their sizes is the number of
        frames.
    positions:
        Where each of these motors really stood, (motors, frames), in the motors' units.
    order:
        Number in the source of each frame, in the order of the dimensions.
    operations:
        Steps that are taken, one after the other, when a result needs the frames.
    fixed:
        Where other motors stood, by name.
    dark:
        Frames without beam.
    limit:
        Bytes of memory that frames may take; above it they are read in parts.
    """

    source: Source
    dimensions: tuple[Dimension, ...]
    positions: NDArray[np.float64]
    order: NDArray[np.intp]
    operations: tuple[Operation, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    dark: Source | None = None
    magnified: Magnified | None = None
    limit: int = field(default_factory=half_of_memory)
    title: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = prod(d.size for d in self.dimensions)
        if self.positions.shape != (len(self.dimensions), wanted):
            sizes = " × ".join(str(d.size) for d in self.dimensions)
            raise InputError(
                f"The dimensions {sizes} make {wanted} frames; "
                f"the scan has {self.positions.shape[-1]}."
            )

    @property
    def shape(self) -> Shape:
        """Frames, rows and columns after all operations."""
        shape: Shape = (len(self.order), *self.source.shape)
        for operation in self.operations:
            shape = operation.shape(shape)
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the frames after all operations."""
        kept = all(o.keeps_type for o in self.operations)
        return working_type(self.source.dtype) if kept else np.dtype(np.float32)

    @property
    def grid(self) -> tuple[int, ...]:
        """Sizes of the dimensions, slowest first."""
        return tuple(d.size for d in self.dimensions)

    @property
    def motors(self) -> tuple[str, ...]:
        """Names of the motors, slowest first."""
        return tuple(d.motor for d in self.dimensions)

    @property
    def nominal(self) -> list[NDArray[np.float64]]:
        """The mean position of each motor at each of its steps."""
        found = []
        for m in range(len(self.dimensions)):
            grid = self.positions[m].reshape(self.grid)
            others = tuple(i for i in range(len(self.grid)) if i != m)
            found.append(np.asarray(grid.mean(axis=others)))
        return found

    @property
    def pixel_axes(self) -> tuple[Axis, Axis]:
        """The axes of a map: on the sample where the magnification is known, else pixels."""
        _, rows, columns = self.shape
        if self.magnified is not None:
            return self.magnified.axes(rows, columns)
        return Axis(name="y", unit="pixel"), Axis(name="x", unit="pixel")

    @property
    def summary(self) -> str:
        frames, rows, columns = self.shape
        moved = " × ".join(f"{d.motor} {d.size}" for d in self.dimensions)
        words = f"{moved}, {rows} × {columns} pixels" if moved else f"{frames} frames"
        steps = len(self.operations)
        return words + (f", {steps} treatment{'s' if steps > 1 else ''}" if steps else "")

    @property
    def history(self) -> tuple[str, ...]:
        """What is done to the frames, in words."""
        return tuple(o.words for o in self.operations)

    def then(self, *operations: Operation) -> DarkfieldStack:
        """The same with further steps. What was doubtful before is told where it was found."""
        return replace(self, operations=(*self.operations, *operations), warnings=())

    def dimension(self, motor: str) -> int:
        """Which dimension a motor is.

        Raises
        ------
        InputError
            When it did not move in this scan.
        """
        if motor not in self.motors:
            raise InputError(
                f"The motor '{motor}' did not move in this scan; {', '.join(self.motors)} did."
            )
        return self.motors.index(motor)

    def treated(self) -> Treated:
        """The frames after all steps, to be read in parts."""
        from .treated import Treated

        return Treated(self)
