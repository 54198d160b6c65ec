"""Refining a geometry on where the rings are along their circumference.

Each ring is cut into arcs. In each arc the centroid of the intensity above its background
gives one control point, and least squares with a soft-L1 loss bring the points onto the
calibrant's lines. Arcs without a clear peak, or cut by a gap, give no point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from .rings import Array, angles, from_beam, lines_at, nearest, two_theta

_ARC = 20.0  #: length of an arc, pixels
_CLEAR = 5.0  #: standard deviations of a peak in an arc above its background


@dataclass(frozen=True, eq=False)
class RingPoints:
    """Control points: where rings were found."""

    positions: Array  #: (n, 3) mean of the arc's pixels, m
    ring: NDArray[np.intp]  #: number of the line, from 0
    seen: Array  #: angle of these positions and ...
    off: Array  #: ... distance of the ring's centroid from its line when they were found, rad
    lines: Array  #: at which the lines were
    width: float  #: full width at half maximum of the rings, rad

    def residuals(self, placement: Array, sines: Array) -> Array:
        """Distance of each ring from its line for another placement, rad."""
        moved = two_theta(self.positions, from_beam(placement)) - self.seen
        shifted = (lines_at(sines, placement[5]) - self.lines)[self.ring]
        return np.asarray(self.off + moved - shifted, dtype=float)

    def only(self, chosen: NDArray[np.bool_]) -> RingPoints:
        return RingPoints(
            self.positions[chosen],
            self.ring[chosen],
            self.seen[chosen],
            self.off[chosen],
            self.lines,
            self.width,
        )


@dataclass(frozen=True, eq=False)
class Refined:
    """A placement, its covariance, and the control points that it rests on."""

    placement: Array
    covariance: Array  #: of all six numbers; 0 for what was held
    points: RingPoints
    residuals: Array  #: of the points, rad


def reaches(lines: Array, most: float) -> Array:
    """How far from each line to look: up to its neighbours' share, 0 where lines blend."""
    gaps = np.diff(lines)
    nearer = np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf))
    found: Array = np.minimum(0.45 * nearer, most)
    return found


def ring_points(
    positions: Array,
    values: Array,
    placement: Array,
    sines: Array,
    pixel: float,
    rings: int,
    reach: float,
    progress: Progress,
) -> RingPoints:
    """Control points of the innermost `rings`, looked for within `reach` of their lines.

    Parameters
    ----------
    positions, values:
        All valid pixels and their counts.
    pixel:
        Angle of a pixel, rad.
    """
    parameters = from_beam(placement)
    lines = lines_at(sines, placement[5])
    half = reaches(lines, reach)
    half[rings:] = 0
    half[half < 1.8 * pixel] = 0
    angle = two_theta(positions, parameters)
    which = nearest(angle, lines)
    off = angle - lines[which]
    near = np.flatnonzero(np.abs(off) < half[which])
    which, off, angle = which[near], off[near], angle[near]
    place, count = positions[near], values[near]
    progress.check()
    _, azimuth = angles(place, parameters)
    progress.check()
    arcs = np.clip(2 * np.pi * np.sin(lines) / pixel / _ARC, 24, 360).astype(np.intp)
    first = np.append(0, np.cumsum(arcs))
    arc = first[which] + np.minimum(
        ((azimuth + np.pi) / (2 * np.pi) * arcs[which]).astype(np.intp), arcs[which] - 1
    )
    size = int(first[-1])
    inner = np.abs(off) < 0.6 * half[which]

    def total(chosen: NDArray[np.bool_], of: Array | None = None) -> Array:
        weights = None if of is None else of[chosen]
        return np.bincount(arc[chosen], weights, size).astype(float)

    with np.errstate(divide="ignore", invalid="ignore"):
        pixels, beside = total(inner), total(~inner)
        level = total(~inner, count) / beside
        scatter = np.sqrt(np.maximum(total(~inner, count**2) / beside - level**2, 0))
        above = np.where(inner, count - level[arc], 0)
        strength = total(inner, above)
        centroid = total(inner, above * off) / strength
        spread = total(inner, above * off**2) / strength - centroid**2
        balance = np.abs(total(inner, off) / pixels)
        clear = strength / (np.sqrt(pixels) * scatter + 1e-12 * np.abs(level) + 1e-12)
        ring = np.repeat(np.arange(len(lines)), arcs)
        good = (
            (pixels >= 6)
            & (beside >= 6)
            & (clear > _CLEAR)
            & (np.abs(centroid) < 0.5 * half[ring])
            & (balance < 0.15 * half[ring])  # a gap cuts the arc off-centre
        )
        means = np.column_stack([total(inner, place[:, i]) / pixels for i in range(3)])
    means, ring = means[good], ring[good]
    spreads = spread[good & (spread > 0)]
    width = 2.355 * float(np.sqrt(np.median(spreads))) if len(spreads) else pixel
    return RingPoints(means, ring, two_theta(means, parameters), centroid[good], lines, width)


def refine(
    positions: Array,
    values: Array,
    start: Array,
    sines: Array,
    free: NDArray[np.intp],
    scale: Array,
    pixel: float,
    rings: int,
    schedule: Sequence[tuple[int, float]],
    progress: Progress,
) -> Refined | None:
    """The placement that brings the rings onto their lines; None when there are too few.

    Parameters
    ----------
    positions, values:
        All valid pixels and their counts.
    start:
        Placement: see :func:`beamcanvas.powder.calibration.rings.from_beam`.
    sines:
        sin θ / λ of the calibrant's lines, per m.
    free, scale:
        Which numbers of the placement may change, and a step of each that moves rings by
        about a pixel.
    pixel:
        Angle of a pixel, rad.
    rings:
        Use only so many of the innermost.
    schedule:
        For each round the number of innermost rings and how far to look, in pixels.
    """
    here = start.copy()
    found = None
    for number, (inner, reach) in enumerate(schedule):
        progress(number / len(schedule), "Refining on the rings")
        wide = max(reach, 0.0 if found is None else 2 * found.points.width / pixel)
        points = ring_points(
            positions, values, here, sines, pixel, min(rings, inner), wide * pixel, progress
        )
        if len(points.ring) < 3 * len(free) + 3:
            return None
        found = _fit(points, here, sines, free, scale, pixel)
        here = found.placement
        if not (np.isfinite(here).all() and 0 < here[0] < 100 and np.abs(here[3:5]).max() < 1.5):
            return None
    return found


def _fit(
    points: RingPoints,
    start: Array,
    sines: Array,
    free: NDArray[np.intp],
    scale: Array,
    pixel: float,
) -> Refined:
    from scipy.optimize import least_squares

    def placed(moves: Array) -> Array:
        placement = start.copy()
        placement[free] += moves * scale[free]
        return placement

    def residuals(moves: Array) -> Array:
        return points.residuals(placed(moves), sines) / pixel

    zero = np.zeros(len(free))
    if not len(free):
        off = points.residuals(start, sines)
        return Refined(start, np.zeros((6, 6)), points, off)
    fit = least_squares(residuals, zero, loss="soft_l1", f_scale=0.2, max_nfev=60)
    off = residuals(fit.x)
    for _ in range(3):
        kept = ~outliers(off, points.ring)
        if kept.all() or kept.sum() <= len(free) + 3:
            break
        points = points.only(kept)
        fit = least_squares(residuals, fit.x, loss="soft_l1", f_scale=0.2, max_nfev=30)
        off = residuals(fit.x)
    variance = float(off @ off) / max(len(off) - len(free), 1)
    inverse = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
    covariance = np.zeros((6, 6))
    covariance[np.ix_(free, free)] = inverse * np.outer(scale[free], scale[free])
    return Refined(placed(fit.x), covariance, points, off * pixel)


def outliers(off: Array, ring: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Points, and whole rings, that lie off by much more than the others.

    A ring that is off as a whole is another powder's, next to the calibrant's.

    Parameters
    ----------
    off:
        Distance of each point from its line, pixels.
    """
    rings = np.unique(ring)
    middles = np.array([np.median(off[ring == number]) for number in rings])
    usual = float(np.median(middles))
    allowed = 4 * max(1.48 * float(np.median(np.abs(middles - usual))), 0.05)
    foreign = rings[np.abs(middles - usual) > allowed]
    limit = max(4 * 1.48 * float(np.median(np.abs(off))), 0.05)
    return np.isin(ring, foreign) | (np.abs(off) > limit)
