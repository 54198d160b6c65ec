"""Saying what moved, where a scan doesn't tell or tells it wrong."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Annotated

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Dimension


@task(title="Dimensions", output="stack", requires="darkfield")
def set_dimensions(
    stack: DarkfieldStack,
    *,
    motors: Annotated[list[str] | None, Param(auto="as found")] = None,
    sizes: Annotated[list[int] | None, Param(auto="as found")] = None,
    starts: Annotated[list[float] | None, Param(auto="as measured")] = None,
    stops: Annotated[list[float] | None, Param(auto="as measured")] = None,
    zigzag: Annotated[bool, Param(label="Fast motor goes to and fro")] = False,
) -> DarkfieldStack:
    """Say which motors moved and in how many steps; the table on the right can be edited.

    Where nothing is said, what was found when the scan was opened stays. Positions that were
    measured are kept unless first and last ones are given.

    Parameters
    ----------
    stack:
        The scan as it was opened, before any treatment.
    motors:
        Names, slowest first.
    sizes:
        Number of positions of each.
    starts:
        First position of each, for evenly spaced ones instead of those measured.
    stops:
        Last position of each.
    zigzag:
        Every second ramp of the fastest motor was measured backwards.

    Raises
    ------
    InputError
        When the sizes don't make the number of frames, the lists have different lengths, or
        frames were already treated.
    """
    if stack.operations:
        raise InputError("Say the dimensions before frames are treated: right after the scan.")
    names = list(motors) if motors else list(stack.motors)
    numbers = list(sizes) if sizes else list(stack.grid)
    for what, values in (("sizes", numbers), ("first positions", starts), ("last", stops)):
        if values is not None and len(values) != len(names):
            raise InputError(f"{len(names)} motors have {len(values)} {what}.")
    if len(set(names)) < len(names):
        raise InputError(f"A motor is named twice: {', '.join(names)}.")
    frames = len(stack.order)
    if prod(numbers) != frames or min(numbers) < 1:
        words = " × ".join(map(str, numbers))
        raise InputError(f"The dimensions {words} make {prod(numbers)} frames; there are {frames}.")
    order = np.arange(frames)
    if zigzag:
        ramps = order.reshape(-1, numbers[-1])
        ramps[1::2] = ramps[1::2, ::-1]
        order = ramps.ravel()
    positions = []
    dimensions = []
    for m, (name, size) in enumerate(zip(names, numbers, strict=True)):
        measured = stack.positions[stack.motors.index(name)] if name in stack.motors else None
        if starts is not None and stops is not None:
            measured = None
            first, last = starts[m], stops[m]
        elif measured is None:
            first, last = 0.0, float(size - 1)
        if measured is None:
            index = np.indices(numbers)[m].ravel()
            values = np.linspace(first, last, size)[index]
        else:
            values = measured[order]
        grid = np.moveaxis(values.reshape(numbers), m, 0).reshape(size, -1).mean(axis=1)
        positions.append(values)
        dimensions.append(Dimension(name, size, float(grid[0]), float(grid[-1])))
    return replace(
        stack,
        dimensions=tuple(dimensions),
        positions=np.stack(positions),
        order=stack.order[order],
        warnings=(),
    )
