"""nabu's configurations: out and in again, and as nabu itself reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nabu.pipeline.config import parse_nabu_config_file, validate_config
from nabu.pipeline.fullfield.nabu_config import nabu_config, renamed_keys

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    Selection,
    TomoScan,
    bin_pixels,
    choose_projections,
    choose_reconstruction,
    copy_darks_and_flats,
    correct_hot_pixels,
    correct_tilt,
    double_flat_field,
    edit_image_keys,
    edit_scan,
    export_nabu_conf,
    flat_field,
    import_nabu_conf,
    remove_background,
    remove_rings,
    retrieve_phase,
    retrieve_phase_ctf,
    select_region,
    unsharp_mask,
)
from beamcanvas.tomography.frames.projections import Projections


@pytest.fixture
def decided(simulated: TomoScan) -> TomoScan:
    scan = replace(simulated, centre=50.25)
    scan = correct_hot_pixels(scan, threshold=0.07)
    scan = double_flat_field(scan, sigma=12.0)
    scan = correct_tilt(scan, angle=0.5)
    scan = retrieve_phase(scan, delta_beta=77)
    scan = unsharp_mask(scan, coefficient=2, sigma=1.5)
    scan = remove_background(scan)
    scan = remove_rings(scan, method="vo", snr=4.0)
    scan = choose_projections(scan, every=2, start=1, exclude=[5, 7])
    scan = select_region(scan, first_row=2, last_row=15)
    scan = bin_pixels(scan, columns=2, rows=1)
    return choose_reconstruction(
        scan,
        backend="nabu-identical",
        filter="hann",
        cutoff=0.75,
        padding="zeros",
        clip=True,
        outside=-1.0,
        centred=False,
        region=(3, 40, 5, 44),
        angle_offset=12.5,
        half_acquisition=False,
    )


def validated(file: Path) -> Any:
    return validate_config(parse_nabu_config_file(file), nabu_config, renamed_keys, errors="raise")


def test_all_that_was_decided_comes_back(decided: TomoScan, tmp_path: Path) -> None:
    file = export_nabu_conf(decided, file=tmp_path / "nabu", output_folder=tmp_path / "out")
    assert file == tmp_path / "nabu.conf"
    again = import_nabu_conf(file).scan
    # nabu leaves out before it takes one in several: the same projections, said otherwise
    with Projections(again) as theirs, Projections(decided) as ours:
        assert theirs.numbers.tolist() == ours.numbers.tolist()
    same: dict[str, Any] = {"warnings": (), "centre_from": "", "selection": Selection()}
    assert replace(again, **same) == replace(decided, **same)
    assert again.selection.rows == decided.selection.rows
    assert again.selection.binning == decided.selection.binning
    assert not [w for w in again.warnings if "nabu" in w]


def test_nabu_understands_it(decided: TomoScan, tmp_path: Path) -> None:
    said = validated(export_nabu_conf(decided, file=tmp_path / "n.conf", output_folder=tmp_path))
    assert said["reconstruction"]["rotation_axis_position"] == 50.25
    assert said["reconstruction"]["fbp_filter_type"] == "hann"
    assert (said["reconstruction"]["start_z"], said["reconstruction"]["end_z"]) == (2, 15)
    assert said["phase"]["method"] == "paganin"
    assert said["phase"]["delta_beta"] == 77
    assert said["preproc"]["sino_rings_correction"] == "vo"
    assert said["dataset"]["binning"] == 2
    assert Path(said["dataset"]["darks_flats_dir"]) == decided.file.parent


def test_ranges_of_angles_and_the_other_ring_methods(simulated: TomoScan, tmp_path: Path) -> None:
    for method in ("mean", "munch", "wavelets-median"):
        scan = choose_projections(replace(simulated, centre=50.0), exclude_angles=[(10, 20)])
        scan = remove_rings(scan, method=method, levels=3, width=20)  # type: ignore[arg-type]
        file = export_nabu_conf(scan, file=tmp_path / f"{method}.conf", output_folder=tmp_path)
        validated(file)
        again = import_nabu_conf(file).scan
        assert again.selection == scan.selection
        assert again.treatments[0].method == method  # type: ignore[attr-defined]


def test_a_configuration_that_was_edited_stays(simulated: TomoScan, tmp_path: Path) -> None:
    scan = choose_projections(replace(simulated, centre=50.0), exclude=[3])
    (tmp_path / "n.conf").write_text("# mine")
    with pytest.raises(InputError, match="it is there already"):
        export_nabu_conf(scan, file=tmp_path / "n.conf", output_folder=tmp_path / "out")
    assert [p.name for p in tmp_path.glob("n*")] == ["n.conf"]
    export_nabu_conf(
        scan, file=tmp_path / "n.conf", output_folder=tmp_path / "out", existing="replace"
    )
    assert validated(tmp_path / "n.conf")["dataset"]["exclude_projections"]


def test_nabu_counts_frames_with_darks_and_flats(simulated: TomoScan, tmp_path: Path) -> None:
    """And what was corrected, or is asked for in another way, is in the file."""
    scan = edit_scan(simulated, energy=40, pixel_width=2, field_of_view="half")
    scan = retrieve_phase_ctf(replace(scan, centre=50.25), source_distance=30)
    scan = remove_rings(choose_projections(scan, exclude=[0, 3], start=1), method="munch")
    said = validated(export_nabu_conf(scan, file=tmp_path / "n.conf", output_folder=tmp_path))
    left_out = np.loadtxt(tmp_path / "n_excluded.txt").tolist()
    assert left_out == [10, 13]  # behind 5 darks and 5 flats
    assert said["dataset"]["overwrite_metadata"].startswith("energy = 40 kev; distance = 0.05 m")
    assert said["reconstruction"]["enable_halftomo"] == 1
    assert said["preproc"]["take_logarithm"] is False
    assert said["preproc"]["sino_rings_options"].endswith("levels=4")
    assert said["phase"]["ctf_geometry"].startswith("z1_v=30")
    again = import_nabu_conf(tmp_path / "n.conf").scan
    assert again.selection.excluded == (0, 3)
    assert (again.energy, again.pixel_size) == (40, pytest.approx((2e-6, 2e-6)))
    assert again.treatments[0] == scan.treatments[0]


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        ("preproc", "flatfield = 0", "flatfield = 0"),
        ("preproc", "log_min_clip = 1e-2", "log_min_clip = 1e-2"),
        ("preproc", "sino_normalization = division", "normalises sinograms by division"),
        ("preproc", "tilt_correction = fft-polar", "find the tilt"),
        ("reconstruction", "rotation_axis_position = vo\ncor_options = side='left'", "side='left'"),
        ("dataset", "overwrite_metadata = scale_factor = 2", "scale_factor = 2"),
        ("dataset", "flip_lr = 1", "mirrors the slices"),
    ],
)
def test_nothing_that_is_not_followed_goes_unsaid(
    simulated: TomoScan, tmp_path: Path, section: str, line: str, said: str
) -> None:
    file = tmp_path / "n.conf"
    start = f"[dataset]\nlocation = {simulated.file}\n"
    head = "" if section == "dataset" else f"[{section}]\n"
    file.write_text(f"{start}{head}{line}\n")
    assert any(said in warning for warning in import_nabu_conf(file).scan.warnings)


def test_a_finder_instead_of_an_axis(simulated: TomoScan, tmp_path: Path) -> None:
    text = f"[dataset]\nlocation = {simulated.file}\n[reconstruction]\n"
    file = tmp_path / "n.conf"
    file.write_text(text + "rotation_axis_position = growing-window\n")
    found = import_nabu_conf(file)
    assert (found.scan.centre, found.finder) == (None, "growing-window")
    file.write_text(text + "rotation_axis_position =\n")
    assert import_nabu_conf(file).scan.centre == 47.5
    file.write_text(text + "rotation_axis_position = 50.25\n[preproc]\nflat_distortion_params=x\n")
    found = import_nabu_conf(file)
    assert found.scan.centre == 50.25
    assert "[preproc] flat_distortion_params = x" in found.scan.warnings[-1]


def test_what_cannot_be_said_is_told(simulated: TomoScan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the rotation axis is not known yet"):
        export_nabu_conf(simulated, file=tmp_path / "n.conf", output_folder=tmp_path)
    known = replace(simulated, centre=50.25)
    (tmp_path / "axis.txt").write_text("0.1\n" * 90)
    moving = choose_reconstruction(known, axis_file=tmp_path / "axis.txt")
    for scan, lacking in (
        (select_region(known, first_column=10), "a region of the projections"),
        (correct_hot_pixels(known, cold=True), "hot and cold pixels"),
        (flat_field(known, interpolation="nearest"), "the nearest flat"),
        (edit_image_keys(known, first=20), "edited image keys"),
        (copy_darks_and_flats(known, known, existing="replace"), "not beside the others"),
        (edit_scan(known, left_right="yes"), "frames mirrored"),
        (unsharp_mask(known, method="laplacian"), "an unsharp mask by the Laplacian"),
        (retrieve_phase(known, pixel_size=3), "with another pixel size"),
        (choose_reconstruction(known, region=(3, 40, 5, 44)), "a region aside of the axis"),
        (choose_projections(moving, exclude=[3]), "a file for all projections"),
    ):
        with pytest.raises(InputError, match=f"nabu can't do this: .*{lacking}"):
            export_nabu_conf(scan, file=tmp_path / "n.conf", output_folder=tmp_path)
    for text, said in (
        ("not a configuration", "is no configuration of nabu"),
        ("[dataset]\n", "location is missing"),
        ("[dataset]\nlocation = nowhere.nx\n", "no such file"),
        (f"[dataset]\nlocation={simulated.file}\nbinning=two\n", "binning should be a number"),
        (
            f"[dataset]\nlocation={simulated.file}\n[reconstruction]\nfbp_filter_type=boxcar\n",
            "no filter 'boxcar'",
        ),
        (
            f"[dataset]\nlocation={simulated.file}\nexclude_projections=indices=none.txt\n",
            "projections to leave out can't be read",
        ),
        (
            f"[dataset]\nlocation={simulated.file}\n[preproc]\nsino_rings_correction=munch\n"
            "sino_rings_options=sigma=abc\n",
            "sino_rings_options can't be read",
        ),
    ):
        (tmp_path / "bad.conf").write_text(text)
        with pytest.raises(InputError, match=said):
            import_nabu_conf(tmp_path / "bad.conf")
