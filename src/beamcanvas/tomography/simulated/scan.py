"""A simulated scan in an NXtomo file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .phantom import line_integrals

#: of the body's outer shell, 1/cm; the pixels are 1 µm
ATTENUATION = 40.0
PIXEL_SIZE = 1e-6  #: m


def body_half_width(columns: int, axis: float, half_acquisition: bool = False) -> float:
    """Half the width of the body in pixels: all of it is in view as it turns."""
    sides = axis + 0.5, columns - 0.5 - axis
    return max(sides) if half_acquisition else min(sides)


def simulate_scan(
    file: Path,
    *,
    rows: int,
    columns: int,
    projections: int,
    span: float = 180.0,
    centre: float | None = None,
    half_acquisition: bool = False,
    photons: float = 20_000.0,
    darks: int = 5,
    flats: int = 5,
    seed: int = 4,
) -> Path:
    """Write a scan of the body with darks, flats before and after, and a current that decays.

    Parameters
    ----------
    span:
        Degrees from the first projection to one step behind the last.
    centre:
        Column of the rotation axis; the middle by default.
    half_acquisition:
        The body is as wide as both sides of the axis together.
    photons:
        Mean counts of a pixel without the body; 0 for projections without noise.
    """
    from nxtomo.application.nxtomo import NXtomo
    from nxtomo.nxobject.nxdetector import ImageKey
    from pint import application_registry as units

    rng = np.random.default_rng(seed)
    middle = (columns - 1) / 2
    axis = middle if centre is None else centre
    half_width = body_half_width(columns, axis, half_acquisition)
    angles = np.arange(projections) * span / projections
    integrals = line_integrals(np.radians(angles), (rows, columns), axis, half_width)
    body = np.exp(-integrals * np.float32(ATTENUATION * 100 * PIXEL_SIZE))
    beam = 1 + 0.15 * np.cos(2 * np.pi * np.arange(columns) / columns)
    beam = (beam * (1 + 0.02 * rng.standard_normal((rows, columns)))).astype(np.float32)
    full = photons or 20_000.0

    def shots(seen: NDArray[Any], current: NDArray[Any]) -> NDArray[np.uint16]:
        mean = full * beam * seen * (current / current0)[:, None, None].astype(np.float32)
        counts = rng.poisson(mean) if photons else np.rint(mean)
        return np.asarray(np.clip(counts + 100, 0, 65535), np.uint16)

    current0 = 0.2
    current = current0 * (1 - 0.05 * np.arange(projections) / projections)
    open_beam = np.ones((flats, rows, columns), np.float32)
    before, after = np.full(flats, current0), np.full(flats, current[-1])
    keys = (
        [ImageKey.DARK_FIELD] * darks
        + [ImageKey.FLAT_FIELD] * flats
        + [ImageKey.PROJECTION] * projections
        + [ImageKey.FLAT_FIELD] * flats
    )
    scan = NXtomo()
    scan.title = "simulated, not measured"
    scan.sample.name = "ellipsoids"
    scan.sample.rotation_angle = (
        np.concatenate([np.zeros(darks + flats), angles, np.full(flats, span)]) * units.degree
    )
    scan.instrument.source.name = "simulated"
    detector = scan.instrument.detector
    detector.data = np.concatenate(
        [
            np.full((darks, rows, columns), 100, np.uint16),
            shots(open_beam, before),
            shots(body, current),
            shots(open_beam, after),
        ]
    )
    detector.image_key_control = keys
    detector.x_pixel_size = detector.y_pixel_size = PIXEL_SIZE * units.meter
    detector.distance = 0.05 * units.meter
    detector.half_acquisition = half_acquisition
    detector.x_rotation_axis_pixel_position = float(axis - middle)
    scan.instrument.beam.incident_energy = 25 * units.keV
    scan.sample.x_pixel_size = scan.sample.y_pixel_size = PIXEL_SIZE * units.meter
    scan.sample.propagation_distance = 0.05 * units.meter
    scan.control.data = (
        np.concatenate([np.full(darks, current0), before, current, after]) * units.ampere
    )
    scan.save(str(file), data_path="entry0000", overwrite=True)
    return file
