"""Finding a calibrant's rings from a rough guess, or from none.

A few steps, none of them random. The pixels that stand out from their surroundings are
taken for ring pixels. Rings are centred where their radial profile is sharpest, and the
distance is where the calibrant's lines fall on its peaks. The best few are then sharpened,
tilt included: each bright pixel pulls its nearest line, with a reach that shrinks from many
pixels to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...task import SILENT, Progress
from .rings import Array, PixelPositions, from_beam, lines_at, nearest, two_theta

_MOST_PIXELS = 100_000
_COARSE_PIXELS = 8_000
_ENOUGH_TO_SCATTER = 1_000_000  #: pixels that tell how much all of them scatter
_SIGNIFICANT = 3.0  #: standard deviations above the surroundings


@dataclass(frozen=True, eq=False)
class BrightPixels:
    """Pixels that stand out from their surroundings."""

    positions: Array  #: (n, 3) in the detector's frame, m
    weights: Array  #: how clearly each stands out, 0 to 1
    index: NDArray[np.intp]  #: into the flattened image

    def thinned(self, most: int) -> BrightPixels:
        """About `most` of them, spread evenly."""
        step = max(1, -(-len(self.index) // most))
        return BrightPixels(self.positions[::step], self.weights[::step], self.index[::step])


def bright_pixels(
    image: NDArray[np.float32],
    mask: NDArray[np.bool_],
    where: PixelPositions,
    progress: Progress = SILENT,
) -> BrightPixels:
    """The pixels that stand out by more than their surroundings scatter."""
    from scipy.ndimage import median_filter, uniform_filter

    valid = ~mask & np.isfinite(image)
    some = np.flatnonzero(valid)
    some = some[:: max(1, len(some) // _ENOUGH_TO_SCATTER) | 1]
    side = max(15, min(image.shape) // 30) | 1
    share = np.maximum(uniform_filter(valid.astype(np.float32), side), 1e-6)
    # square roots: the scatter of counts is the same all over
    progress.check()
    counts = np.where(valid, np.sqrt(np.clip(image, 0, None)), 0).astype(np.float32)
    level = uniform_filter(counts, side) / share
    progress.check()
    filled = np.where(valid, counts, level)
    smooth = np.empty_like(filled)
    for first in range(0, len(filled), 500):  # one hot pixel is no ring
        progress.check()
        above = min(first, 1)
        block = median_filter(filled[first - above : first + 501], 3)
        smooth[first : first + 500] = block[above : above + 500]
    for _ in range(3):  # strong rings must not lift the level that faint ones stand out from
        progress.check()
        scatter = 1.48 * float(np.median(np.abs((smooth - level).ravel()[some]))) + 1e-3
        progress.check()
        capped = np.where(valid, np.minimum(smooth, level + 2 * scatter), 0)
        level = uniform_filter(capped, side) / share
    significance = np.where(valid, (smooth - level) / scatter, 0)
    chosen = np.flatnonzero(significance > _SIGNIFICANT)
    chosen = chosen[:: max(1, -(-len(chosen) // _MOST_PIXELS))]
    weights = np.clip(significance.ravel()[chosen] / (2 * _SIGNIFICANT), 0, 1).astype(float)
    return BrightPixels(where[chosen], weights, chosen)


@dataclass(frozen=True, eq=False)
class _Profile:
    """How much bright pixels crowd at each radius around a centre."""

    radii: Array
    contrast: Array  #: relative to their surroundings; 0 where there is nothing to see
    level: Array


def _profile(some: BrightPixels, centre: tuple[float, float], width: float) -> _Profile:
    from scipy.ndimage import gaussian_filter1d

    bin_width = width / 2
    distance = np.hypot(some.positions[:, 0] - centre[0], some.positions[:, 1] - centre[1])
    counts = np.bincount((distance / bin_width).astype(np.intp), some.weights)
    level = gaussian_filter1d(counts, 10) + 0.02 * counts.mean() + 1e-12
    contrast = gaussian_filter1d(counts, 1) / level - 1
    contrast[level < 0.1 * level.mean()] = 0
    radii = np.asarray((np.arange(len(counts)) + 0.5) * bin_width, dtype=float)
    return _Profile(radii, contrast, level)


def find_centres(
    bright: BrightPixels,
    centre: tuple[float, float],
    reach: float,
    pixel: float,
    progress: Progress,
    keep: int = 3,
) -> list[tuple[float, float]]:
    """Where rings may be centred, best first: around there the radial profile is sharpest.

    Needs no calibrant, and rings of anything else in the beam help.

    Parameters
    ----------
    centre, reach:
        Around which point and how far from it to look, m.
    pixel:
        Size of a pixel, m: how well to know the centre in the end, about.
    """
    some = bright.thinned(_COARSE_PIXELS)

    def sharpness(place: tuple[float, float], width: float) -> float:
        profile = _profile(some, place, width)
        return float(profile.level @ profile.contrast**2 / profile.level.sum())

    step = max(2 * reach / 24, 2 * pixel)
    offsets = np.arange(-reach, reach + step / 2, step) if reach else np.zeros(1)
    places = [(centre[0] + dy, centre[1] + dx) for dy in offsets for dx in offsets]
    scored = [
        (sharpness(place, 0.7 * step), place)
        for place in progress.each(places, "Searching for the centre of the rings")
    ]
    best = _apart(sorted(scored, reverse=True), 1.5 * step, keep)
    while reach and step > 2 * pixel:
        step /= 3
        finer = []
        for _, (y, x) in best:
            progress.check()
            around = [(y + i * step, x + j * step) for i in range(-3, 4) for j in range(-3, 4)]
            finer.append(max((sharpness(place, 0.7 * step), place) for place in around))
        best = _apart(sorted(finer, reverse=True), 1.5 * step, keep)
    return [place for _, place in best]


def _apart(
    scored: list[tuple[float, tuple[float, float]]], gap: float, keep: int
) -> list[tuple[float, tuple[float, float]]]:
    """The first few that are no neighbours of an earlier one."""
    chosen: list[tuple[float, tuple[float, float]]] = []
    for score, place in scored:
        if all(np.hypot(place[0] - p[0], place[1] - p[1]) > gap for _, p in chosen):
            chosen.append((score, place))
            if len(chosen) == keep:
                break
    return chosen


def find_distances(
    positions: Array,
    values: Array,
    lines: Array,
    centre: tuple[float, float],
    distances: Array,
    pixel: float,
    keep: int = 4,
) -> list[float]:
    """Distances at which the calibrant's lines fall on rings around a centre, best first.

    Parameters
    ----------
    positions, values:
        All valid pixels and their counts.
    lines:
        Scattering angles of the calibrant, rad.
    distances:
        To try, m.
    """
    radius = np.hypot(positions[:, 0] - centre[0], positions[:, 1] - centre[1])
    radii, presence = peaks_present(radius, values, pixel)
    presence = (presence - presence.mean()) / (presence.std() + 1e-12)
    places = np.tan(lines[lines < 1.5])
    scores = np.zeros(len(distances))
    for number, distance in enumerate(distances):
        expected = distance * places
        expected = expected[(expected > radii[0]) & (expected < radii[-1])]
        if len(expected) > 1:
            # lines that fall together are one ring
            expected = expected[np.append(True, np.diff(expected) > 4 * pixel)]
            scores[number] = np.interp(expected, radii, presence).sum() / np.sqrt(len(expected))
    found: list[float] = []
    for number in np.argsort(-scores, kind="stable"):
        distance = float(distances[number])
        if all(abs(np.log(distance / other)) > 0.03 for other in found):
            found.append(distance)
            if len(found) == keep:
                break
    return found


def peaks_present(place: Array, values: Array, width: float) -> tuple[Array, Array]:
    """Where the mean of `values` over `place` has peaks: 1 on a sure one, 0 beside, smeared.

    Every sure peak counts alike: the calibrant's may be the faint ones.
    """
    from scipy.ndimage import gaussian_filter1d, median_filter

    bins = (place / width).astype(np.intp)
    pixels = np.bincount(bins)
    mean = np.sqrt(np.clip(np.bincount(bins, values) / np.maximum(pixels, 1), 0, None))
    seen = pixels > 20
    mean = np.interp(np.arange(len(mean)), np.flatnonzero(seen), mean[seen])
    height = mean - median_filter(mean, 31, mode="nearest")
    noise = 1.48 * np.median(np.abs(height[seen])) + 1e-12
    sure = np.clip(height / (6 * noise), 0, 1) * seen
    presence: Array = gaussian_filter1d(sure, 1.5)
    middles = np.asarray((np.arange(len(mean)) + 0.5) * width, dtype=float)
    return middles, presence


def sharpen(
    bright: BrightPixels,
    sines: Array,
    start: Array,
    free: NDArray[np.intp],
    scale: Array,
    widths: Array,
    progress: Progress,
) -> Array:
    """The placement at which the bright pixels lie best on the lines, from one nearby.

    Maximises the sum over pixels of a Gaussian of the distance to the nearest line, by
    reweighted least squares, while its width shrinks.

    Parameters
    ----------
    sines:
        sin θ / λ of the calibrant's lines, per m.
    start:
        Placement: see :func:`beamcanvas.powder.calibration.rings.from_beam`.
    free, scale:
        Which of its numbers may change, and by how much to move rings by about a pixel.
    widths:
        One a round, rad, shrinking.
    """
    some = bright.thinned(_COARSE_PIXELS)
    here = start.copy()

    def distances(placement: Array) -> Array:
        angles = two_theta(some.positions, from_beam(placement))
        return angles - lines[which]

    for width in widths if len(free) else ():
        progress.check()
        for _ in range(5):
            angles = two_theta(some.positions, from_beam(here))
            lines = lines_at(sines, here[5])
            which = nearest(angles, lines)
            off = angles - lines[which]
            weight = some.weights * np.exp(-0.5 * (off / width) ** 2)
            slopes = np.empty((len(off), len(free)))
            for column, number in enumerate(free):
                ahead = here.copy()
                ahead[number] += 0.1 * scale[number]
                lines = lines_at(sines, ahead[5])
                slopes[:, column] = (distances(ahead) - off) * 10
            normal = slopes.T @ (weight[:, None] * slopes)
            normal += (1e-3 * np.diag(normal).max() + 1e-30) * np.eye(len(free))
            move = np.clip(-np.linalg.solve(normal, slopes.T @ (weight * off)), -20, 20)
            here[free] += move * scale[free]
            if np.abs(move).max() < 0.02:
                break
    return here
