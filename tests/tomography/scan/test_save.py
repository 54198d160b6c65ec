"""Scans written as NXtomo files: corrected, joined, with frames added; links hold."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    TomoScan,
    add_darks_and_flats,
    collect_scans,
    concatenate_scans,
    edit_scan,
    find_centre,
    open_scan,
    reduce_darks_and_flats,
    save_scan,
    upgrade_image_keys,
)
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.simulated.scan import simulate_scan

DATA = "entry0000/instrument/detector/data"


def raw(scan: TomoScan) -> np.ndarray:
    with h5py.File(scan.file) as root:
        return root[f"{scan.entry}/instrument/detector/data"][()]


@pytest.mark.parametrize("frames", ["link", "copy"])
def test_what_was_corrected_is_written(simulated: TomoScan, tmp_path: Path, frames: str) -> None:
    edited = edit_scan(
        simulated, energy=31, distance=80, pixel_width=2.5, upside_down="yes", source_distance=55
    )
    edited = upgrade_image_keys(edited)
    saved = save_scan(edited, file=tmp_path / "edited.nx", frames=frames)
    for name in ("energy", "distance", "pixel_size", "flips", "source_distance", "axis_in_file"):
        assert getattr(saved, name) == pytest.approx(getattr(edited, name)), name
    for name in ("shape", "raw_darks", "raw_flats", "span", "sample", "half_acquisition"):
        assert getattr(saved, name) == getattr(edited, name), name
    assert saved.has_current
    np.testing.assert_array_equal(raw(saved), raw(simulated))
    with h5py.File(saved.file) as root:
        assert root[DATA].is_virtual == (frames == "link")


def test_tomoscan_and_nabu_read_what_is_written(simulated: TomoScan, tmp_path: Path) -> None:
    from tomoscan.esrf.scan.nxtomoscan import NXtomoScan

    edited = edit_scan(simulated, energy=31, left_right="yes")
    saved = save_scan(edited, file=tmp_path / "edited.nx")
    other = NXtomoScan(str(saved.file), saved.entry)
    assert other.energy == 31
    assert other.detector_is_lr_flip
    assert not other.detector_is_ud_flip
    assert (len(other.projections), other.dim_2, other.dim_1) == saved.shape


def test_links_hold_when_both_files_are_moved(simulated: TomoScan, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    shutil.copy(simulated.file, tmp_path / "there" / "raw.nx")
    saved = save_scan(open_scan(tmp_path / "there" / "raw.nx"), file=tmp_path / "there" / "s.nx")
    expected = raw(saved)
    (tmp_path / "there").rename(tmp_path / "elsewhere")
    np.testing.assert_array_equal(raw(open_scan(tmp_path / "elsewhere" / "s.nx")), expected)


def test_nothing_is_overwritten_unless_asked_and_never_itself(
    simulated: TomoScan, tmp_path: Path
) -> None:
    file = tmp_path / "saved.nx"
    save_scan(simulated, file=file)
    with pytest.raises(InputError, match="it is there already"):
        save_scan(simulated, file=file)
    save_scan(simulated, file=file, existing="replace")
    with pytest.raises(InputError, match="is made of this file"):
        save_scan(simulated, file=simulated.file, existing="replace")


def test_a_cancelled_copy_leaves_nothing(simulated: TomoScan, tmp_path: Path) -> None:
    stop = iter([False] * 5)
    progress = Progress(is_cancelled=lambda: next(stop, True))
    with pytest.raises(Cancelled):
        save_scan(simulated, file=tmp_path / "x.nx", frames="copy", progress=progress)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence(
    simulated: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Dataset, "__setitem__", full)
    with pytest.raises(InputError, match=r"can't be written: .*No space left"):
        save_scan(simulated, file=tmp_path / "x.nx", frames="copy")
    assert not list(tmp_path.iterdir())


def test_scans_are_joined(savu: TomoScan, tooth: TomoScan, tmp_path: Path) -> None:
    joined = concatenate_scans(collect_scans(savu, savu), file=tmp_path / "joined.nx")
    assert joined.frames == 186
    assert joined.shape == (182, 24, 160)
    assert joined.raw_flats == 2
    np.testing.assert_array_equal(raw(joined), np.concatenate([raw(savu)] * 2))
    with pytest.raises(InputError, match="24 × 160: they can't be joined"):
        concatenate_scans(collect_scans(savu, tooth), file=tmp_path / "no.nx")
    with pytest.raises(InputError, match="two scans or more, not 1"):
        concatenate_scans(collect_scans(savu), file=tmp_path / "no.nx")


def test_darks_and_flats_are_added(savu: TomoScan, tmp_path: Path) -> None:
    bare = upgrade_image_keys(upgrade_image_keys(savu), old="flat")
    with pytest.raises(InputError, match="it has no darks to add"):
        add_darks_and_flats(savu, bare, file=tmp_path / "no.nx")
    full = add_darks_and_flats(bare, savu, file=tmp_path / "full.nx", flats="at the end")
    assert (full.raw_darks, full.raw_flats, full.shape[0]) == (1, 1, 91)
    reduced = reduce_darks_and_flats(full)
    assert reduced.flats is not None
    assert reduced.flats.frames == (94,)
    with Projections(reduced) as one, Projections(savu) as other:
        np.testing.assert_array_equal(one.sinograms(0, 3), other.sinograms(0, 3))


def test_what_the_file_says_more_is_kept(simulated: TomoScan, tmp_path: Path) -> None:
    """Exposure and translations of each frame, the source, the times."""
    file = Path(shutil.copy(simulated.file, tmp_path / "more.nx"))
    count = simulated.frames
    with h5py.File(file, "a") as root:
        entry = root["entry0000"]
        entry["instrument/detector/count_time"] = np.linspace(0.1, 0.2, count)
        entry["instrument/detector/count_time"].attrs["units"] = "s"
        entry["sample/x_translation"] = np.linspace(0, 1e-3, count)
        entry["sample/x_translation"].attrs["units"] = "m"
        entry["start_time"] = "2026-01-02T03:04:05"
    scan = open_scan(file)
    saved = save_scan(edit_scan(scan, energy=31), file=tmp_path / "saved.nx")
    joined = concatenate_scans(collect_scans(scan, scan), file=tmp_path / "joined.nx")
    stood = save_scan(edit_scan(scan, x_translation=2, y_translation=-3), file=tmp_path / "x.nx")
    with h5py.File(stood.file) as root:
        np.testing.assert_allclose(root["entry0000/sample/x_translation"][()], [2e-3] * count)
        np.testing.assert_allclose(root["entry0000/sample/y_translation"][()], [-3e-3] * count)
    with h5py.File(saved.file) as root:
        entry = root["entry0000"]
        moved = entry["sample/x_translation"][()]
        np.testing.assert_allclose(moved, np.linspace(0, 1e-3, count))
        np.testing.assert_allclose(
            entry["instrument/detector/count_time"][()], np.linspace(0.1, 0.2, count)
        )
        assert entry["instrument/source/name"][()] == b"simulated"
        assert entry["start_time"][()].startswith(b"2026-01-02T03:04:05")
    with h5py.File(joined.file) as root:
        np.testing.assert_allclose(
            root["entry0000/sample/x_translation"][()], np.tile(np.linspace(0, 1e-3, count), 2)
        )


def test_the_axis_follows_when_frames_are_mirrored(tmp_path: Path) -> None:
    """What the file says of it is of the frames as they are there, as nabu takes it."""
    file = simulate_scan(tmp_path / "a.nx", rows=8, columns=64, projections=60, centre=35.0)
    scan = replace(reduce_darks_and_flats(open_scan(file)), centre=35.25)
    edited = edit_scan(scan, left_right="yes")
    assert (edited.axis_in_file, edited.centre) == (63 - 35.0, 63 - 35.25)
    assert find_centre(edited, finder="centered").scan.centre == pytest.approx(28, abs=0.25)
    assert edit_scan(edited, left_right="no") == scan
    saved = save_scan(edited, file=tmp_path / "b.nx")
    assert saved.axis_in_file == pytest.approx(28.0)
    with h5py.File(saved.file) as root:
        said = root["entry0000/instrument/detector/x_rotation_axis_pixel_position"][()]
    assert said == pytest.approx(35.0 - 31.5)
