"""Rings in an image that its calibrant doesn't have, and the powder that would have them.

A wrong calibrant can have every one of its lines on a ring: those of Si are, but for 0.4 %
that the distance takes up, some of those of CeO2. What gives it away is the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .rings import Array, angles, from_beam, lines_at, nearest

_BIN = 0.5  #: of the pattern, pixels
_SECTORS = 16  #: of the azimuth; a ring stands in most of them, a spot in one
_CLEAR = 6.0  #: standard deviations of a peak above its surroundings
_STRONG = 0.1  #: of the calibrant's strongest ring
_NEAR = 2.0  #: how far a ring may be from its line, pixels, unless rings are wide
_BLENDED = 1.5  #: lines nearer to each other than so many times that make one ring
_OTHER_DISTANCE = 0.1  #: how much of a wrong lattice the distance may take up
_FEWEST = 4  #: rings of another powder to name it
_MORE = 0.15  #: by which another powder's share of the rings is clearly larger
_NEARER = 0.5  #: of the distance of rings from lines, when another powder is clearly nearer
_VISIBLE = 0.08  #: distance of rings from lines that is not yet noise, pixels
_AS_NEAR = 1.5  #: distance of rings from lines that is as good as another's, times that
_SAME_SIZE = 0.002  #: lattices that differ by less give the same geometry


@dataclass(frozen=True, eq=False)
class RingPeaks:
    """The rings of an image, whatever they are of."""

    angle: Array  #: rad
    height: Array  #: above the background, counts
    seen: tuple[float, float]  #: angles between which a ring would be noticed, rad
    pixel: float  #: angle of a pixel, rad
    near: float  #: how far a ring may be from its line, rad

    def foreign(self, lines: Array) -> NDArray[np.bool_]:
        """Which are near none of the lines."""
        return np.asarray(np.abs(self.angle - lines[nearest(self.angle, lines)]) > self.near)

    def fit(self, powder: str, lines: Array) -> PowderFit:
        """How well a powder's lines account for them."""
        low, high = self.seen
        lines = lines[(lines > low) & (lines < high)]
        # blended lines make one ring
        lines = lines[np.diff(lines, prepend=-np.inf) > _BLENDED * self.near]
        if not len(lines) or not len(self.angle):
            return PowderFit(powder, 0, 1, np.inf)
        which = nearest(self.angle, lines)
        off = self.angle - lines[which]
        near = np.abs(off) < self.near
        matched = len(np.unique(which[near]))
        there = len(lines) + int(np.sum(~near))
        rms = float(np.sqrt(np.mean(off[near] ** 2))) if near.any() else np.inf
        return PowderFit(powder, matched, there, rms / self.pixel)

    def at(self, scale: float) -> RingPeaks:
        """The same rings, seen at a distance that is `scale` times as long."""
        low, high = np.arctan(np.tan(self.seen) / scale)
        angle = np.arctan(np.tan(self.angle) / scale)
        return replace(self, angle=angle, seen=(float(low), float(high)))


@dataclass(frozen=True)
class PowderFit:
    """How well a powder accounts for the rings of an image."""

    powder: str
    matched: int  #: its lines that have a ring
    there: int  #: its lines and the rings that have none
    off: float  #: root mean square distance of rings from lines, pixels

    @property
    def share(self) -> float:
        return self.matched / self.there

    @property
    def words(self) -> str:
        return f"{self.powder} ({self.matched} of {self.there}, within {self.off:.2f} pixels)"

    def better_than(self, other: PowderFit) -> bool:
        """Whether it accounts clearly better for them, or for as many but more exactly."""
        more = self.share > other.share + _MORE
        nearer = self.share >= other.share and self.off < _NEARER * other.off
        return self.matched >= max(_FEWEST, other.matched) and (
            more or (nearer and other.off > _VISIBLE)
        )


def ring_peaks(
    positions: Array, values: Array, placement: Array, pixel: float, ring_width: float
) -> RingPeaks:
    """The rings that stand out in the median over sectors of the azimuth.

    Parameters
    ----------
    positions, values:
        All valid pixels and their counts.
    placement:
        See :func:`beamcanvas.powder.calibration.rings.from_beam`.
    pixel:
        Angle of a pixel, rad.
    ring_width:
        Full width at half maximum of the rings, rad; 0 when it is not known.
    """
    from scipy.ndimage import median_filter, uniform_filter1d
    from scipy.signal import find_peaks

    angle, azimuth = angles(positions, from_beam(placement))
    width = _BIN * pixel
    bins = (angle / width).astype(np.intp)
    length = int(bins.max()) + 1
    sector = ((azimuth + np.pi) / (2 * np.pi) * _SECTORS).astype(np.intp) % _SECTORS
    place = sector * length + bins
    box, size = round(1.5 / _BIN), _SECTORS * length
    pixels, counts = (
        uniform_filter1d(np.bincount(place, of, size).reshape(_SECTORS, length), box, axis=1)
        for of in (np.ones_like(values), values)
    )
    usable = pixels * box >= 8
    rows = np.sort(np.where(usable, counts / np.maximum(pixels, 1e-9), np.inf), axis=0)
    number = usable.sum(axis=0)
    enough = np.flatnonzero(number >= 2)
    near = max(_NEAR * pixel, 0.75 * ring_width)
    if len(enough) < 20:
        return RingPeaks(np.empty(0), np.empty(0), (0.0, 0.0), pixel, near)
    pattern = rows[(number[enough] - 1) // 2, enough]
    pattern = np.interp(np.arange(enough[0], enough[-1] + 1), enough, pattern)
    level = median_filter(pattern, 61, mode="nearest")
    # square roots: the scatter of counts is the same all over
    above = np.sqrt(np.clip(pattern, 0, None)) - np.sqrt(np.clip(level, 0, None))
    least = _CLEAR * 1.48 * float(np.median(np.abs(above))) + 1e-9
    tops, _ = find_peaks(above, height=least, prominence=least, width=(1, 40))
    tops = tops[np.isin(tops + enough[0], enough)]
    # at the ends there is no background on both sides to stand out from
    ends = (enough[0] + 8) * width, (enough[-1] - 7) * width
    # the top of a parabola through three points
    left, top, right = above[tops - 1], above[tops], above[tops + 1]
    middles = (enough[0] + tops + 0.5 + 0.5 * (left - right) / (left - 2 * top + right)) * width
    inside = (middles > ends[0]) & (middles < ends[1])
    return RingPeaks(middles[inside], (pattern - level)[tops][inside], ends, pixel, near)


def foreign_rings(peaks: RingPeaks, lines: Array) -> int:
    """How many strong rings none of the lines accounts for."""
    if not len(peaks.angle):
        return 0
    foreign = peaks.foreign(lines)
    least = _STRONG * float(peaks.height[~foreign].max(initial=0.0))
    return int(np.sum(foreign & (peaks.height > least)))


def better_powder(peaks: RingPeaks, own: PowderFit, wavelength: float) -> PowderFit | None:
    """The known powder that accounts for the rings best, if clearly better than `own`.

    Another lattice looks like another distance, so a tenth of that is allowed.
    """
    from ..experiment.detectors import calibrant_names, named_calibrant

    better = []
    for name in sorted(calibrant_names(), key=len):
        sines = 1e10 / (2 * np.array(named_calibrant(name).d_spacings))
        lines = np.unique(lines_at(sines[sines * wavelength < 0.976], wavelength))
        for scale in _scales(peaks, lines):
            fit = peaks.at(scale).fit(name, lines)
            if fit.better_than(own):
                better.append(fit)
    return max(better, key=lambda fit: (round(fit.share, 2), -fit.off), default=None)


def equal_powders(peaks: RingPeaks, own: PowderFit, wavelength: float) -> dict[str, float]:
    """Known powders that account for the rings as well as `own`, and by how much they'd move.

    Lattices that are equal up to their size, as those of Al and Au, differ by a distance only,
    and a few rings don't tell which it is. The names come with the factor of the distance, the
    nearest one first; those of the same size, such as batches of a standard, are left out.
    """
    from ..experiment.detectors import calibrant_names, named_calibrant

    equal: dict[str, float] = {}
    for name in calibrant_names():
        sines = 1e10 / (2 * np.array(named_calibrant(name).d_spacings))
        lines = np.unique(lines_at(sines[sines * wavelength < 0.976], wavelength))
        for rough in _scales(peaks, lines):
            scale = _sharpened(peaks, lines, float(rough))
            fit = peaks.at(scale).fit(name, lines)
            as_near = fit.off <= max(_AS_NEAR * own.off, _VISIBLE)
            if fit.matched >= own.matched and fit.share >= own.share and as_near:
                equal[name] = min(scale, equal.get(name, scale), key=lambda s: abs(s - 1))
    equal = {n: s for n, s in equal.items() if abs(s - 1) > _SAME_SIZE}
    return dict(sorted(equal.items(), key=lambda item: abs(item[1] - 1)))


def _sharpened(peaks: RingPeaks, lines: Array, scale: float) -> float:
    """The scale with which rings near lines are nearest to them."""
    there = peaks.at(scale)
    which = nearest(there.angle, lines)
    near = np.abs(there.angle - lines[which]) < there.near
    if not near.any():
        return scale
    return float(np.median(np.tan(peaks.angle[near]) / np.tan(lines[which[near]])))


def _scales(peaks: RingPeaks, lines: Array) -> Array:
    """Factors of the distance that bring one of the strongest rings onto a line."""
    strongest = np.tan(peaks.angle[np.argsort(-peaks.height)[:3]])
    scales: Array = (strongest[:, None] / np.tan(lines[lines < 1.5])).ravel()
    return scales[np.abs(scales - 1) < _OTHER_DISTANCE]
