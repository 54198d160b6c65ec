"""The analyser stage of ID22: angles, sorting, merging, against laws and another program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    AnalyzerPatterns,
    AnalyzerStage,
    convert_to_spec,
    merge_analyzers,
    open_analyzers,
    open_pattern,
    rebin_analyzers,
    refine_lines,
)
from beamcanvas.powder.analyzers.rebin import AngleTable
from beamcanvas.powder.simulated.id22 import simulate_id22

from .conftest import DATA, ROWS


def test_parameters_of_topas() -> None:
    old = open_analyzers(DATA / "out7-2021.pars")
    assert len(old.analyzers) == 13
    assert 1e10 * old.wavelength == pytest.approx(0.3541804473)
    assert (old.to_crystal, old.to_detector) == (442.5, 238.0351)
    assert old.analyzers[12].centre == 298.1684
    assert {a.efficiency for a in old.analyzers} == {1.0}
    new = open_analyzers(DATA / "out7-2022.pars")
    assert new.analyzers[5].efficiency == 1.29657873
    assert new.analyzers[5].offset == -0.036941239


def test_efficiencies_and_shifts() -> None:
    plain = open_analyzers(DATA / "out7-2021.pars")
    stage = open_analyzers(DATA / "out7-2021.pars", DATA / "temp.res")
    assert stage.analyzers[0].efficiency == 1.47477764
    assert stage.analyzers[0].efficiency_error == 0.00056746
    moved = np.degrees(stage.analyzers[0].offset - plain.analyzers[0].offset)
    assert moved == pytest.approx(-0.0000423, rel=1e-6)


@pytest.mark.parametrize("number", [0, 6, 12])
@pytest.mark.parametrize("roll_y", [0.0, 0.02])
def test_a_ray_at_the_angle_found_meets_the_row(
    stage: AnalyzerStage, number: int, roll_y: float
) -> None:
    """Sample, mirror, detector, in vectors: independent of how the angle was solved."""
    crystals = tuple(replace(a, roll_y=roll_y) for a in stage.analyzers)
    stage = replace(stage, analyzers=crystals)
    crystal = crystals[number]
    arm = np.radians(25.0)
    for row in (0, 20, ROWS - 1):
        angle, sine = stage.two_theta(number, row, arm)
        cosine = np.sqrt(1 - sine**2)
        ray = np.array([np.cos(angle), np.sin(angle) * cosine, np.sin(angle) * sine])
        # the normal of a crystal that looks back along the arm, rolled about two axes
        a = arm + crystal.offset - stage.bragg
        x, y = crystal.roll_x, crystal.roll_y
        up, along = np.array([np.sin(a), -np.cos(a), 0]), np.array([np.cos(a), np.sin(a), 0])
        normal = np.cos(x) * up + np.sin(x) * (np.sin(y) * along - np.cos(y) * np.array([0, 0, 1]))
        assert np.linalg.norm(normal) == pytest.approx(1, abs=1e-12)
        assert normal @ ray == pytest.approx(-np.sin(stage.bragg), abs=1e-11)
        mirrored = ray - 2 * (normal @ ray) * normal
        path = (
            stage.to_crystal
            * (np.sin(crystal.offset) - np.sin(crystal.offset - stage.bragg))
            / np.sin(stage.bragg)
            * (np.cos(x) - np.sin(x) * np.sin(y) / np.tan(stage.bragg))
        )
        d = arm - stage.deflection
        plane = np.array([np.cos(d), np.sin(d), 0])
        distance = stage.to_crystal * np.cos(stage.deflection) + stage.to_detector
        rest = (distance - path * plane @ ray) / (plane @ mirrored)
        across = (path * ray + rest * mirrored)[2]
        assert across / stage.pixel + crystal.centre == pytest.approx(row, abs=1e-6)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, [13.141381173, 13.003101458, 13.066908095]),
        (6, [25.094474488, 25.011946552, 25.035340121]),
        (12, [37.086316271, 37.028080374, 37.034092815]),
    ],
)
def test_angles_are_those_of_the_beamline(number: int, expected: list[float]) -> None:
    """Rows 0, 290 and 511 by the OpenCL engine of multianalyzer 0.7, which ID22 uses.

    Its Cython engine, which takes the sine for the cosine of roll y, is 0.004° off here.
    """
    stage = open_analyzers(DATA / "out7-2021.pars")
    stage = replace(stage, analyzers=tuple(replace(a, roll_y=0.02) for a in stage.analyzers))
    found, _ = stage.two_theta(number, [0, 290, 511], np.radians(25.0))
    np.testing.assert_allclose(np.degrees(found), expected, rtol=0, atol=2e-9)


@pytest.mark.parametrize("number", [0, 6, 12])
def test_interpolated_angles_are_exact(number: int) -> None:
    stage = open_analyzers(DATA / "out7-2021.pars")
    rows = np.array([0.0, 290.0, 511.0])
    table = AngleTable(stage, number, rows, *np.radians([15, 40]), np.sin(np.radians(75)))
    arm = np.radians(np.random.default_rng(1).uniform(15, 40, 300))
    interval, t = table.places(arm)
    for i, row in enumerate(rows):
        exact, _ = stage.two_theta(number, row, arm)
        found = table.angles(arm, interval, t, i)
        seen = np.isfinite(found)
        assert seen.sum() > 250
        assert np.degrees(np.abs(found - exact)[seen].max()) < 1e-6


def test_as_multianalyzer_sorts(scan: Path, stage: AnalyzerStage) -> None:
    """The same counts in the same bins, where its azimuth equation holds (no roll)."""
    theirs = pytest.importorskip("multianalyzer._multianalyzer")
    straight = replace(stage, analyzers=tuple(replace(a, roll_x=0.0) for a in stage.analyzers))
    mine = rebin_analyzers(scan, straight, rows=ROWS)

    def values(name: str) -> np.ndarray:
        return np.degrees([getattr(a, name) for a in straight.analyzers])

    other = theirs.MultiAnalyzer(
        stage.to_crystal,
        stage.to_detector,
        stage.pixel,
        np.array([a.centre for a in stage.analyzers]),
        np.degrees(stage.bragg),
        np.degrees(stage.deflection),
        values("offset"),
        values("roll_x"),
        values("roll_y"),
    )
    with h5py.File(scan) as root:
        measured = root["1.1/measurement"]
        result = other.integrate(
            measured["eiger_roi_collection"][()],
            measured["tth"][()],
            measured["mon"][()],
            mine.two_theta[0],
            mine.two_theta[-1],
            mine.step,
            num_row=ROWS,
            num_col=1,
            phi_max=75,
            resolution=1e-6,
        )
    count = len(mine.two_theta)
    np.testing.assert_allclose(result.tth[:count], mine.two_theta, atol=1e-9)
    moved = np.abs(result.signal[:, :count, 0] - mine.counts)
    assert moved.sum() < 2e-4 * mine.counts.sum()
    assert np.abs(result.norm[:, :count] - mine.monitor).sum() < 2e-4 * mine.monitor.sum()


@pytest.mark.parametrize("spread", [None, 0.003])
def test_as_the_engine_of_the_beamline_sorts(tmp_path: Path, spread: float | None) -> None:
    """With the real rolls, and its filter of rows that the width of the beam blurs."""
    pytest.importorskip("pyopencl")
    from multianalyzer.opencl import OclMultiAnalyzer

    stage = replace(open_analyzers(DATA / "out7-2021.pars"), beam_width=0.6)
    file = simulate_id22(tmp_path / "a.h5", stage, start=14, stop=14.1, background=0.05)
    mine = rebin_analyzers(file, stage, spread=spread)

    def values(name: str) -> np.ndarray:
        return np.degrees([getattr(a, name) for a in stage.analyzers])

    try:
        theirs = OclMultiAnalyzer(
            stage.to_crystal,
            stage.to_detector,
            stage.pixel,
            np.array([a.centre for a in stage.analyzers]),
            np.degrees(stage.bragg),
            np.degrees(stage.deflection),
            values("offset"),
            values("roll_x"),
            values("roll_y"),
            device=(0, 0),
        )
    except Exception as error:  # whatever a driver raises where there is no device
        pytest.skip(f"no device of OpenCL: {error}")
    with h5py.File(file) as root:
        measured = root["1.1/measurement"]
        result = theirs.integrate(
            measured["eiger_roi_collection"][()].reshape(-1, 13, 512, 1),
            measured["tth"][()],
            measured["mon"][()].astype(np.int32),
            mine.two_theta[0],
            mine.two_theta[-1],
            mine.step,
            num_col=1,
            columnorder=1,
            phi_max=75,
            resolution=1e-6,
            width=stage.beam_width if spread else 0.0,
            dtthw=spread or 0.0,
        )
    count = len(mine.two_theta)
    # rows at the ends of a strip have neighbours on one side only, there
    same = 1e-3 if spread else 1e-5
    moved = np.abs(result.signal[:, :count, 0] - mine.counts)
    assert moved.sum() <= same * mine.counts.sum()
    assert np.abs(result.norm[:, :count] - mine.monitor).sum() < same * mine.monitor.sum()


def test_lines_come_out_where_they_were_put(stage: AnalyzerStage, tmp_path: Path) -> None:
    fine = simulate_id22(
        tmp_path / "a.h5", stage, rows=ROWS, start=14, stop=18, step=0.0005, peak=150
    )
    pattern = merge_analyzers(rebin_analyzers(fine, stage, rows=ROWS))
    found = refine_lines(pattern)
    assert len(found.two_theta) > 25
    assert found.rms < 2e-5
    assert np.abs(found.zero) < 1e-5
    assert found.wavelength == pytest.approx(stage.wavelength, rel=2e-6)
    assert abs(np.mean(found.two_theta - _true(found.two_theta, stage))) < 1e-5
    assert np.sqrt(np.mean((found.two_theta - _true(found.two_theta, stage)) ** 2)) < 2e-5


def _true(near: np.ndarray, stage: AnalyzerStage) -> np.ndarray:
    from beamcanvas.powder.experiment.detectors import named_calibrant

    lines = np.degrees(named_calibrant("LaB6_SRM660c").two_theta(stage.wavelength))
    return lines[np.abs(lines[None, :] - near[:, None]).argmin(axis=1)]


def test_analysers_that_cover_little_are_not_lost(patterns: AnalyzerPatterns) -> None:
    covered = (patterns.monitor > 0).mean(axis=1)
    assert (covered < 0.5).all()
    merged = merge_analyzers(patterns)
    assert merged.intensity.max() > 0
    assert merged.intensity.mean() > 0


def test_no_count_is_lost_or_made(scan: Path, stage: AnalyzerStage) -> None:
    everything = rebin_analyzers(
        scan, stage, rows=ROWS, two_theta_min=0.3, two_theta_max=35, azimuth=90
    )
    with h5py.File(scan) as root:
        counts = root["1.1/measurement/eiger_roi_collection"][()].reshape(-1, 13, ROWS)
        beam = root["1.1/measurement/mon"][()].sum()
    above = slice(2, None)  # the two lowest see rows across the beam, beyond any azimuth
    np.testing.assert_array_equal(
        everything.counts[above].sum(axis=1), counts.sum(axis=(0, 2))[above]
    )
    np.testing.assert_allclose(everything.monitor[above].sum(axis=1), ROWS * beam)


@pytest.mark.parametrize("block", [1 << 16, 1 << 30])
def test_rows_that_are_used_are_those_asked_for_in_blocks_too(
    scan: Path, stage: AnalyzerStage, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("beamcanvas.powder.analyzers.roi_scan._BLOCK", block)
    part = rebin_analyzers(
        scan, stage, rows=ROWS, first_row=4, last_row=50, two_theta_min=0.3, two_theta_max=35
    )
    with h5py.File(scan) as root:
        counts = root["1.1/measurement/eiger_roi_collection"][()].reshape(-1, 13, ROWS)
    assert part.counts.sum() == counts[:, :, 4:50].sum()


def test_scans_add_up_with_their_errors(stage: AnalyzerStage, tmp_path: Path) -> None:
    small = {"rows": ROWS, "start": 16.0, "stop": 16.4, "background": 1.0}
    both = simulate_id22(tmp_path / "both.h5", stage, scans=2, **small)  # type: ignore[arg-type]
    bounds = {"two_theta_min": 3.0, "two_theta_max": 30.0}
    whole = rebin_analyzers(both, stage, rows=ROWS, **bounds)  # type: ignore[arg-type]
    first = rebin_analyzers(both, stage, rows=ROWS, scans=["1.1"], **bounds)  # type: ignore[arg-type]
    after = rebin_analyzers(both, stage, first, rows=ROWS, scans=["2.1"])
    np.testing.assert_array_equal(after.counts, whole.counts)
    np.testing.assert_allclose(after.monitor, whole.monitor)
    assert len(after.scans) == len(whole.scans) == 2
    one, two = merge_analyzers(first), merge_analyzers(whole)
    assert one.sigma is not None
    assert two.sigma is not None
    assert np.median(two.sigma) / np.median(one.sigma) == pytest.approx(1 / np.sqrt(2), rel=0.03)


def test_errors_are_those_of_counting(patterns: AnalyzerPatterns) -> None:
    pattern = patterns.each()["MA6"]
    assert pattern.sigma is not None
    seen = patterns.monitor[6] > 0
    counts, beam = patterns.counts[6][seen], patterns.monitor[6][seen]
    np.testing.assert_allclose(pattern.sigma, np.sqrt(counts + 0.5) / beam)


def test_efficiencies_from_where_analysers_overlap(stage: AnalyzerStage, tmp_path: Path) -> None:
    true = np.linspace(0.7, 1.3, 13)
    crystals = tuple(
        replace(a, efficiency=float(e)) for a, e in zip(stage.analyzers, true, strict=True)
    )
    file = simulate_id22(
        tmp_path / "a.h5",
        replace(stage, analyzers=crystals),
        rows=ROWS,
        start=14,
        stop=20,
        step=0.004,
        background=2.0,
    )
    found = rebin_analyzers(file, stage, rows=ROWS)
    merged = merge_analyzers(found, efficiencies="from where they overlap")
    values = [float(v) for v in merged.settings["efficiencies"].split(",")]
    np.testing.assert_allclose(values, true, rtol=0.02)


def test_a_dead_frame_and_a_dead_pixel_take_nothing_with_them(
    scan: Path, stage: AnalyzerStage, tmp_path: Path
) -> None:
    hurt = tmp_path / "hurt.h5"
    hurt.write_bytes(scan.read_bytes())
    with h5py.File(hurt, "r+") as root:
        measured = root["1.1/measurement"]
        measured["mon"][10] = 0
        counts = measured["eiger_roi_collection"]
        frame = counts[20]
        frame[5], frame[9] = 65535, -1
        counts[20] = frame
    found = rebin_analyzers(hurt, stage, rows=ROWS)
    assert "1 frames without monitor" in found.warnings[0]
    assert found.counts.max() < 65535
    assert found.counts.min() >= 0
    intact = rebin_analyzers(scan, stage, rows=ROWS)
    assert 0 < (intact.monitor - found.monitor).sum() < (ROWS * 13 + 3) * 1.1e5


def test_a_scan_that_still_runs(stage: AnalyzerStage, tmp_path: Path) -> None:
    file = simulate_id22(
        tmp_path / "a.h5", stage, rows=ROWS, start=16, stop=16.2, background=1, finished=False
    )
    with h5py.File(file, "r+") as root:
        arm = root["1.1/measurement/tth"][:70]
        del root["1.1/measurement/tth"]
        root["1.1/measurement/tth"] = arm
    assert "70 of 100 frames" in rebin_analyzers(file, stage, rows=ROWS).warnings[0]


@pytest.mark.parametrize(
    "order", ["column, analyser, row", "analyser, column, row", "analyser, row, column"]
)
def test_every_order_of_a_frame(order: str) -> None:
    from beamcanvas.powder.analyzers.roi_scan import Layout

    made = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)  # frames, columns, analysers, rows
    axes = [1 + ["column", "analyser", "row"].index(name) for name in order.split(", ")]
    stored = made.transpose(0, *axes).reshape(2, -1)
    np.testing.assert_array_equal(Layout(4, 5, order).split(stored), made.sum(axis=1))


PARS = (DATA / "out7-2021.pars").read_text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "no line 'Wavelength = …'"),
        (PARS.replace("manom ", "x "), "lacks manom and mantth"),
        (PARS.replace(" L1 ", " "), "lacks L1 and L2"),
        (PARS.replace("centre", "x"), "no table of the crystals"),
        (PARS.replace("0.000000000 -0.106395845", "zero"), "Line 11 of .* 4 numbers"),
    ],
    ids=["no parameters", "no angles", "no distances", "no table", "a word"],
)
def test_wrong_parameters(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a.pars").write_text(text)
    with pytest.raises(InputError, match=sentence):
        open_analyzers(tmp_path / "a.pars")


def test_wrong_efficiencies(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text("0, 1, 0.1, 0\n")
    with pytest.raises(InputError, match="has 1 efficiencies but there are 13 analysers"):
        open_analyzers(DATA / "out7-2021.pars", tmp_path / "a.res")
    (tmp_path / "a.res").write_text("0, -1, 0.1, 0\n" * 13)
    with pytest.raises(InputError, match="a positive efficiency"):
        open_analyzers(DATA / "out7-2021.pars", tmp_path / "a.res")


def _without(name: str) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        del root[f"1.1/{name}"]

    return change


def _no_beam(root: Any) -> None:
    root["1.1/measurement/mon"][()] = 0


@pytest.mark.parametrize(
    ("change", "inputs", "sentence"),
    [
        (_without("measurement/mon"), {}, "Scan 1.1 of .* lacks 'measurement/mon'"),
        (_without("measurement/tth"), {}, "lacks 'measurement/tth'"),
        (_without("measurement/eiger_roi_collection"), {}, "no scan with 'eiger_roi_collection'"),
        (_no_beam, {}, "monitor 'mon' of scan 1.1 .* never counted"),
        (None, {"scans": ["7.1"]}, "There is no scan 7.1 in .* It has 1.1"),
        (None, {"rows": 500}, "is not 13 analysers of 500 rows"),
        (None, {"first_row": 9, "last_row": 9}, "No row is used"),
        (None, {"two_theta_min": 9, "two_theta_max": 8}, "range of 2θ is empty"),
        (None, {"two_theta_min": 80, "two_theta_max": 81}, "No analyser counted anything"),
        (None, {"step": 1e-9}, "makes too many points"),
    ],
)
def test_wrong_scans(
    stage: AnalyzerStage,
    tmp_path: Path,
    change: Callable[[Any], None] | None,
    inputs: dict[str, Any],
    sentence: str,
) -> None:
    file = simulate_id22(tmp_path / "a.h5", stage, rows=ROWS, start=16, stop=16.05)
    if change is not None:
        with h5py.File(file, "r+") as root:
            change(root)
    with pytest.raises(InputError, match=sentence):
        rebin_analyzers(file, stage, **{"rows": ROWS, **inputs})


def test_no_file_and_no_hdf5(stage: AnalyzerStage, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        rebin_analyzers(tmp_path / "a.h5", stage)
    (tmp_path / "a.h5").write_text("x")
    with pytest.raises(InputError, match="damaged, cut off or no HDF5 file"):
        rebin_analyzers(tmp_path / "a.h5", stage)


def test_wrong_merging(patterns: AnalyzerPatterns) -> None:
    with pytest.raises(InputError, match="There is no analyser 13: they are 0 to 12"):
        merge_analyzers(patterns, left_out=[13])
    with pytest.raises(InputError, match="No analyser that counted is left"):
        merge_analyzers(patterns, left_out=list(range(13)))
    apart = replace(
        patterns, monitor=np.where(np.arange(13)[:, None] % 6 == 0, patterns.monitor, 0)
    )
    with pytest.raises(InputError, match="no angles in common"):
        merge_analyzers(apart, efficiencies="from where they overlap")


def test_lines_of_the_real_merged_pattern(shared: Path) -> None:
    pattern = open_pattern(shared / "id22_multianalyzer" / "LaB6_35keV_all.xye")
    found = refine_lines(pattern, wavelength=0.3542)
    assert len(found.two_theta) >= 66
    assert 1e10 * found.wavelength == pytest.approx(0.3541711, abs=1e-6)
    assert found.zero == pytest.approx(0.0004, abs=0.0001)
    assert found.rms < 0.00009


def test_lines_that_cannot_be_refined() -> None:
    pattern = open_pattern(DATA / "LaB6_35keV_excerpt.xye")
    with pytest.raises(InputError, match="does not say its wavelength"):
        refine_lines(pattern)
    with pytest.raises(InputError, match="Only 1 lines of LaB6_SRM660c were found"):
        refine_lines(pattern, wavelength=0.35418)
    with pytest.raises(InputError, match="There is no calibrant 'LaB7'"):
        refine_lines(pattern, powder="LaB7", wavelength=0.35418)
    with pytest.raises(InputError, match="Lines are refined over 2θ"):
        refine_lines(replace(pattern, unit="q_A^-1"), wavelength=0.35418)


def test_frames_in_no_order_are_sorted_by_where_they_were_counted(
    stage: AnalyzerStage, tmp_path: Path
) -> None:
    inputs: dict[str, Any] = {"rows": ROWS, "start": 16.0, "stop": 16.3, "background": 1.0}
    tidy = simulate_id22(tmp_path / "tidy.h5", stage, **inputs)
    mixed = simulate_id22(tmp_path / "mixed.h5", stage, scrambled=True, **inputs)
    with h5py.File(tidy) as one, h5py.File(mixed) as other:
        name = "1.1/measurement/eiger_roi_collection"
        assert (one[name][()] != other[name][()]).any()
    one, other = (rebin_analyzers(f, stage, rows=ROWS) for f in (tidy, mixed))
    np.testing.assert_array_equal(one.counts, other.counts)
    as_stored = rebin_analyzers(mixed, stage, rows=ROWS, order="column, analyser, row")
    assert (as_stored.counts != one.counts).any()
    spec = [convert_to_spec(f, f.with_suffix(".spec"), rows=ROWS) for f in (tidy, mixed)]
    lines = [[row for row in f.read_text().splitlines() if row[:1] != "#"] for f in spec]
    assert lines[0] == lines[1]


def test_rows_that_the_beam_blurs_are_left_out(
    scan: Path, stage: AnalyzerStage, patterns: AnalyzerPatterns
) -> None:
    """Row by row and frame by frame, from the angles at both edges of the beam."""
    assert open_analyzers(DATA / "out7-2022.pars").beam_width == 0.6465
    stage = replace(stage, beam_width=0.6465)
    limit = 0.002
    found = rebin_analyzers(scan, stage, rows=ROWS, spread=limit)
    half = 0.5 * stage.beam_width / stage.pixel
    with h5py.File(scan) as root:
        arm = np.radians(root["1.1/measurement/tth"][()])[:, None]
        beam = root["1.1/measurement/mon"][()]
    row = np.arange(ROWS)[None, :]
    for number in (2, 6, 12):
        low, high = (stage.two_theta(number, row + h, arm)[0] for h in (-half, half))
        _, azimuth = stage.two_theta(number, row, arm)
        used = (np.degrees(np.abs(high - low)) < limit) & (np.abs(azimuth) < np.sin(np.radians(75)))
        assert 0 < used.sum() < used.size
        expected = (used * beam[:, None]).sum()
        assert found.monitor[number].sum() == pytest.approx(expected, rel=2e-3)
    assert found.counts.sum() < patterns.counts.sum()
    assert found.settings["spread"] == limit
    with pytest.raises(InputError, match=r"How wide the beam was is not in .* 'beam_width'"):
        rebin_analyzers(scan, replace(stage, beam_width=0.0), rows=ROWS, spread=limit)
