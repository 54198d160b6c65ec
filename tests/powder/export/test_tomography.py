"""XRD-CT: the layout that ID31's tools read, and sinograms of a regular scan."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import export_tomography

from .conftest import LINES, POINTS, Measure, positions


def level(pattern: np.ndarray) -> float:
    return float(np.nanmax(pattern)) / 10 - 1  # the number of the frame


def test_the_layout_of_id31(measure: Measure, tmp_path: Path) -> None:
    y, th = positions()
    scan = measure(y, th)
    file, shape = export_tomography(scan, file=tmp_path / "tomo")
    assert file == tmp_path / "tomo.h5"
    assert shape == {"lines": LINES, "points": POINTS}
    with h5py.File(file) as root, h5py.File(scan.file) as made:
        np.testing.assert_array_equal(root["XRD"], made[scan.path]["intensity"])
        np.testing.assert_array_equal(root["q"], scan.radial)
        assert root["q"].attrs["units"] == "1/nm"
        np.testing.assert_allclose(root["y"], y)
        np.testing.assert_allclose(root["th"], th)


@pytest.mark.parametrize("zigzag", [False, True])
@pytest.mark.parametrize("slow", ["y", "th"])
@pytest.mark.parametrize("frames", [LINES * POINTS, LINES * POINTS - 2])
def test_a_regular_scan_becomes_sinograms(
    measure: Measure, tmp_path: Path, zigzag: bool, slow: str, frames: int
) -> None:
    """Whichever motor is slow, one way or to and fro, the last line cut short or not."""
    still, moving = (p[:frames] for p in positions(zigzag=zigzag))
    y, th = (still, moving) if slow == "y" else (moving, still)
    file, shape = export_tomography(measure(y, th), file=tmp_path / "tomo.h5")
    assert shape == {"lines": LINES, "points": POINTS}
    with h5py.File(file) as root:
        group = root[root.attrs["default"]]
        group = group[group.attrs["default"]]
        assert list(group.attrs["axes"]) == [slow, "th" if slow == "y" else "y", "q"]
        signal = group["intensity"][()]
        lines, points = (group[name][()] for name in list(group.attrs["axes"])[:2])
        np.testing.assert_allclose(lines, 0.1 * np.arange(LINES))
        np.testing.assert_allclose(points, 9.0 * np.arange(POINTS), atol=0.2)
        seen = 0
        for row, column in np.ndindex(LINES, POINTS):
            if np.isfinite(signal[row, column]).any():
                number = round(level(signal[row, column]))
                assert still[number] == pytest.approx(lines[row])
                assert moving[number] == pytest.approx(points[column], abs=0.5)
                seen += 1
        assert seen == frames


def test_any_other_scan_keeps_its_rows(measure: Measure, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    file, shape = export_tomography(
        measure(random.uniform(0, 1, 9), random.uniform(0, 180, 9)), file=tmp_path / "tomo.h5"
    )
    assert shape == {}
    with h5py.File(file) as root:
        assert root["XRD"].shape == (9, 30)
        assert "default" not in root.attrs


def test_a_lost_frame_is_nan(measure: Measure, tmp_path: Path) -> None:
    file, _ = export_tomography(measure(*positions(), lost=7), file=tmp_path / "tomo.h5")
    with h5py.File(file) as root:
        lost = np.isnan(root["XRD"][()]).all(axis=1)
        assert np.flatnonzero(lost).tolist() == [7]
        assert np.isnan(root["entry/sinograms/intensity"][1, 2]).all()


def test_what_cannot_be_exported_is_told(measure: Measure, tmp_path: Path) -> None:
    scan = measure(*positions())
    with pytest.raises(InputError, match=r"no counter 'srot'. It has mon, th, y"):
        export_tomography(scan, file=tmp_path / "tomo.h5", rotation="srot")
    (tmp_path / "tomo.h5").write_text("mine")
    with pytest.raises(InputError, match="it is there already"):
        export_tomography(scan, file=tmp_path / "tomo.h5")
    assert (tmp_path / "tomo.h5").read_text() == "mine"
    (tmp_path / "raw" / "fscan2d.h5").rename(tmp_path / "gone.h5")
    with pytest.raises(InputError, match="'y' is in the raw scan, which is gone"):
        export_tomography(scan, file=tmp_path / "b.h5")
    scan.file.unlink()
    with pytest.raises(InputError, match="there is no such file"):
        export_tomography(scan, file=tmp_path / "b.h5")
    assert not (tmp_path / "b.h5").exists()


def test_cakes_are_not_for_tomography(measure: Measure, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes patterns"):
        export_tomography(measure(*positions(), azimuth_points=4), file=tmp_path / "tomo.h5")
