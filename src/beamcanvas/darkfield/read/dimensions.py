"""Finding out what moved in a scan, from what it was told to do and from where motors stood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..stack.dimension import Dimension

_ALIKE = 10  #: gaps between the steps of a motor differ by less than this factor

#: a motor and the number of its positions
Named = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Found:
    """The dimensions of a scan, slowest first, and its frames put in their order."""

    dimensions: tuple[Dimension, ...]
    positions: NDArray[np.float64]  #: (motors, frames)
    order: NDArray[np.intp]  #: number in the scan of each frame
    warnings: tuple[str, ...] = ()


def named_in_title(title: str) -> list[Named]:
    """The motors that a scan command moves, slowest first: ``fscan2d chi -1 0.1 20 mu 0 1 5``."""
    words = title.split()
    if not words:
        return []
    command, rest = words[0], words[1:]
    found: list[Named] = []
    while len(rest) >= 4 and re.fullmatch(r"[A-Za-z_]\w*", rest[0]):
        try:
            float(rest[1]), float(rest[2])
            number = int(rest[3])
        except ValueError:
            break
        found.append((rest[0], number if command.startswith("f") else number + 1))
        rest = rest[4:]
    # a mesh names its fast motor first
    return found[::-1] if "mesh" in command else found


def named_in_parameters(parameters: Mapping[str, object]) -> list[Named]:
    """The motors in the parameters of an fscan, slowest first."""
    prefixes = [("slow_", "fast_"), ("",)][0 if "fast_motor" in parameters else 1]
    found = []
    for prefix in prefixes:
        motor, number = (parameters.get(f"{prefix}{what}") for what in ("motor", "npoints"))
        if isinstance(motor, str) and isinstance(number, (int, np.integer)):
            found.append((motor, int(number)))
    return found


def arrange(
    named: Sequence[Named], positions: Mapping[str, NDArray[np.float64]], frames: int
) -> Found:
    """Frames in the order of the dimensions that a scan was told to have.

    A scan that ended early keeps the steps of its slowest motor that are complete; one that
    ended within the first of them is a scan of the others. Frames are put where the positions
    say; so a fast motor may go to and fro.

    Raises
    ------
    InputError
        When the dimensions can't be those of the scan, or a motor has no positions.
    """
    for motor, _ in named:
        if motor not in positions:
            raise InputError(f"No position of '{motor}' was recorded at each frame.")
    warnings: list[str] = []
    shortest = min((motor for motor, _ in named), key=lambda motor: len(positions[motor]))
    recorded = len(positions[shortest])
    if recorded < frames:
        warnings.append(
            f"The motor '{shortest}' has {recorded} positions; the scan has {frames} frames: those "
            "without a position are left out."
        )
        frames = recorded
    sizes = [size for _, size in named]
    inner = prod(sizes[1:])
    slow = frames // inner if inner else 0
    if 1 < frames < inner:
        first = f"The scan ended within the first step of {named[0][0]}."
        found = arrange(named[1:], positions, frames)
        return replace(found, warnings=(*warnings, first, *found.warnings))
    if slow < 1 or (frames > prod(sizes)):
        words = " × ".join(map(str, sizes))
        raise InputError(f"The dimensions {words} make {prod(sizes)} frames; there are {frames}.")
    if slow < sizes[0]:
        left = frames - slow * inner
        warnings.append(
            f"The scan ended early: {slow} of {sizes[0]} steps of {named[0][0]} are complete"
            + (f", {left} frames after them are left out." if left else ".")
        )
        sizes[0] = slow
    kept = slow * inner
    table = np.stack([positions[motor][:kept] for motor, _ in named])
    order = _order(table, sizes)
    table = table[:, order]
    dimensions = tuple(
        _dimension(motor, size, table[m].reshape(sizes), m)
        for m, ((motor, _), size) in enumerate(zip(named, sizes, strict=True))
    )
    return Found(dimensions, table, order, tuple(warnings))


def _dimension(motor: str, size: int, grid: NDArray[np.float64], axis: int) -> Dimension:
    means = np.moveaxis(grid, axis, 0).reshape(size, -1).mean(axis=1)
    return Dimension(motor, size, float(means[0]), float(means[-1]))


def _order(table: NDArray[np.float64], sizes: Sequence[int]) -> NDArray[np.intp]:
    """The order in which positions go up or down steadily along each dimension."""
    number = table.shape[1]
    plain = np.arange(number)
    index = []
    for values, size in zip(table, sizes, strict=True):
        low, high = values.min(), values.max()
        if size == 1 or high == low:
            index.append(np.zeros(number, int))
            continue
        step = np.rint((values - low) / (high - low) * (size - 1)).astype(int)
        changes = np.diff(step)
        moved = changes[changes != 0]
        index.append(size - 1 - step if moved.size and moved[0] < 0 else step)
    place = np.ravel_multi_index(index, tuple(sizes))
    if len(np.unique(place)) < number:  # too uneven to tell: as they were measured
        return plain
    return np.argsort(place, kind="stable")


def guess(positions: Mapping[str, NDArray[np.float64]], frames: int) -> list[Named] | None:
    """What moved, from the positions alone, slowest first; None when they can't tell.

    A motor's positions lie close together around each of its steps, as far as its encoder is
    true, and far apart between them.
    """
    found = {}
    for motor, values in positions.items():
        if len(values) == frames:
            index = levels(values)
            if index.max() > 0:
                found[motor] = index
    single = [m for m, index in found.items() if index.max() + 1 == frames]
    motors = sorted(found, key=lambda m: int(np.count_nonzero(np.diff(found[m]))))
    sizes = {m: int(found[m].max()) + 1 for m in motors}
    if prod(sizes.values()) == frames and _is_grid([found[m] for m in motors], frames):
        return [(m, sizes[m]) for m in motors]
    # some only follow others: the fewest that fill the scan
    from itertools import combinations

    candidates = [m for m in motors if m not in single][:12]
    for count in (2, 3, 4):
        for some in combinations(candidates, count):
            if prod(sizes[m] for m in some) == frames and _is_grid(
                [found[m] for m in some], frames
            ):
                return [(m, sizes[m]) for m in some]
    for known in ("mu", "chi", "phi", "omega", "diffry", "diffrx", "ccmth", "obpitch", *single):
        if known in single:
            return [(known, frames)]
    return None


def levels(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the step at which a motor stands in each frame, counted upwards."""
    values = np.asarray(values, dtype=float)
    span = float(np.ptp(values))
    if not span > 1e-9 * max(1.0, float(np.abs(values).max())):
        return np.zeros(len(values), int)
    ordered = np.sort(values)
    gaps = np.diff(ordered)
    size = np.sort(gaps)[::-1]
    # gaps between steps are alike; the first that is much smaller is the encoder's tremble
    following = np.append(size[1:], 0.0) + 1e-9 * span
    small = np.flatnonzero(size > _ALIKE * following)
    last = int(small[0]) if small.size else len(size) - 1
    limit = float(np.sqrt(size[last] * following[last]))
    edges = (ordered[1:] + ordered[:-1])[gaps > limit] / 2
    return np.searchsorted(edges, values)


def _is_grid(index: Sequence[NDArray[np.intp]], frames: int) -> bool:
    shape = tuple(int(i.max()) + 1 for i in index)
    return prod(shape) == frames and len(np.unique(np.ravel_multi_index(index, shape))) == frames


def by_number(frames: int, warning: str) -> Found:
    """One dimension, the frame's number, where nothing is known of motors."""
    positions = np.arange(frames, dtype=np.float64)[None]
    dimension = Dimension("frame", frames, 0.0, float(frames - 1))
    return Found((dimension,), positions, np.arange(frames), (warning,))
