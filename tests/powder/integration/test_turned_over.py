"""A geometry of the wrong orientation is told of, without a calibrant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import (
    Detector,
    DiffractionImage,
    Geometry,
    integrate_1d,
    integrate_2d,
    integrate_scan,
)
from beamcanvas.powder.experiment.turning import turnings
from beamcanvas.powder.simulated.scan import simulated_frames
from beamcanvas.powder.types import HC

#: the beam is off its centre
SMALL = Geometry(
    0.1, 0.01, 0.03, 0.02, -0.01, 0.0, HC / 30, Detector("Detector", (172e-6, 172e-6), (195, 487))
)


def test_upside_down(ceo2: DiffractionImage, published: Geometry) -> None:
    geometry = replace(published, calibrant=None)
    (words,) = integrate_1d(ceo2, geometry.flipped(), points=300).warnings
    assert words.startswith("The rings of the image fit the geometry turned upside down, and not")
    assert integrate_2d(ceo2, geometry.flipped(), points=100).warnings == (words,)
    assert integrate_1d(ceo2, geometry, points=300).warnings == ()


@pytest.mark.parametrize("orientation", [1, 2, 4])
def test_a_detector_of_another_orientation(
    ceo2: DiffractionImage, published: Geometry, orientation: int
) -> None:
    geometry = replace(published, detector=replace(published.detector, orientation=orientation))
    assert bool(integrate_1d(ceo2, geometry, points=300).warnings) == (orientation != 4)


def test_images_without_rings_say_nothing(ceo2: DiffractionImage, published: Geometry) -> None:
    counts = np.random.default_rng(1).poisson(50.0, ceo2.shape).astype(np.int32)
    for data in (counts, np.full_like(counts, 7)):
        image = replace(ceo2, data=data)
        assert integrate_1d(image, published.flipped(), points=300).warnings == ()


@pytest.mark.parametrize("way", ["", "upside down", "left to right", "half around"])
def test_scans(tmp_path: Path, way: str) -> None:
    scan = ScanWriter(tmp_path / "a.h5", ("mon",), frames_per_file=3)
    for frame, _ in simulated_frames(2, SMALL):
        scan.add(frame, mon=1.0)
    scan.finish()
    result = integrate_scan(
        turnings(SMALL)[way], file=scan.file, output=tmp_path / "out.h5", points=200
    )
    assert len(result.average.warnings) == len(result.scan.warnings) == bool(way)
    if way:
        assert f"turned {way}, and not as it is" in result.average.warnings[0]
