"""Simulated images of powders, to try and to test with. Nothing here was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...output_file import replacing
from ..experiment.detectors import named_calibrant
from ..types import Geometry


def simulate_powders(
    file: Path,
    geometry: Geometry,
    powders: Sequence[Sequence[str]],
    *,
    width: float = 0.25,
    peak: float = 60.0,
    background: float = 3.0,
    seed: int = 31,
) -> Path:
    """Write an HDF5 file with one frame for each mixture of powders, none ever in the beam.

    Parameters
    ----------
    powders:
        Names of calibrants in each frame, in equal parts.
    width:
        Full width of each ring at half its height, degrees.
    peak, background:
        Mean counts on top of the innermost ring, and between rings.
    """
    import h5py

    rng = np.random.default_rng(seed)
    angle = geometry.pyfai().center_array(geometry.detector.shape, unit="2th_deg")
    frames = []
    for mixture in powders:
        mean = np.full(angle.shape, background)
        for name in mixture:
            lines = np.degrees(named_calibrant(name).two_theta(geometry.wavelength))
            for line in lines[lines < angle.max() + 1]:
                ring = np.exp(-4 * np.log(2) * ((angle - line) / width) ** 2)
                mean += peak / len(mixture) * lines[0] / line * ring
        frames.append(rng.poisson(mean).astype(np.uint16))
    with replacing(file, ".h5") as (path, new), h5py.File(new, "w") as root:
        root.attrs.update(
            NX_class="NXroot", creator="beamcanvas", comment="simulated, not measured"
        )
        root.create_dataset(
            "entry/data/data",
            data=np.array(frames),
            chunks=(1, *angle.shape),
            compression="gzip",
            compression_opts=9,
            shuffle=True,
        )
    return path
