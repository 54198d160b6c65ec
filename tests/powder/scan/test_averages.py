"""Averages and sums over frames, of one scan and of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import IntegratedScan, ScanResult, average_frames, integrate_scan
from beamcanvas.powder.simulated.scan import SMALL, simulated_frames

MONITOR = [1.0, 2.0, 4.0, 0.0, 1.0, 1.0, 3.0]  # the fourth frame can't be normalised


def scan_of(folder: Path, number: int = 1, monitor: Sequence[float] = MONITOR) -> Path:
    writer = ScanWriter(folder / "raw" / "a.h5", ("mon",), scan=number)
    for (frame, _), value in zip(simulated_frames(len(monitor), SMALL), monitor, strict=True):
        writer.add(frame + number, mon=value)
    return writer.finish()


def integrated(folder: Path, number: int = 1, **settings: Any) -> ScanResult:
    usual: dict[str, Any] = {
        "points": 300,
        "monitor": "mon",
        "error_model": "poisson",
        "existing": "replace",
    }
    usual |= {"output": folder / "out.h5"}
    return integrate_scan(SMALL, file=folder / "raw" / "a.h5", scan=number, **usual | settings)


@pytest.fixture
def whole(tmp_path: Path) -> ScanResult:
    scan_of(tmp_path)
    return integrated(tmp_path)


def test_the_average_is_that_of_all_counts(whole: ScanResult) -> None:
    found = average_frames(whole.scan)
    np.testing.assert_allclose(found.pattern.intensity, whole.average.intensity, rtol=2e-6)
    np.testing.assert_allclose(found.pattern.sigma, whole.average.sigma, rtol=2e-6)
    assert found.pattern.settings["frames"] == 6
    assert found.pattern.source == "average of 6 frames, a.h5::/1.1"
    assert list(found.patterns.patterns) == ["all frames"]
    assert found.cake is None


def test_cakes_are_averaged_as_patterns_are(tmp_path: Path, whole: ScanResult) -> None:
    cakes = integrated(tmp_path, azimuth_points=12, splitting="none")
    alone = integrated(tmp_path, splitting="none", output=tmp_path / "other.h5")
    found = average_frames(cakes.scan)
    assert found.cake is not None
    assert found.cake.intensity.shape == (12, 300)
    np.testing.assert_allclose(found.pattern.intensity, cakes.average.intensity, rtol=2e-6)
    np.testing.assert_allclose(found.pattern.intensity, alone.average.intensity, rtol=2e-6)
    np.testing.assert_allclose(found.pattern.sigma, alone.average.sigma, rtol=2e-6)


def test_a_sum_is_counts_not_divided_by_the_monitor(tmp_path: Path, whole: ScanResult) -> None:
    plain = integrated(tmp_path, monitor=None, output=tmp_path / "plain.h5")
    found = average_frames(whole.scan, how="sum").pattern
    # all but the fourth
    others = [
        average_frames(plain.scan, first=a, last=b, how="sum").pattern for a, b in ((0, 2), (4, 6))
    ]
    np.testing.assert_allclose(found.intensity, sum(o.intensity for o in others), rtol=2e-6)
    variance = sum(o.sigma**2 for o in others)  # type: ignore[operator,misc]
    np.testing.assert_allclose(found.sigma, np.sqrt(variance), rtol=2e-6)


def test_some_frames_and_groups_of_them(whole: ScanResult) -> None:
    found = average_frames(whole.scan, first=1, last=6, together=2)
    assert list(found.patterns.patterns) == ["frames 1 to 2", "frames 3 to 4", "frames 5 to 6"]
    two = average_frames(whole.scan, first=1, last=2).pattern
    np.testing.assert_array_equal(found.patterns.patterns["frames 1 to 2"].intensity, two.intensity)
    assert found.patterns.patterns["frames 3 to 4"].settings["frames"] == 1
    every = average_frames(whole.scan, every=2).pattern
    assert every.settings["frames"] == 4


def test_scans_of_the_same_file_and_of_others(tmp_path: Path, whole: ScanResult) -> None:
    scan_of(tmp_path, 2, [1.0, 5.0])
    second = integrated(tmp_path, 2)
    (tmp_path / "elsewhere.h5").write_bytes(whole.scan.file.read_bytes())
    found = average_frames(whole.scan, scans=[2])
    assert found.pattern.settings["frames"] == 8
    first = average_frames(whole.scan).pattern
    other = average_frames(second.scan).pattern
    expected = (first.intensity * 12 + other.intensity * 6) / 18  # what their monitors counted
    np.testing.assert_allclose(found.pattern.intensity, expected, rtol=2e-6)
    assert list(found.patterns.patterns) == ["out.h5::1.1, all frames", "out.h5::2.1, all frames"]
    twice = average_frames(whole.scan, files=[tmp_path / "elsewhere.h5"]).pattern
    np.testing.assert_allclose(twice.intensity, first.intensity, rtol=1e-12)
    np.testing.assert_allclose(twice.sigma, first.sigma / np.sqrt(2), rtol=1e-12)  # type: ignore[operator]


def test_scans_are_added_frame_by_frame(tmp_path: Path, whole: ScanResult) -> None:
    scan_of(tmp_path, 2, [2.0, 5.0, 1.0])
    second = integrated(tmp_path, 2).scan
    found = average_frames(whole.scan, scans=[2], together=1, series="over all scans").patterns
    assert list(found.patterns) == [f"frame {n}" for n in (0, 1, 2, 4, 5, 6)]
    one, two = (average_frames(s, first=1, last=1).pattern for s in (whole.scan, second))
    expected = (one.intensity * 2 + two.intensity * 5) / 7
    np.testing.assert_allclose(found.patterns["frame 1"].intensity, expected, rtol=1e-6)
    assert found.patterns["frame 4"].settings["frames"] == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"first": 7}, "There is no frame to average: the scan has 7, from 0"),
        ({"scans": [5]}, "out.h5 has no integrated scan at /5.1/pilatus_integrate"),
        ({"files": [Path("nowhere.h5")]}, "nowhere.h5: there is no such file"),
        ({"scans": [2]}, "integrate both in the same way"),
    ],
)
def test_what_cannot_be_averaged(
    tmp_path: Path, whole: ScanResult, settings: Any, sentence: str
) -> None:
    scan_of(tmp_path, 2)
    integrated(tmp_path, 2, points=200)
    with pytest.raises(InputError, match=sentence):
        average_frames(whole.scan, **settings)


def test_of_a_frame_that_failed_nothing_is_left(whole: ScanResult) -> None:
    with pytest.raises(InputError, match="no frame"):
        average_frames(whole.scan, first=3, last=3)
    assert isinstance(whole.scan, IntegratedScan)
