"""Reduced darks and flats: as tomoscan has them, kept, copied, and what is wrong with them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    copy_darks_and_flats,
    edit_image_keys,
    open_scan,
    reduce_darks_and_flats,
    upgrade_image_keys,
)
from beamcanvas.tomography.frames.flatten import read_reduced
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.scan.nxtomo import FLAT, read_table
from beamcanvas.tomography.simulated.scan import simulate_scan

from ..conftest import TUTORIAL

DATA = "entry0000/instrument/detector/data"


def test_mean_and_median_of_each_series(simulated: TomoScan, tmp_path: Path) -> None:
    with h5py.File(simulated.file) as root:
        frames = root[DATA][()]
    series = read_table(simulated).series(FLAT)
    for method, take in (("mean", np.mean), ("median", np.median)):
        scan = reduce_darks_and_flats(simulated, flats=method, folder=tmp_path / method)
        assert scan.flats is not None
        assert scan.flats.frames == (5, 100)
        expected = np.stack([take(frames[s.start : s.stop], axis=0) for s in series])
        np.testing.assert_allclose(read_reduced(scan.flats), expected, rtol=1e-6)


def test_tomoscan_finds_them(simulated: TomoScan) -> None:
    from tomoscan.esrf.scan.nxtomoscan import NXtomoScan

    other = NXtomoScan(str(simulated.file), simulated.entry)
    flats, about = other.load_reduced_flats(return_info=True)
    assert simulated.flats is not None
    assert tuple(sorted(flats)) == simulated.flats.frames
    np.testing.assert_array_equal(
        np.stack([flats[k] for k in sorted(flats)]), read_reduced(simulated.flats)
    )
    assert about.machine_current == pytest.approx(list(simulated.flats.currents))
    assert len(other.load_reduced_darks()) == 1


def test_those_of_tomoscan_are_used(tmp_path: Path) -> None:
    from tomoscan.esrf.scan.nxtomoscan import NXtomoScan

    file = simulate_scan(tmp_path / "theirs.nx", rows=3, columns=16, projections=10)
    other = NXtomoScan(str(file), "entry0000")
    flats, about = other.compute_reduced_flats(return_info=True)
    other.save_reduced_flats(flats, flats_infos=about)
    darks, about = other.compute_reduced_darks(return_info=True)
    other.save_reduced_darks(darks, darks_infos=about)
    written = (tmp_path / "theirs_flats.hdf5").stat().st_mtime_ns
    scan = reduce_darks_and_flats(open_scan(file))
    assert scan.flats is not None
    assert scan.flats.frames == tuple(sorted(flats))
    assert scan.flats.currents == pytest.approx((0.2, 0.2 * (1 - 0.05 * 9 / 10)))
    assert (tmp_path / "theirs_flats.hdf5").stat().st_mtime_ns == written


def test_kept_or_replaced(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "twice.nx", rows=3, columns=16, projections=10)
    reduce_darks_and_flats(open_scan(file))
    with h5py.File(tmp_path / "twice_flats.hdf5", "a") as root:
        root["entry0000/flats/5"][()] = 700
    kept = reduce_darks_and_flats(open_scan(file))
    assert kept.flats is not None
    assert (read_reduced(kept.flats)[0] == 700).all()
    new = reduce_darks_and_flats(open_scan(file), existing="replace")
    assert new.flats is not None
    assert (read_reduced(new.flats)[0] > 1000).all()


def test_copied_to_a_scan_that_lacks_them(savu: TomoScan, tmp_path: Path) -> None:
    lacking = open_scan(shutil.copy(TUTORIAL / "savu.nx", tmp_path / "lacking.nx"))
    lacking = upgrade_image_keys(upgrade_image_keys(lacking), old="flat")
    assert lacking.warnings == (
        "The scan has no dark frames.",
        "The scan has no flat frames.",
    )
    with pytest.raises(InputError, match="has neither darks nor flats"):
        reduce_darks_and_flats(lacking)
    with pytest.raises(InputError, match="has no darks and flats; copy those of another"):
        Projections(lacking).radio(0)
    scan = copy_darks_and_flats(lacking, savu)
    assert scan.warnings == ()
    assert scan.darks is not None
    assert scan.darks.copied_from == savu.identifier
    with Projections(scan) as one, Projections(savu) as other:
        np.testing.assert_array_equal(one.radio(4), other.radio(4))
    only_darks = copy_darks_and_flats(lacking, savu, flats=False)
    with pytest.raises(InputError, match="the scan has no flats; copy those"):
        Projections(only_darks).radio(0)


def test_one_flat_of_all_that_another_scan_has(simulated: TomoScan) -> None:
    """Its frame numbers say nothing of this scan; the machine current still counts."""
    lacking = replace(simulated, darks=None, flats=None)
    copied = copy_darks_and_flats(lacking, simulated)
    assert simulated.flats is not None
    assert simulated.darks is not None
    flat, dark = read_reduced(simulated.flats).mean(axis=0), read_reduced(simulated.darks)[0]
    table = read_table(simulated)
    assert table.currents is not None
    with Projections(copied) as projections:
        current = table.currents[table.projections[40]]
        factor = np.mean(simulated.flats.currents) / current
        expected = (projections.raw(40) - dark) / (flat - dark) * factor
        np.testing.assert_allclose(projections.radio(40), expected, rtol=1e-5)


def test_copies_must_fit(savu: TomoScan, tooth: TomoScan) -> None:
    with pytest.raises(InputError, match="24 × 160 pixels but tooth of 2 × 640"):
        copy_darks_and_flats(tooth, savu)
    with pytest.raises(InputError, match="its darks are not reduced"):
        copy_darks_and_flats(replace(savu, darks=None, flats=None), replace(savu, darks=None))


def test_darks_and_flats_that_were_swapped(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "swapped.nx", rows=3, columns=16, projections=10)
    with h5py.File(file, "a") as root:
        keys = root["entry0000/instrument/detector/image_key_control"]
        keys[()] = np.choose(keys[()], [0, 2, 1])
    with pytest.raises(InputError, match="nowhere brighter than its darks; are they swapped"):
        reduce_darks_and_flats(open_scan(file))


def test_reduced_frames_of_another_size(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "one.nx", rows=3, columns=16, projections=10)
    reduce_darks_and_flats(open_scan(file))
    simulate_scan(file, rows=4, columns=16, projections=10)
    with pytest.raises(InputError, match="3 × 16 pixels but the scan 4 × 16; replace them"):
        reduce_darks_and_flats(open_scan(file))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "one.nx", rows=3, columns=16, projections=10)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="can't be written"):
            reduce_darks_and_flats(open_scan(file))
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = simulate_scan(tmp_path / "one.nx", rows=3, columns=16, projections=10)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(InputError, match=r"one_darks.hdf5: the file can't be written: .*No space"):
        reduce_darks_and_flats(open_scan(file))
    assert [p.name for p in tmp_path.iterdir()] == ["one.nx"]


def test_reduced_frames_are_those_that_the_image_keys_name(tmp_path: Path) -> None:
    """What an earlier run left of other frames is neither taken for them nor lost."""
    file = simulate_scan(tmp_path / "a.nx", rows=4, columns=32, projections=30)
    scan = open_scan(file)
    before = reduce_darks_and_flats(scan)
    assert before.flats is not None
    assert before.flats.frames == (5, 40)
    edited = edit_image_keys(scan, first=40, last=44, kind="invalid")
    after = reduce_darks_and_flats(edited)
    assert after.flats is not None
    assert after.flats.frames == (5,)
    reduce_darks_and_flats(edited, existing="replace")
    assert read_reduced(before.flats).shape == (2, 4, 32)
    assert reduce_darks_and_flats(scan).flats == before.flats
