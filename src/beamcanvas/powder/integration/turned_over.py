"""Whether the rings of an image fit a geometry only when that is turned over.

Programs differ in which row of an image is the first, and a geometry from one of them is
upside down in another. Rings tell without a calibrant: pixels of one angle are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..calibration.rings import parameters_of, two_theta
from ..experiment.turning import turnings
from ..types import Geometry
from .operator import Corrections, marked_pixels

_PIXELS = 20_000  #: so many of the image are looked at, some milliseconds
_BINS = 300
_FAR = 2.0  #: pixels; beam centres that are nearer can't be told apart
_BETTER = 0.6  #: another way leaves less than this part of the scatter


def turned_over(
    values: Callable[[NDArray[np.intp]], NDArray[np.floating]],
    mask: NDArray[np.bool_],
    geometry: Geometry,
) -> str:
    """A sentence when the rings fit the geometry turned over, and not as it is; else ``""``.

    Parameters
    ----------
    values:
        Gives the image's counts at numbers of pixels in the flat image.
    mask:
        Pixels not to be used.
    """
    x, y = geometry.beam_centre
    ways = {}
    for way, other in turnings(geometry).items():
        there = other.beam_centre
        if not way or np.hypot(there[0] - x, there[1] - y) > _FAR:
            ways[way] = other
    if len(ways) == 1:
        return ""
    some = np.random.default_rng(0).integers(mask.size, size=_PIXELS)
    some = some[~mask.ravel()[some]]
    if not len(some):
        return ""
    counts = np.log1p(np.maximum(values(some), 0))
    good = np.isfinite(counts)
    some, counts = some[good], counts[good]
    if len(some) < 10 * _BINS or not np.ptp(counts):
        return ""
    rows, columns = np.divmod(some, mask.shape[1])
    p1, p2, p3 = geometry.detector.pyfai().calc_cartesian_positions(rows, columns)
    positions = np.stack([p1, p2, np.zeros_like(p1) if p3 is None else p3], axis=1)
    scatter = {
        way: _scatter(two_theta(positions, parameters_of(other)), counts)
        for way, other in ways.items()
    }
    best = min(scatter, key=lambda way: scatter[way])
    if scatter[best] > _BETTER * scatter[""]:
        return ""
    cure = (
        "Choose 'Made for the image upside down' where the geometry is opened."
        if best == "upside down"
        else "An image of the calibrant linked to 'Configuration' turns the geometry."
    )
    return (
        f"The rings of the image fit the geometry turned {best}, and not as it is: the angles "
        f"are wrong. {cure}"
    )


def frame_turned_over(frame: NDArray[Any], geometry: Geometry, corrections: Corrections) -> str:
    """The same of a frame as it was read, with dark and flat images and pixels that it marks."""
    flat = frame.ravel()

    def counts(pixels: NDArray[np.intp]) -> NDArray[np.floating]:
        found: NDArray[np.floating] = flat[pixels].astype(float)
        bad = marked_pixels(flat[pixels], None)
        if bad is not None:
            found[bad] = np.nan
        if corrections.dark is not None:
            found -= corrections.dark.ravel()[pixels]
        if corrections.flat is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                found /= corrections.flat.ravel()[pixels]
        return found

    return turned_over(counts, corrections.mask, geometry)


def _scatter(angles: NDArray[np.floating], counts: NDArray[np.floating]) -> float:
    """Variance of counts among pixels of one angle."""
    low, high = angles.min(), angles.max()
    bins = ((angles - low) * (_BINS / max(high - low, 1e-12))).astype(int)
    number = np.bincount(bins)
    mean = np.bincount(bins, counts) / np.maximum(number, 1)
    return float(np.sum((counts - mean[bins]) ** 2) / (len(counts) - np.count_nonzero(number)))
