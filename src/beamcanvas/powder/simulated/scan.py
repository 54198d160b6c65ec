"""A simulated powder scan, written as bliss writes one: two phases, one turning into the other.

    python -m beamcanvas.powder.simulated.scan folder/sample.h5 --frames 60 --pause 0.5

Counts have Poisson noise; the monitor ``mon`` drifts, and the counts with it. The geometry
is written beside the scan, as a PONI file.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus.simulated_scan import ScanWriter
from ..experiment.detectors import named_calibrant
from ..experiment.poni import save_poni
from ..types import HC, Detector, Geometry

#: near that of the tutorial's image: a Pilatus 1M at 0.2 m and 30 keV
GEOMETRY = Geometry(
    distance=0.2,
    poni1=0.0885,
    poni2=0.0805,
    rot1=0.01,
    rot2=-0.005,
    rot3=0.0,
    wavelength=HC / 30.0,
    detector=Detector("Pilatus 1M", (172e-6, 172e-6), (1043, 981)),
)

#: a small module, for small files
SMALL = Geometry(
    distance=0.1,
    poni1=0.0168,
    poni2=-0.006,
    rot1=0.0,
    rot2=0.0,
    rot3=0.0,
    wavelength=HC / 30.0,
    detector=Detector("Pilatus 100k", (172e-6, 172e-6), (195, 487)),
)


def simulated_frames(
    count: int,
    geometry: Geometry = GEOMETRY,
    phases: tuple[str, str] = ("CeO2", "LaB6"),
    counts: float = 60.0,
    seed: int = 0,
) -> Iterator[tuple[NDArray[np.int32], float]]:
    """Frames, and the monitor of each.

    Parameters
    ----------
    phases:
        Names of the powders at the start and at the end.
    counts:
        Of the strongest line's top, at a monitor of 1.

    Yields
    ------
    frame, monitor:
        (rows, columns) int32 with -1 in the gaps; the monitor, around 1.
    """
    random = np.random.default_rng(seed)
    integrator = geometry.pyfai()
    angle = np.asarray(integrator.center_array(geometry.detector.shape, unit="2th_deg"))
    gaps = integrator.detector.mask
    first, last = (counts * _profile(name, geometry, angle) for name in phases)
    ground = 0.05 * counts * np.exp(-angle / 20)
    for number in range(count):
        turned = number / max(count - 1, 1)
        monitor = 1 + 0.2 * np.cos(2 * pi * number / 17)
        mean = monitor * ((1 - turned) * first + turned * last + ground)
        frame = random.poisson(mean).astype(np.int32)
        if gaps is not None:
            frame[np.asarray(gaps, dtype=bool)] = -1
        yield frame, float(monitor)


def _profile(name: str, geometry: Geometry, angle: NDArray[Any]) -> NDArray[np.float64]:
    """Gaussian lines of 0.08°, weaker at larger angles; 1 at the strongest."""
    grid = np.arange(0, float(angle.max()) + 0.01, 0.01)
    lines = np.degrees(named_calibrant(name).two_theta(geometry.wavelength))
    near = lines[lines < grid[-1] + 1, np.newaxis]
    curve = (np.exp(-near / 15) * np.exp(-0.5 * ((grid - near) / 0.034) ** 2)).sum(axis=0)
    profile: NDArray[np.float64] = np.interp(angle, grid, curve / curve.max())
    return profile


def write_simulated_scan(
    file: Path,
    frames: int = 30,
    *,
    scan: int = 1,
    detector: str = "pilatus",
    frames_per_file: int = 10,
    pause: float = 0.0,
    geometry: Geometry = GEOMETRY,
) -> Path:
    """Write a scan of `frames` frames, waiting `pause` seconds before each."""
    writer = ScanWriter(
        file,
        ("mon", "temperature"),
        scan=scan,
        detector=detector,
        title="simulated: CeO2 turns into LaB6",
        positioners={"energy": geometry.energy},
        frames_per_file=frames_per_file,
    )
    for number, (frame, monitor) in enumerate(simulated_frames(frames, geometry)):
        time.sleep(pause)
        writer.add(frame, mon=monitor, temperature=300.0 + 5 * number)
    return writer.finish()


def main() -> None:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="beamcanvas.powder.simulated.scan", description=words)
    parser.add_argument("file", type=Path, help="the dataset's file; a scan is added to it")
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--scan", type=int, default=1, help="number of the scan")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before each frame")
    parser.add_argument("--small", action="store_true", help="Pilatus 100k, not Pilatus 1M")
    given = parser.parse_args()
    geometry = SMALL if given.small else GEOMETRY
    save_poni(geometry, file=given.file.with_suffix(".poni"), existing="replace")
    write_simulated_scan(
        given.file, given.frames, scan=given.scan, pause=given.pause, geometry=geometry
    )


if __name__ == "__main__":
    main()
