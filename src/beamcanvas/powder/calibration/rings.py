"""Where diffraction rings fall on a detector.

The angles and the frame are pyFAI's: Kieffer & Karkoulis, J. Phys.: Conf. Ser. 425 (2013)
202012. Rotation 3 is about the beam and moves no ring, so it isn't in the formulas.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from ..types import Detector, Geometry

Array = NDArray[np.float64]

#: The parameters that move rings, in this order wherever they stand in an array.
PARAMETERS = ("distance", "poni1", "poni2", "rot1", "rot2", "wavelength")


def parameters_of(geometry: Geometry) -> Array:
    """The geometry as an array of :data:`PARAMETERS`."""
    return np.array([getattr(geometry, name) for name in PARAMETERS])


def with_parameters(geometry: Geometry, parameters: Array) -> Geometry:
    """The geometry with its :data:`PARAMETERS` replaced."""
    distance, poni1, poni2, rot1, rot2, wavelength = map(float, parameters)
    return replace(
        geometry,
        distance=distance,
        poni1=poni1,
        poni2=poni2,
        rot1=rot1,
        rot2=rot2,
        wavelength=wavelength,
    )


class PixelPositions:
    """Centres of a detector's pixels in its own frame, by their numbers in the flat image."""

    def __init__(self, detector: Detector) -> None:
        p1, p2, p3 = detector.pyfai().calc_cartesian_positions()
        self._on_plane = np.ravel(p1), np.ravel(p2)
        self._off_plane = None if p3 is None else np.ravel(p3)  # of a detector that isn't flat

    def __getitem__(self, numbers: NDArray[np.intp] | slice) -> Array:
        """Their positions, m: (pixels, 3)."""
        p1, p2 = (plane[numbers] for plane in self._on_plane)
        p3 = np.zeros(len(p1)) if self._off_plane is None else self._off_plane[numbers]
        return np.array([p1, p2, p3], dtype=float).T  # whole columns are read at a time


def _in_laboratory(positions: Array, parameters: Array) -> tuple[Array, Array, Array]:
    """Positions up, across and along the beam from the sample."""
    distance, poni1, poni2, rot1, rot2 = (float(v) for v in parameters[:5])
    p1, p2 = positions[:, 0] - poni1, positions[:, 1] - poni2
    p3 = positions[:, 2] + distance
    c1, s1, c2, s2 = cos(rot1), sin(rot1), cos(rot2), sin(rot2)
    return (
        p1 * c2 + p2 * (s1 * s2) - p3 * (c1 * s2),
        p2 * c1 + p3 * s1,
        p1 * s2 - p2 * (c2 * s1) + p3 * (c1 * c2),
    )


def two_theta(positions: Array, parameters: Array) -> Array:
    """Scattering angle of each position, rad."""
    up, across, along = _in_laboratory(positions, parameters)
    return np.arctan2(np.hypot(up, across), along)


def angles(positions: Array, parameters: Array) -> tuple[Array, Array]:
    """Scattering angle and azimuth of each position, rad."""
    up, across, along = _in_laboratory(positions, parameters)
    return np.arctan2(np.hypot(up, across), along), np.arctan2(up, across)


def from_beam(placement: Array) -> Array:
    """Parameters from distance, beam centre (column, row, m), rot1, rot2 and wavelength.

    To search and to fit in: a tilt about the beam centre hardly moves the rings, while one
    about the point of normal incidence moves them all.
    """
    distance, y, x, rot1, rot2, wavelength = placement
    poni1 = y - distance * np.tan(rot2) / np.cos(rot1)
    poni2 = x + distance * np.tan(rot1)
    return np.array([distance, poni1, poni2, rot1, rot2, wavelength])


def to_beam(parameters: Array) -> Array:
    """The reverse of :func:`from_beam`."""
    distance, poni1, poni2, rot1, rot2, wavelength = parameters
    y = poni1 + distance * np.tan(rot2) / np.cos(rot1)
    x = poni2 - distance * np.tan(rot1)
    return np.array([distance, y, x, rot1, rot2, wavelength])


def lines_at(sines: Array, wavelength: float) -> Array:
    """Scattering angles for a wavelength, rad, smallest first, from sin θ / λ (per m)."""
    found: Array = 2 * np.arcsin(np.minimum(sines * wavelength, 1))
    return found


def nearest(angles: Array, lines: Array) -> NDArray[np.intp]:
    """Number of the line nearest to each angle."""
    return np.searchsorted((lines[1:] + lines[:-1]) / 2, angles)


def pixel_angle(geometry: Geometry) -> float:
    """Angle under which the sample sees a pixel, rad."""
    return max(geometry.detector.pixel_size) / geometry.distance


def ring_line(geometry: Geometry, angle: float, points: int = 721) -> Array:
    """The ring of a scattering angle on a flat detector, x and y in pixels: (points, 2).

    Rows are NaN where the ring leaves the detector.
    """
    detector = geometry.detector
    g = geometry
    azimuth = np.linspace(-np.pi, np.pi, points)
    up, across = np.sin(angle) * np.sin(azimuth), np.sin(angle) * np.cos(azimuth)
    along = np.full(points, np.cos(angle))
    c1, s1, c2, s2 = cos(g.rot1), sin(g.rot1), cos(g.rot2), sin(g.rot2)
    # the rotation above, the other way round, up to the detector's plane
    p1 = c2 * up + s2 * along
    p2 = s1 * s2 * up + c1 * across - s1 * c2 * along
    p3 = -c1 * s2 * up + s1 * across + c1 * c2 * along
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(p3 > 0, g.distance / p3, np.nan)
        x, y = detector.to_pixels(p1 * scale + g.poni1, p2 * scale + g.poni2)
    rows, columns = detector.shape
    line = np.column_stack([x, y])
    line[~((x >= 0) & (x <= columns) & (y >= 0) & (y <= rows))] = np.nan
    return line
