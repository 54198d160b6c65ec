"""A small scan over translation and rotation, integrated."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import Detector, Geometry, IntegratedScan, integrate_scan

DETECTOR = Detector("Detector", (1e-4, 1e-4), (40, 50))
GEOMETRY = Geometry(0.05, 0.002, 0.0025, 0.0, 0.0, 0.0, 1e-10, DETECTOR)
LINES, POINTS = 4, 5

#: where the sample was, frame by frame: y, th
ToAndFro = tuple[np.ndarray, np.ndarray]


def positions(*, zigzag: bool = False) -> ToAndFro:
    """y line by line; th along each, one way or to and fro, never quite where it should be."""
    line, point = np.divmod(np.arange(LINES * POINTS), POINTS)
    back = (line % 2 == 1) & zigzag
    off = np.random.default_rng(3).uniform(-0.2, 0.2, LINES * POINTS)
    return 0.1 * line, 9.0 * np.where(back, POINTS - 1 - point, point) + off


Measure = Callable[..., IntegratedScan]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """Writes a scan and integrates it: frame n has 10 (n + 1) counts everywhere."""

    def make(
        y: np.ndarray, th: np.ndarray, *, lost: int = -1, **settings: object
    ) -> IntegratedScan:
        file = tmp_path / "raw" / "fscan2d.h5"
        shutil.rmtree(file.parent, ignore_errors=True)
        writer = ScanWriter(file, ("mon", "y", "th"), frames_per_file=len(y))
        for number in range(len(y)):
            frame = np.full(DETECTOR.shape, 10 * (number + 1), np.int32)
            monitor = 0.0 if number == lost else 1.0
            writer.add(frame, mon=monitor, y=float(y[number]), th=float(th[number]))
        writer.finish()
        inputs = {"points": 30, "error_model": "poisson", "monitor": "mon", "unit": "q_nm^-1"}
        inputs |= {"solid_angle": False, "splitting": "none"} | settings
        return integrate_scan(GEOMETRY, file=file, output=tmp_path / "result.h5", **inputs).scan  # type: ignore[arg-type]

    return make
