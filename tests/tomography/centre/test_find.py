"""Finders of the rotation axis on known bodies and on real scans."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    TomoScan,
    bin_pixels,
    choose_projections,
    find_centre,
    open_scan,
    reduce_darks_and_flats,
    select_region,
)
from beamcanvas.tomography.centre import find, finders
from beamcanvas.tomography.centre.opposite import OppositePair
from beamcanvas.tomography.simulated.scan import simulate_scan

OF_TWO = ["sliding-window", "centered", "octave-accurate"]
HALF = 130.25


@pytest.fixture(scope="session")
def full_turn(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    file = tmp_path_factory.mktemp("turn") / "turn.nx"
    simulate_scan(file, rows=12, columns=128, projections=240, span=360, centre=66.5)
    return reduce_darks_and_flats(open_scan(file))


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    file = tmp_path_factory.mktemp("half") / "half.nx"
    simulate_scan(
        file,
        rows=12,
        columns=160,
        projections=400,
        span=360,
        centre=HALF,
        half_acquisition=True,
    )
    return reduce_darks_and_flats(open_scan(file))


@pytest.mark.parametrize("finder", ["sliding-window", "octave-accurate"])
def test_known_body(simulated: TomoScan, finder: Any) -> None:
    found = find_centre(simulated, finder=finder)
    assert found.scan.centre == pytest.approx(50.25, abs=0.25)
    assert found.scan.centre_from == finder
    assert found.overlay is not None
    assert found.overlay.likeness() > 0.95


@pytest.mark.parametrize("finder", OF_TWO)
def test_savu_with_its_first_projection_and_the_opposite_one(savu: TomoScan, finder: Any) -> None:
    assert find_centre(savu, finder=finder).scan.centre == pytest.approx(86, abs=0.5)


@pytest.mark.parametrize("finder", [*OF_TWO, "global"])
def test_tooth(tooth: TomoScan, finder: Any) -> None:
    assert find_centre(tooth, finder=finder).scan.centre == pytest.approx(295.5, abs=0.3)


@pytest.mark.parametrize("finder", [*OF_TWO, "global", "growing-window"])
def test_an_axis_that_is_about_known_is_found_no_worse(tooth: TomoScan, finder: Any) -> None:
    for near in (290.0, 295.5, 303.0):
        found = find_centre(tooth, finder=finder, near=near).scan.centre
        assert found == pytest.approx(295.5, abs=0.3)


@pytest.mark.parametrize("finder", ["sliding-window", "sino-coarse-to-fine", "sino-sliding-window"])
def test_full_turn(full_turn: TomoScan, finder: Any) -> None:
    assert find_centre(full_turn, finder=finder).scan.centre == pytest.approx(66.5, abs=0.25)
    near = find_centre(full_turn, finder=finder, near=66.0)
    assert near.scan.centre == pytest.approx(66.5, abs=0.25)


@pytest.mark.parametrize("finder", ["growing-window", "sino-coarse-to-fine", "sino-growing-window"])
def test_half_acquisition(half: TomoScan, finder: Any) -> None:
    assert find_centre(half, finder=finder).scan.centre == pytest.approx(HALF, abs=0.25)
    near = find_centre(half, finder="sliding-window", near=128.0)
    assert near.scan.centre == pytest.approx(HALF, abs=0.5)


FULL_OR_HALF = [
    "sliding-window",
    "growing-window",
    "sino-sliding-window",
    "sino-growing-window",
    "composite-coarse-to-fine",
]


@pytest.fixture(scope="session")
def on_the_left(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    """Half acquisition with the axis on the left, in no order of the angles, and 12° left out."""
    file = tmp_path_factory.mktemp("left") / "left.nx"
    simulate_scan(
        file, rows=12, columns=160, projections=400, span=360, centre=29.5, half_acquisition=True
    )
    with h5py.File(file, "a") as root:
        keys = root["entry0000/instrument/detector/image_key_control"][()]
        projections = np.flatnonzero(keys == 0)
        order = np.random.default_rng(5).permutation(projections)
        for path in ("instrument/detector/data", "sample/rotation_angle", "control/data"):
            values = root[f"entry0000/{path}"][()]
            values[projections] = values[order]
            root[f"entry0000/{path}"][...] = values
    scan = reduce_darks_and_flats(open_scan(file))
    return choose_projections(scan, exclude_angles=[(100, 112)])


@pytest.mark.parametrize("finder", [*FULL_OR_HALF, "sino-coarse-to-fine"])
def test_the_order_of_the_angles_does_not_matter(on_the_left: TomoScan, finder: Any) -> None:
    found = find_centre(on_the_left, finder=finder).scan.centre
    # two projections of twelve noisy rows tell less than all projections
    assert found == pytest.approx(29.5, abs=0.25 if finder not in FULL_OR_HALF[:2] else 1.5)


@pytest.mark.parametrize("finder", ["vo", *FULL_OR_HALF[:-1]])
def test_the_side_is_found_where_the_file_does_not_say_it(
    on_the_left: TomoScan, half: TomoScan, finder: Any
) -> None:
    if finder in finders.unavailable():
        pytest.skip(finders.unavailable()[finder])
    for scan, axis in ((on_the_left, 29.5), (half, HALF)):
        unknown = replace(scan, axis_in_file=None)
        assert find_centre(unknown, finder=finder).scan.centre == pytest.approx(axis, abs=1.5)


@pytest.mark.parametrize("finder", ["sliding-window", "growing-window"])
def test_an_axis_far_from_the_middle_of_a_scan_of_half_a_turn(tmp_path: Path, finder: Any) -> None:
    for axis in (33.75, 62.0):
        file = tmp_path / f"{axis}.nx"
        simulate_scan(file, rows=12, columns=96, projections=90, centre=axis)
        scan = replace(reduce_darks_and_flats(open_scan(file)), axis_in_file=None)
        for near in (None, axis + 1):
            found = find_centre(scan, finder=finder, near=near).scan.centre
            assert found == pytest.approx(axis, abs=0.25)


def test_projections_in_no_order(simulated: TomoScan, tmp_path: Path) -> None:
    """The one that was taken first has no opposite one; another one has."""
    file = tmp_path / "shuffled.nx"
    shutil.copy(simulated.file, file)
    with h5py.File(file, "a") as root:
        keys = root["entry0000/instrument/detector/image_key_control"][()]
        projections = np.flatnonzero(keys == 0)
        order = np.roll(projections, 40)[::-1]
        for path in ("instrument/detector/data", "sample/rotation_angle", "control/data"):
            values = root[f"entry0000/{path}"][()]
            values[projections] = values[order]
            root[f"entry0000/{path}"][...] = values
    scan = reduce_darks_and_flats(open_scan(file))
    assert scan.span == pytest.approx(simulated.span)
    found = find_centre(scan)
    assert found.scan.centre == pytest.approx(50.25, abs=0.25)
    assert found.overlay is not None
    assert abs(found.overlay.angles[0] - found.overlay.angles[1]) == pytest.approx(178)


def test_composite_sees_the_frames_as_they_are_used(half: TomoScan) -> None:
    mirrored = replace(half, flips=(True, False), axis_in_file=None)
    found = find_centre(mirrored, finder="composite-coarse-to-fine")
    assert found.scan.centre == pytest.approx(159 - HALF, abs=0.25)


def test_composite(half: TomoScan, savu: TomoScan) -> None:
    found = find_centre(half, finder="composite-coarse-to-fine", near=129.0)
    assert found.scan.centre == pytest.approx(HALF, abs=0.25)
    with pytest.raises(InputError, match=r"found no rotation axis .*over more than 180 degrees"):
        find_centre(savu, finder="composite-coarse-to-fine")


def test_vo(savu: TomoScan) -> None:
    if finders.unavailable():
        with pytest.raises(InputError, match=r"'vo' can't run here\. The package 'algotom'"):
            find_centre(savu, finder="vo")
        return
    assert find_centre(savu, finder="vo").scan.centre == pytest.approx(86, abs=0.6)


def test_a_finder_that_is_not_there_says_so(
    savu: TomoScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finders, "find_spec", lambda _: None)
    assert finders.unavailable() == {"vo": "The package 'algotom' is not installed."}
    with pytest.raises(InputError, match="algotom"):
        find_centre(savu, finder="vo")


def test_the_axis_is_the_whole_detectors(simulated: TomoScan) -> None:
    small = select_region(bin_pixels(simulated, columns=2), first_column=6, last_column=91)
    found = find_centre(small, finder="centered")
    assert found.scan.centre == pytest.approx(50.25, abs=0.3)
    assert found.overlay is not None
    assert found.overlay.step == 2


def test_given_values(simulated: TomoScan) -> None:
    middle = (simulated.shape[2] - 1) / 2
    assert find_centre(simulated, centre=50.5).scan.centre == 50.5
    relative = find_centre(simulated, centre=2.75, counted="from the middle")
    assert relative.scan.centre == middle + 2.75 == 50.25
    assert relative.scan.centre_from == "given"
    # tomwer adds half the width to it, and gives that to nabu
    tomwer = find_centre(simulated, centre=2.25, counted="as tomwer does")
    assert tomwer.scan.centre == simulated.shape[2] / 2 + 2.25 == 50.25
    assert find_centre(simulated, finder="file").scan.centre == pytest.approx(50.25)
    wrong = find_centre(simulated, centre=20.0)
    assert any("don't match with the rotation axis at 20.00 px" in w for w in wrong.scan.warnings)


def test_what_cannot_be_found_is_told(simulated: TomoScan) -> None:
    for options, said in (
        ({"centre": 96.0}, "at 96 px is outside of the detector, whose pixels are 0 to 95"),
        ({"finder": "sino-sliding-window"}, r"needs a scan of 360°, this one spans 180°"),
        ({"first_row": 5, "last_row": 30}, "Rows 5 to 30 are not among the 20"),
        ({"finder": "vo", "row": 20}, "Row 20 is not among the 20|algotom"),
    ):
        with pytest.raises(InputError, match=said):
            find_centre(simulated, **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not say where the rotation axis is"):
        find_centre(replace(simulated, axis_in_file=None), finder="file")


def test_no_opposite_projection(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "short.nx", rows=4, columns=48, projections=20, span=90)
    scan = reduce_darks_and_flats(open_scan(file))
    with pytest.raises(InputError, match="no projection is opposite to the one at 0°"):
        find_centre(scan)
    assert find_centre(scan, centre=23.0).overlay is None


def test_a_finder_that_takes_long_is_left_behind(
    simulated: TomoScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(find, "column_of_axis", lambda *_, **__: go_on.wait(60))
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        find_centre(simulated, progress=Progress(is_cancelled=lambda: next(asked)))
    go_on.set()


def test_octave_is_not_for_half_acquisition(half: TomoScan) -> None:
    with pytest.raises(InputError, match="does not work for half acquisition"):
        find_centre(half, finder="octave-accurate")


def test_the_overlay_lies_on_itself_at_the_axis() -> None:
    x = np.arange(40.0)
    first = np.exp(-(((x - 14) / 3) ** 2))[None].astype(np.float32).repeat(3, 0)
    opposite = np.exp(-(((x - (2 * 17.25 - 14)) / 3) ** 2))[None].astype(np.float32).repeat(3, 0)
    pair = OppositePair(first, opposite[:, ::-1].copy(), (0, 180), 34.5, 0.0, 2.0)
    assert pair.column == 17.25
    assert pair.centre_of(17.25) == 34.5
    moved = pair.moved()
    inside = np.isfinite(moved)
    assert np.abs(moved - first)[inside].max() < 0.03
    assert inside.sum() == 3 * 35
    assert pair.likeness() > 0.999 > pair.likeness(16.0)
    assert np.nanmax(np.abs(pair.nxdata().signal)) < 0.03
