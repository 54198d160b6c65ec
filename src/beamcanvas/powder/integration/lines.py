"""Where the lines of a known powder stand on a radial axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..experiment.detectors import named_calibrant
from ..types import Calibrant, Geometry


def marked_lines(
    name: str | None, geometry: Geometry, unit: str, radial: NDArray[np.float64]
) -> dict[str, list[float]]:
    """The lines to mark on an axis: those of the powder of that name, "none" for none.

    Without a name: those of the powder that the geometry was found with.
    """
    if name == "none":
        return {}
    calibrant = geometry.calibrant if name is None else named_calibrant(name)
    if calibrant is None:
        return {}
    positions = line_positions(calibrant, geometry.wavelength, unit)
    seen = (positions >= radial.min()) & (positions <= radial.max())
    return {calibrant.name: [float(p) for p in positions[seen]]}


def line_positions(calibrant: Calibrant, wavelength: float, unit: str) -> NDArray[np.float64]:
    """Where a powder's lines stand on a radial axis; nowhere on a radius, which tilts move."""
    angles = calibrant.two_theta(wavelength)
    q = 4e-10 * np.pi * np.sin(angles / 2) / wavelength  # per Å
    positions: dict[str, NDArray[np.float64]] = {
        "2th_deg": np.degrees(angles),
        "2th_rad": angles,
        "q_nm^-1": 10 * q,
        "q_A^-1": q,
        "d_A": 2 * np.pi / q,
    }
    return positions.get(unit, np.empty(0))
