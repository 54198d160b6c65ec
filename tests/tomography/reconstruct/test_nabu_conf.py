"""nabu's configurations: out and in again, and as nabu itself reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nabu.pipeline.config import parse_nabu_config_file, validate_config
from nabu.pipeline.fullfield.nabu_config import nabu_config, renamed_keys

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    bin_pixels,
    choose_projections,
    choose_reconstruction,
    correct_hot_pixels,
    correct_tilt,
    double_flat_field,
    export_nabu_conf,
    import_nabu_conf,
    remove_background,
    remove_rings,
    retrieve_phase,
    select_region,
    unsharp_mask,
)


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
    assert replace(again, warnings=(), centre_from="") == replace(
        decided, warnings=(), centre_from=""
    )
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
        file = export_nabu_conf(scan, file=tmp_path / "n.conf", output_folder=tmp_path)
        validated(file)
        again = import_nabu_conf(file).scan
        assert again.selection == scan.selection
        assert again.treatments[0].method == method  # type: ignore[attr-defined]


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
    cut = select_region(simulated, first_column=10)
    with pytest.raises(InputError, match="nabu can't do this: a region of the proj"):
        export_nabu_conf(cut, file=tmp_path / "n.conf", output_folder=tmp_path)
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
    ):
        (tmp_path / "bad.conf").write_text(text)
        with pytest.raises(InputError, match=said):
            import_nabu_conf(tmp_path / "bad.conf")
