"""A body of ellipsoids, of which every projection and every slice is known exactly.

It has the proportions of Shepp & Logan's head (IEEE Trans. Nucl. Sci. 21 (1974) 21), with
two small pieces off all axes, so that no mirrored or turned slice looks like the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ellipsoid:
    """Lengths in units of the body's half width; the tilt turns x towards y, in degrees."""

    x: float
    y: float
    z: float
    a: float
    b: float
    c: float
    tilt: float
    value: float


BODY = (
    Ellipsoid(0.0, 0.0, 0.0, 0.69, 0.92, 0.9, 0.0, 1.0),
    Ellipsoid(0.0, -0.02, 0.0, 0.66, 0.87, 0.88, 0.0, -0.7),
    Ellipsoid(0.22, 0.0, 0.0, 0.11, 0.31, 0.4, 18.0, -0.2),
    Ellipsoid(-0.22, 0.0, 0.0, 0.16, 0.41, 0.5, -18.0, -0.2),
    Ellipsoid(0.0, 0.35, -0.15, 0.21, 0.25, 0.41, 0.0, 0.15),
    Ellipsoid(0.3, -0.45, 0.05, 0.09, 0.05, 0.2, 30.0, 0.4),
    Ellipsoid(-0.45, 0.25, -0.05, 0.05, 0.08, 0.2, 0.0, 0.5),
)


def line_integrals(
    angles: NDArray[Any], shape: tuple[int, int], centre: float, half_width: float
) -> NDArray[np.float32]:
    """Lengths through the body times its values, (angle, row, column), in pixels.

    Parameters
    ----------
    angles:
        Radians; column u sees the points with x·cos θ − y·sin θ = u − centre.
    shape:
        Rows and columns of a projection; the body's middle is in the middle row.
    half_width:
        Of the body, in pixels.
    """
    rows, columns = shape
    u = (np.arange(columns) - centre) / half_width
    z = (np.arange(rows) - (rows - 1) / 2) / half_width
    seen = np.zeros((len(angles), rows, columns), np.float32)
    for e in BODY:
        turned = np.asarray(angles)[:, None, None] - np.radians(e.tilt)
        width = (e.a * np.cos(turned)) ** 2 + (e.b * np.sin(turned)) ** 2
        away = u - (e.x * np.cos(angles) - e.y * np.sin(angles))[:, None]
        inside = width * (1 - ((z - e.z) / e.c) ** 2)[None, :, None] - away[:, None, :] ** 2
        seen += 2 * e.value * e.a * e.b * np.sqrt(np.clip(inside, 0, None)) / width
    seen *= half_width
    return seen


def slice_of(
    row: float, rows: int, size: int, half_width: float, finer: int = 4
) -> NDArray[np.float32]:
    """The body's values in a slice of `size` × `size` pixels around the axis.

    Each pixel is the mean of `finer` × `finer` points.
    """
    z = (row - (rows - 1) / 2) / half_width
    at = (np.arange(size * finer) + 0.5) / finer - size / 2
    x, y = np.meshgrid(at / half_width, at / half_width)
    values = np.zeros((size * finer, size * finer), np.float32)
    for e in BODY:
        cosine, sine = np.cos(np.radians(e.tilt)), np.sin(np.radians(e.tilt))
        along = (x - e.x) * cosine - (y - e.y) * sine
        across = (x - e.x) * sine + (y - e.y) * cosine
        values += e.value * ((along / e.a) ** 2 + (across / e.b) ** 2 + ((z - e.z) / e.c) ** 2 <= 1)
    fine = values.reshape(size, finer, size, finer)
    return np.asarray(fine.mean(axis=(1, 3)), np.float32)
