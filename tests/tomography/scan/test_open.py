"""Opening scans: real ones of two facilities, many at once, and files that can't be used."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamcanvas.errors import InputError
from beamcanvas.task import task_of
from beamcanvas.tomography import (
    Scans,
    Selection,
    TomoScan,
    choose_scan,
    collect_scans,
    edit_image_keys,
    edit_scan,
    filter_scans,
    find_scans,
    open_scan,
    open_scans,
    save_scan,
    upgrade_image_keys,
    validate_scans,
)
from beamcanvas.tomography.scan.nxtomo import entries, read_table
from beamcanvas.tomography.simulated.scan import simulate_scan

from ..conftest import TUTORIAL

ENTRY = "entry0000"
KEYS = f"{ENTRY}/instrument/detector/image_key_control"


def test_what_the_file_says() -> None:
    scan = open_scan(TUTORIAL / "savu.nx")
    assert scan.shape == (91, 24, 160)
    assert (scan.raw_darks, scan.raw_flats, scan.frames) == (1, 1, 93)
    assert scan.first_angle == pytest.approx(-88.2)
    assert scan.span == pytest.approx(182)
    assert scan.pixel_size == (1e-6, 1e-6)
    assert (scan.energy, scan.distance) == (25.0, 0.05)
    assert scan.identifier == f"hdf5:scan:{scan.file}?path=entry0000"
    assert scan.summary == "savu, 91 projections of 24 × 160 over 182°"
    part = Selection(rows=(2, 12), every=2, excluded=(4, 8), binning=(2, 2))
    assert replace(scan, selection=part).summary == (
        "savu, 91 projections of 24 × 160 over 182°, one projection in 2, 2 left out, "
        "rows 2 to 11, binned 2 × 2"
    )
    assert not scan.warnings
    assert pickle.loads(pickle.dumps(scan)) == scan


def test_the_same_as_tomoscan_reads_it(simulated: TomoScan) -> None:
    from tomoscan.factory import Factory

    other = Factory.create_tomo_object_from_identifier(simulated.identifier)
    assert other.get_identifier().to_str() == simulated.identifier
    assert (len(other.projections), other.dim_2, other.dim_1) == simulated.shape
    assert simulated.energy == pytest.approx(other.energy)
    assert simulated.distance == pytest.approx(other.sample_detector_distance)
    assert simulated.propagation_distance == pytest.approx(other.propagation_distance)
    assert simulated.pixel_size == pytest.approx(
        (other.sample_y_pixel_size, other.sample_x_pixel_size)
    )
    assert simulated.axis_in_file == pytest.approx(
        other.x_rotation_axis_pixel_position + (96 - 1) / 2
    )
    currents = read_table(simulated).currents
    assert currents is not None
    np.testing.assert_allclose(currents, other.machine_current)


def test_an_identifier_opens_the_scan_that_it_names(tmp_path: Path) -> None:
    two = tmp_path / "two.nx"
    with h5py.File(TUTORIAL / "tooth.nx") as old, h5py.File(two, "w") as new:
        old.copy(ENTRY, new, "first")
        old.copy(ENTRY, new, "second")
    assert open_scan(f"hdf5:scan:{two}?path=second").entry == "second"
    assert entries(two) == ["first", "second"]
    with pytest.raises(InputError, match="several scans; choose one: first, second"):
        open_scan(two)
    with pytest.raises(InputError, match="no scan 'third', but first, second"):
        open_scan(two, "third")
    both = open_scans([Path(f"hdf5:scan:{two}?path=second"), two])
    assert [scan.entry for scan in both.scans] == ["second", "first", "second"]
    with pytest.raises(InputError, match="is of kind 'edf'; convert it to NXtomo first"):
        open_scan(Path("edf:scan:/somewhere/scan?file_prefix=scan"))


def test_a_scan_of_any_version_of_nxtomo(tmp_path: Path) -> None:
    """Flips and the field of view are said in three ways."""
    file = tmp_path / "old.nx"
    with h5py.File(TUTORIAL / "tooth.nx") as old, h5py.File(file, "w") as new:
        old.copy(ENTRY, new)
        detector = new[f"{ENTRY}/instrument/detector"]
        del detector["half_acquisition"]
        detector["field_of_view"] = "Half"
        detector["x_flipped"] = True
        detector["y_flipped"] = False
        del detector["image_key_control"]
        new[f"{ENTRY}/sample/rotation_angle"].attrs["units"] = "rad"
        new[f"{ENTRY}/sample/rotation_angle"][()] = np.deg2rad(
            new[f"{ENTRY}/sample/rotation_angle"][()]
        )
    scan = open_scan(file)
    assert scan.half_acquisition
    assert scan.flips == (True, False)
    assert scan.span == pytest.approx(180)
    assert scan.warnings == (
        "The projections span 180°, less than the 360° that a half acquisition needs.",
    )
    saved = save_scan(scan, file=tmp_path / "new.nx")
    assert saved.half_acquisition
    assert saved.flips == (True, False)
    assert saved.span == pytest.approx(180)


def broken(tmp_path: Path, what: str) -> Path:
    file = Path(shutil.copy(TUTORIAL / "tooth.nx", tmp_path))
    with h5py.File(file, "a") as root:
        entry = root[ENTRY]
        if what == "no angles":
            del entry["sample/rotation_angle"]
        elif what == "few angles":
            del entry["sample/rotation_angle"]
            entry["sample/rotation_angle"] = np.arange(7.0)
        elif what == "NaN angles":
            entry["sample/rotation_angle"][50] = np.nan
        elif what == "few keys":
            del entry["instrument/detector/image_key_control"]
            entry["instrument/detector/image_key_control"] = np.zeros(7, int)
        elif what == "odd key":
            entry["instrument/detector/image_key_control"][3] = 17
        elif what == "no projection":
            entry["instrument/detector/image_key_control"][:] = 1
        elif what == "no frames":
            del entry["instrument/detector/data"]
        elif what == "flat frames":
            del entry["instrument/detector/data"]
            entry["instrument/detector/data"] = np.zeros((201, 640))
        elif what == "no keys":
            del entry["instrument/detector/image_key_control"]
            del entry["instrument/detector/image_key"]
    if what == "cut off":
        with file.open("r+b") as raw:
            raw.truncate(file.stat().st_size // 2)
    return file


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("no angles", r"the angles of its frames \(sample/rotation_angle\) are missing"),
        ("few angles", "there are 201 frames but 7 angles"),
        ("NaN angles", "the angles of some projections are no numbers"),
        ("few keys", "there are 201 frames but 7 image keys"),
        ("odd key", "17 is no image key"),
        ("no projection", "none of the 201 frames is a projection"),
        ("no frames", "its frames .* are missing"),
        ("flat frames", r"should be numbers \(frames, rows, columns\)"),
        ("no keys", "holds no NXtomo entry"),
        ("cut off", "it is cut off"),
    ],
)
def test_one_sentence_for_a_file_that_cannot_be_used(
    tmp_path: Path, what: str, sentence: str
) -> None:
    file = broken(tmp_path, what)
    with pytest.raises(InputError, match=sentence) as raised:
        task_of(open_scan).run({"file": str(file)})
    assert file.name in str(raised.value)


REPLACEMENTS = (
    *(np.zeros(3), np.array([]), "text", b"\xff\xfe", np.nan, np.inf, 0, -5, True),
    *(np.zeros((2, 2)), np.full(201, np.nan), np.zeros(201, complex), np.array(["a"] * 201, "S1")),
    *(h5py.Empty("f4"), h5py.ExternalLink("nowhere.h5", "/x"), h5py.SoftLink("/nowhere")),
)


@settings(max_examples=80)
@given(data=st.data())
def test_anything_may_stand_in_the_place_of_anything(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A scan, or one sentence; nothing else."""
    file = Path(shutil.copy(TUTORIAL / "tooth.nx", tmp_path_factory.mktemp("any")))
    with h5py.File(file, "a") as root:
        names: list[str] = []
        root[ENTRY].visit(names.append)
        name = f"{ENTRY}/{data.draw(st.sampled_from(names))}"
        del root[name]
        what = data.draw(st.integers(-2, len(REPLACEMENTS) - 1))
        if what == -2:
            root.create_group(name)
        elif what >= 0:
            root[name] = REPLACEMENTS[what]
    try:
        scan = open_scan(file)
    except InputError:
        return
    assert scan.shape[1:] == (2, 640)


def test_a_scan_that_does_not_span_half_a_turn_says_so(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "short.nx", rows=2, columns=16, projections=20, span=140)
    assert open_scan(file).warnings == (
        "The projections span 140°, less than the 180° that a reconstruction needs.",
    )


def test_scans_are_found_filtered_and_chosen(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    shutil.copy(TUTORIAL / "savu.nx", tmp_path / "a_1.nx")
    shutil.copy(TUTORIAL / "tooth.nx", tmp_path / "deep" / "b_2.nx")
    (tmp_path / "cut.nx").write_bytes((TUTORIAL / "savu.nx").read_bytes()[:5000])
    with h5py.File(tmp_path / "a_1_darks.hdf5", "w") as other:
        other["x"] = 1
    found = find_scans(tmp_path)
    assert [s.name for s in found.scans] == ["a_1", "b_2"]
    assert len(found.problems) == 1
    assert "cut.nx" in found.problems[0]
    assert found.summary == "2 scans: a_1, b_2; 1 can't be used"
    assert [s.name for s in find_scans(tmp_path, subfolders=False).scans] == ["a_1"]
    assert [s.name for s in filter_scans(found, pattern="b*").scans] == ["b_2"]
    assert [s.name for s in filter_scans(found, pattern="b*", leave_out=True).scans] == ["a_1"]
    kept = filter_scans(found, pattern=r"_[13]$", written="regular expression")
    assert choose_scan(kept).name == "a_1"
    assert collect_scans(found.scans[1], kept.scans[0]).summary == "2 scans: b_2, a_1"
    assert open_scans([tmp_path / "a_1.nx"]).scans == kept.scans
    with pytest.raises(InputError, match="None of the 2 scans is left"):
        filter_scans(found, pattern="c*")
    with pytest.raises(InputError, match="is no regular expression"):
        filter_scans(found, pattern="(", written="regular expression")
    with pytest.raises(InputError, match="no scan 3 among 2"):
        choose_scan(found, number=3)
    with pytest.raises(InputError, match="there is no NXtomo scan"):
        find_scans(tmp_path, pattern="nothing*")


def test_what_the_file_says_is_corrected(savu: TomoScan) -> None:
    edited = edit_scan(
        savu,
        energy=19,
        distance=120,
        pixel_width=1.6,
        pixel_height=3.2,
        field_of_view="half",
        left_right="yes",
    )
    assert edited.energy == 19
    assert edited.distance == pytest.approx(0.12)
    assert edited.pixel_size == pytest.approx((3.2e-6, 1.6e-6))
    assert edited.flips == (True, False)
    assert edited.warnings == (
        "The projections span 182°, less than the 360° that a half acquisition needs.",
    )
    back = edit_scan(edited, field_of_view="full", left_right="no")
    assert back.warnings == ()
    assert edit_scan(savu) == savu


def test_image_keys_are_edited(savu: TomoScan) -> None:
    assert edit_image_keys(savu) is savu  # a step that was just added takes no frame away
    with pytest.raises(InputError, match="first frame that changes is missing"):
        edit_image_keys(savu, last=3)
    edited = edit_image_keys(savu, first=3, last=6, kind="invalid")
    assert edited.shape[0] == 87
    assert (read_table(edited).keys[3:7] == 3).all()
    upgraded = upgrade_image_keys(savu, old="dark", new="invalid")
    assert upgraded.raw_darks == 0
    assert upgraded.shape == savu.shape
    with pytest.raises(InputError, match="none of its 93 frames is a return"):
        upgrade_image_keys(savu, old="return")
    with pytest.raises(InputError, match="frames 3 to 200 are not among 0 to 92"):
        edit_image_keys(savu, first=3, last=200)
    with pytest.raises(InputError, match="no projection is left"):
        upgrade_image_keys(savu, old="projection", new="flat")
    bare = replace(upgraded, darks=None)
    assert "The scan has no dark frames." in upgrade_image_keys(bare, old="flat").warnings


def test_scans_are_accepted_and_rejected_by_hand(tmp_path: Path) -> None:
    for name in ("good", "moved", "new"):
        shutil.copy(TUTORIAL / "tooth.nx", tmp_path / f"{name}.nx")
    found = find_scans(tmp_path)
    accepted, rejected = validate_scans(found, rejected=["moved", "of yesterday"])
    assert [s.name for s in accepted.scans] == ["good", "new"]
    assert [s.name for s in rejected.scans] == ["moved"]
    held = validate_scans(found, undecided="held back", accepted=["good"], rejected=["moved"])
    assert [s.name for s in held.accepted.scans] == ["good"]
    with pytest.raises(InputError, match="None of the 3 scans is accepted yet"):
        validate_scans(found, undecided="held back")
    with pytest.raises(InputError, match="good is named as accepted and as rejected"):
        validate_scans(found, accepted=["good"], rejected=["good"])
    twins = Scans((found.scans[0], replace(found.scans[0], entry="entry0001")))
    one = validate_scans(twins, rejected=[twins.scans[1].identifier]).accepted
    assert one.scans == twins.scans[:1]
