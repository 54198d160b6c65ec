"""Scans in which the detector moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import (
    Mask,
    images_at_positions,
    integrate_moving,
    integrate_moving_scan,
)

from .test_goniometer import SIMULATED, simulated

TRUTH, POSITIONS = SIMULATED[2][1:]
MONITOR = [1.0, 2.0, 3.0, 2.0]
STOOD = {"arm": POSITIONS[0], "tth": POSITIONS[0]}  #: before the scan
RANGE: dict[str, Any] = {"points": 700, "radial_min": 1.0, "radial_max": 60.0}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [row.file for row in simulated(tmp_path, TRUTH, POSITIONS).rows]


def scan_of(folder: Path, files: list[Path], monitor: list[float] = MONITOR) -> Path:
    writer = ScanWriter(folder / "a.h5", ("tth", "mon"), positioners=STOOD)
    for file, position, value in zip(files, POSITIONS, monitor, strict=True):
        writer.add(np.load(file), tth=position, mon=value)
    return writer.finish()


def test_is_what_its_images_are(tmp_path: Path, files: list[Path]) -> None:
    file = scan_of(tmp_path, files)
    settings = RANGE | {"error_model": "poisson"}
    found = integrate_moving_scan(TRUTH, file=file, motor="tth", monitor="mon", **settings)
    images = integrate_moving(
        TRUTH, images_at_positions(files=files, positions=POSITIONS), monitors=MONITOR, **settings
    )
    assert_allclose(found.radial, images.radial)
    assert_allclose(found.intensity, images.intensity, rtol=1e-6)
    assert_allclose(found.sigma, images.sigma, rtol=1e-6)  # type: ignore[arg-type]
    assert "4 geometries" in found.engine
    assert found.settings["motor"] == "tth"
    by_itself = integrate_moving_scan(TRUTH, file=file, monitor="mon", **settings)
    assert_allclose(by_itself.intensity, found.intensity)
    frames = images_at_positions(files=[file], scan=1)
    assert (frames.motor, frames.positions) == ("tth", tuple(POSITIONS))


def test_a_motor_that_stood_still(tmp_path: Path, files: list[Path]) -> None:
    file = scan_of(tmp_path, [files[0]] * 4)
    found = integrate_moving_scan(TRUTH, file=file, motor="arm", **RANGE)
    alone = integrate_moving(
        TRUTH, images_at_positions(files=files[:1], positions=POSITIONS[:1]), **RANGE
    )
    assert_allclose(found.intensity, alone.intensity, rtol=1e-6)


def test_a_bad_frame_is_left_out_and_said(tmp_path: Path, files: list[Path]) -> None:
    spoilt = np.load(files[2])
    spoilt[10:20] = -1  # the detector marks these itself
    np.save(files[2], spoilt)
    file = scan_of(tmp_path, files, [1.0, 0.0, 1.0, 1.0])
    found = integrate_moving_scan(TRUTH, file=file, motor="tth", monitor="mon", **RANGE)
    (said,) = found.warnings
    assert said == "1 of 4 frames is missing in the result: frame 1: The monitor 'mon' is 0."
    kept = [0, 2, 3]
    images = integrate_moving(
        TRUTH,
        images_at_positions(files=[files[i] for i in kept], positions=[POSITIONS[i] for i in kept]),
        **RANGE,
    )
    assert_allclose(found.intensity, images.intensity, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"motor": "delta"}, "has no positions of a motor 'delta'. It has tth, arm, mon"),
        ({"motor": "tth", "monitor": "i0"}, "no counter 'i0'"),
        ({"motor": "tth", "mask": Mask(np.zeros((3, 4), bool))}, "mask has 3 × 4 pixels"),
        ({"motor": "tth", "scan": 3}, "there is no scan 3.1"),
        ({"motor": "tth", "radial_min": 70.0}, "radial range is empty"),
    ],
)
def test_bad_input(tmp_path: Path, files: list[Path], settings: Any, sentence: str) -> None:
    file = scan_of(tmp_path, files)
    with pytest.raises(InputError, match=sentence):
        integrate_moving_scan(TRUTH, file=file, **RANGE | settings)


def test_nothing_is_left(tmp_path: Path, files: list[Path]) -> None:
    file = scan_of(tmp_path, files, [0.0] * 4)
    with pytest.raises(
        InputError, match=r"no frame of scan 1\.1 could be integrated\. Frames 0 to 3"
    ):
        integrate_moving_scan(TRUTH, file=file, motor="tth", monitor="mon", **RANGE)
