"""How far an image supports a geometry: is every line there, and is it where it should be?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ring_refinement import reaches
from .ring_search import BrightPixels
from .rings import Array, from_beam, lines_at, nearest, two_theta

_BIN = 0.2  #: of the test pattern, pixels
_REACH = 5.0  #: width of the pattern on either side of a line that is looked at, pixels
_ON_LINE = 1.0  #: how far from a line its peak may be, pixels
_ENOUGH_RINGS = 3
_FEW_RINGS = 5  #: with fewer, most of the bright pixels must lie on them
_ENOUGH_LINES = 0.6  #: of the lines that the detector covers
_CLOSE = 0.2  #: peaks of the pattern from their lines, pixels
_ABOVE_CHANCE = 1.3  #: bright pixels on rings over what rings anywhere would catch


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an image says of a geometry."""

    lines: Array  #: resolved lines that the detector covers, rad
    found: NDArray[np.bool_]  #: which have a peak
    off: Array  #: of the peak from the line, rad; NaN where none was found
    share: float  #: of bright pixels on rings
    chance: float  #: that rings anywhere would catch
    pixel: float  #: angle of a pixel, rad

    @property
    def residual(self) -> float:
        """Root mean square distance of the peaks from their lines, rad; inf without any."""
        if not self.found.any():
            return float("inf")
        return float(np.sqrt(np.mean(self.off[self.found] ** 2)))

    @property
    def support(self) -> float:
        """Share of the expected lines that were found."""
        return float(self.found.mean()) if len(self.found) else 0.0

    @property
    def score(self) -> float:
        """To compare geometries of one image: many lines found, near their places, is high."""
        if not self.found.any():
            return -1.0
        # chance peaks lie anywhere around the line
        sharp = 1 - min(self.residual / self.pixel / _ON_LINE, 1)
        return self.support * sharp * min(len(self.found) / _ENOUGH_RINGS, 1)

    @property
    def doubts(self) -> list[str]:
        """Why the geometry is not to be trusted; none when it is."""
        count, expected = int(self.found.sum()), len(self.found)
        doubts = []
        if count < _ENOUGH_RINGS:
            doubts.append(f"only {count} ring{'' if count == 1 else 's'} could be found")
        elif count < _FEW_RINGS and (self.support < 0.9 or self.share < 0.5):
            doubts.append(
                f"{count} of {expected} rings with {100 * self.share:.0f} % of the bright pixels "
                "are too little to tell"
            )
        elif self.support < _ENOUGH_LINES:
            doubts.append(f"only {count} of {expected} rings are where they should be")
        if count and self.residual > _CLOSE * self.pixel:
            doubts.append(
                f"the pattern's peaks are {np.degrees(self.residual):.3f}° from the lines, "
                f"{self.residual / self.pixel:.2f} pixels"
            )
        if self.share < _ABOVE_CHANCE * self.chance:
            doubts.append(
                f"{100 * self.share:.0f} % of the bright pixels are on rings, "
                f"no more than by chance ({100 * self.chance:.0f} %)"
            )
        return doubts

    @property
    def words(self) -> str:
        """The evidence in one sentence."""
        return (
            f"{int(self.found.sum())} of {len(self.found)} rings found, peaks within "
            f"{np.degrees(self.residual):.4f}° of their lines, {100 * self.share:.0f} % of the "
            f"bright pixels on rings ({100 * self.chance:.0f} % by chance)"
        )


def assess(
    positions: Array,
    values: Array,
    bright: BrightPixels,
    placement: Array,
    sines: Array,
    pixel: float,
    rings: int,
    ring_width: float = 0.0,
) -> Evidence:
    """Weigh a placement against the image.

    Parameters
    ----------
    positions, values:
        All valid pixels and their counts; evenly thinned ones do.
    placement:
        See :func:`beamcanvas.powder.calibration.rings.from_beam`.
    sines:
        sin θ / λ of the calibrant's lines, per m.
    pixel:
        Angle of a pixel, rad.
    rings:
        Judge only so many of the innermost.
    ring_width:
        Full width at half maximum of the rings, rad, when it is known.
    """
    parameters = from_beam(placement)
    angle = two_theta(positions, parameters)
    lines = lines_at(sines, placement[5])[:rings]
    if not len(lines):
        nothing = np.empty(0)
        return Evidence(nothing, nothing.astype(bool), nothing, 0.0, 0.0, pixel)
    width = _BIN * pixel
    bins = (angle / width).astype(np.intp)
    # a pixel's counts spread over the pixel: a box as wide as one
    box = np.ones(round(1 / _BIN))
    pixels = np.convolve(np.bincount(bins), box, "same")
    pattern = np.convolve(np.bincount(bins, values), box, "same") / np.maximum(pixels, 1)
    half = reaches(lines, max(_REACH * pixel, 2 * ring_width))
    expected, seen, off = [], [], []
    for line, reach in zip(lines, half, strict=True):
        low, high = int((line - reach) / width), int((line + reach) / width) + 1
        window = slice(low, high)
        if reach < 1.8 * pixel or low < 0 or high >= len(pattern) or pixels[window].min() < 4:
            continue
        place = np.asarray((np.arange(low, high) + 0.5) * width, dtype=float)
        centre = _peak(place, pattern[window], pixels[window], line, pixel)
        expected.append(line)
        seen.append(centre is not None)
        off.append(np.nan if centre is None else centre - line)
    found, distance = np.array(seen, dtype=bool), np.abs(np.array(off) / pixel)
    if found.any():
        # a peak further off than the others is another powder's
        found &= distance < max(4 * 1.48 * float(np.nanmedian(distance)), 0.2)
    limit = np.minimum(max(2 * pixel, 0.75 * ring_width), half)
    share = _share_on(lines, limit, two_theta(bright.positions, parameters))
    chance = _share_on(lines, limit, angle)
    return Evidence(np.array(expected), found, np.array(off), share, chance, pixel)


def _share_on(lines: Array, limit: Array, angle: Array) -> float:
    """Share of the angles, up to the last line, that are within `limit` of one."""
    angle = angle[angle < lines[-1] + limit[-1]]
    which = nearest(angle, lines)
    return float(np.mean(np.abs(angle - lines[which]) < limit[which])) if len(angle) else 0.0


def _peak(place: Array, pattern: Array, pixels: Array, line: float, pixel: float) -> float | None:
    """Centre of a clear peak on or near a line, by a Gaussian on a sloping background."""
    from scipy.optimize import least_squares

    x = (place - line) / pixel
    edge = max(2, len(x) // 6)
    beside = np.append(pattern[:edge], pattern[-edge:])
    noise = float(np.std(beside))
    counting = float(np.sqrt(max(beside.mean(), 0) / max(float(np.median(pixels)), 1)))
    top = int(pattern[edge:-edge].argmax()) + edge
    height = float(pattern[top] - beside.mean())
    if height < 4 * max(noise, counting, 1e-12):
        return None

    def misfit(parameters: Array) -> Array:
        height, centre, width, level, slope = parameters
        peak = height * np.exp(-0.5 * ((x - centre) / width) ** 2)
        return np.asarray((peak + level + slope * x - pattern) / size, dtype=float)

    def slopes(parameters: Array) -> Array:
        height, centre, width, _, _ = parameters
        off = (x - centre) / width
        peak = np.exp(-0.5 * off**2)
        moved = height * peak * off / width
        return np.column_stack([peak, moved, moved * off, np.ones_like(x), x]) / size

    size = float(pattern[top])
    guess = [height, float(x[top]), 0.7, float(beside.mean()), 0.0]
    scale = [size, 1.0, 1.0, size, size]
    fitted = least_squares(misfit, guess, slopes, x_scale=scale, max_nfev=100).x
    if fitted[0] <= 0 or not abs(fitted[1]) < _ON_LINE or not 0.2 < abs(fitted[2]) < x[-1]:
        return None
    return line + float(fitted[1]) * pixel
