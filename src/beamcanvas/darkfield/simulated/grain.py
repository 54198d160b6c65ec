"""A bent grain with cells: what its pixels' rocking curves are centred on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Grain:
    """What a simulated scan is made of, pixel by pixel."""

    centre: NDArray[np.float64]  #: (motors, rows, columns), in the motors' units
    width: NDArray[np.float64]  #: standard deviation of the rocking curve for each motor
    amplitude: NDArray[np.float64]  #: counts at the maximum; 0 outside the grain


def bent_grain(
    shape: tuple[int, int],
    motors: int,
    *,
    spread: float = 0.3,
    width: float = 0.12,
    counts: float = 400.0,
    cells: int = 40,
    height: float = 0.0,
    seed: int = 1,
) -> Grain:
    """A grain that is bent, with `cells` cells turned against each other.

    Parameters
    ----------
    shape:
        Rows and columns.
    motors:
        Motors of the scan.
    spread:
        Largest distance of a cell's centre from zero.
    width:
        Standard deviation of the rocking curves.
    height:
        Where a section through the grain is, -1 to 1: it gets smaller towards its ends.
    """
    random = np.random.default_rng(seed)
    rows, columns = shape
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    seeds = random.uniform(-1, 1, (cells, 2))
    from scipy.spatial import cKDTree

    _, cell = cKDTree(seeds).query(np.stack([y, x], -1))
    centre = np.empty((motors, rows, columns))
    for m in range(motors):
        bend = (x, y, x * y, x**2 - y**2)[m % 4] + 0.4 * (y, x, x, y)[m % 4] * (1 + 0.3 * height)
        turned = random.normal(0, 0.12, cells)[cell]
        centre[m] = spread * (0.6 * bend + turned)
    angle = np.arctan2(y, x)
    edge = (0.82 + 0.06 * np.sin(3 * angle + 2 * height) + 0.04 * np.cos(7 * angle)) * np.sqrt(
        max(1 - height**2, 0.0)
    )
    inside = np.hypot(y, x) < edge
    from scipy.ndimage import gaussian_filter

    # dislocations and their like: brighter and darker spots of a few pixels
    spots = gaussian_filter(random.normal(size=shape), 1.2)
    texture = (0.7 + 0.3 * random.random(cells)[cell]) * np.exp(0.25 * spots / spots.std())
    return Grain(centre, np.full(motors, width), counts * texture * inside)
