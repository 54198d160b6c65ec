"""The tilt of the detector, from two projections half a turn apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ...scan.types import Selection, TomoScan
from ..projections import Projections

_WIDEST = 1024  #: columns after binning; more tell no more of an angle
_SMOOTH = 2.0  #: px
_LIMIT = 5.0  #: degrees on either side
_FEWEST = 32  #: rows from which a tilt can be told


class Tilted(NamedTuple):
    """The angle by which projections are to be turned, and how well they then match."""

    angle: float  #: degrees, counter-clockwise
    likeness: float  #: correlation of their edges, 1 where they are the same


def find_tilt(scan: TomoScan) -> Tilted:
    """By how much projections must be turned for opposite ones to be mirror images.

    Both are turned by the same angle, one is mirrored, and each row of it is moved by the
    same way along the row. The angle is taken at which the edges in both, the gradient of
    the absorption along a row, are most alike.

    Raises
    ------
    InputError
        When no two projections are half a turn apart, they have too few rows to tell, or
        darks or flats are missing.
    """
    from scipy.ndimage import gaussian_filter
    from scipy.optimize import minimize_scalar

    from ...centre.opposite import opposite_numbers

    if scan.shape[1] < _FEWEST:
        raise InputError(
            f"{scan.name}: a tilt can't be found from projections of {scan.shape[1]} rows; type "
            "the angle."
        )
    step = -(-scan.shape[2] // _WIDEST)
    plain = Selection(binning=(min(step, scan.shape[1]), step))
    with Projections(replace(scan, selection=plain, treatments=())) as projections:
        numbers = opposite_numbers(projections, None)
        one, two = (
            gaussian_filter(-np.log(np.clip(projections.radio(n), 1e-3, None)), _SMOOTH)
            for n in numbers
        )
    coarse = np.linspace(-_LIMIT, _LIMIT, 21)
    best = int(np.argmax([_likeness(one, two, angle) for angle in coarse]))
    around = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    found = minimize_scalar(
        lambda angle: -_likeness(one, two, angle),
        bounds=around,
        method="bounded",
        options={"xatol": 0.005},
    )
    return Tilted(float(found.x), float(-found.fun))


def _likeness(one: NDArray[Any], two: NDArray[Any], angle: float) -> float:
    """Correlation of the edges at the best shift along the rows."""
    from scipy.fft import irfft, next_fast_len, rfft

    # what turns into view from beyond the top and the bottom is no measurement
    beyond = int(np.ceil(one.shape[1] / 2 * abs(np.sin(np.deg2rad(angle))) / 4))
    rows = slice(beyond, one.shape[0] - beyond) if one.shape[0] > 4 * beyond else slice(None)
    first = np.gradient(turned(one, angle)[rows], axis=1)
    second = np.gradient(turned(two, angle)[rows, ::-1], axis=1)
    size = next_fast_len(2 * first.shape[1], real=True)
    product = rfft(first, size) * rfft(second, size).conj()
    peak = irfft(product.sum(axis=0), size).max()
    return float(peak / max(np.sqrt((first**2).sum() * (second**2).sum()), 1e-30))


def turned(image: NDArray[Any], angle: float, middle: tuple[float, float] | None = None) -> Any:
    """An image turned counter-clockwise around a point (row, column), by default its middle."""
    from scipy.ndimage import affine_transform

    sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    matrix = np.array([[cosine, sine], [-sine, cosine]])
    centre = (np.array(image.shape) - 1) / 2 if middle is None else np.array(middle)
    offset = centre - matrix @ centre
    return affine_transform(image, matrix, offset, order=1, mode="nearest")
