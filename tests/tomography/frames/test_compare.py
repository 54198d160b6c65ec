"""Two frames compared, and a sample that moved."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.ndimage import shift

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    check_sample_moved,
    compare_frames,
    flat_field,
    open_scan,
    reduce_darks_and_flats,
)
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.simulated.scan import simulate_scan

ENTRY = "entry0000"


def test_the_difference_of_two_projections(savu: TomoScan) -> None:
    with Projections(savu) as projections:
        first, last = projections.radio(0), projections.radio(90)
        raw = projections.raw(3).astype(float) - projections.raw(7)
    found = compare_frames(savu, mirrored=True)
    np.testing.assert_array_equal(found.image, first - last[:, ::-1])
    assert found.said == "projection 0 (-88.2°) less projection 90 (91.8°), mirrored"
    measured = compare_frames(savu, first=3, second=7, raw=True)
    np.testing.assert_array_equal(measured.image, raw)
    assert measured.nxdata().label == "Difference of counts"
    with pytest.raises(InputError, match="no projection 91 among 91"):
        compare_frames(savu, second=91)


def test_the_difference_of_any_two_frames(savu: TomoScan) -> None:
    with h5py.File(savu.file) as root:
        detector = root[f"{ENTRY}/instrument/detector"]
        keys, frames = detector["image_key"][()], detector["data"][()].astype(np.float32)
    dark, flat = (int(np.flatnonzero(keys == key)[0]) for key in (2, 1))
    found = compare_frames(savu, first=flat, second=dark, all_frames=True)
    np.testing.assert_array_equal(found.image, frames[flat] - frames[dark])
    assert found.said == f"frame {flat} (flat) less frame {dark} (dark)"
    assert found.nxdata().label == "Difference of counts"
    with pytest.raises(InputError, match="no frame 93 among 93"):
        compare_frames(savu, first=93, all_frames=True)


@pytest.mark.parametrize("moved", [0.0, 2.5])
def test_a_sample_that_moved_until_the_way_back(tmp_path: Path, moved: float) -> None:
    """The last two frames are made those of the way back, at the angles of two projections."""
    file = simulate_scan(tmp_path / "back.nx", rows=32, columns=64, projections=40, photons=0)
    with h5py.File(file, "a") as root:
        detector = root[f"{ENTRY}/instrument/detector"]
        keys, data = detector["image_key_control"], detector["data"]
        first = int(np.flatnonzero(keys[()] == 0)[0])
        flats = data[np.flatnonzero(keys[()] == 1)[0]].astype(float) - 100
        for frame, of in ((len(keys) - 2, first), (len(keys) - 1, first + 20)):
            seen = (data[of] - 100.0) / flats
            data[frame] = np.rint(shift(seen, (0, moved), order=1, mode="nearest") * flats + 100)
            keys[frame] = -1
            root[f"{ENTRY}/sample/rotation_angle"][frame] = root[f"{ENTRY}/sample/rotation_angle"][
                of
            ]
    found = check_sample_moved(reduce_darks_and_flats(open_scan(file)))
    assert len(found.shifts) == 2
    for row in found.shifts:
        assert row["right (px)"] == pytest.approx(moved, abs=0.3)
        assert row["down (px)"] == pytest.approx(0, abs=0.1)
    said = "moved by up to" if moved else "stayed where it was"
    assert said in found.verdict


def test_no_two_frames_at_the_same_angle(savu: TomoScan) -> None:
    with pytest.raises(InputError, match="no two frames were taken at the same angle"):
        check_sample_moved(savu)


def test_the_nearest_flat_instead_of_one_in_between(simulated: TomoScan) -> None:
    """Near the first flats both are nearly the same; in the middle they are not."""
    with (
        Projections(flat_field(simulated, machine_current=False)) as linear,
        Projections(
            flat_field(simulated, machine_current=False, interpolation="nearest")
        ) as nearest,
    ):
        near, middle = (np.abs(linear.radio(n) - nearest.radio(n)).mean() for n in (0, 44))
    assert near < 0.2 * middle
    with pytest.raises(InputError, match="its darks and flats are not known"):
        flat_field(open_scan(simulated.file))
