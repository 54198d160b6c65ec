"""Scans whose file is damaged, or says what can't be: one sentence, or what is missing is told."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    edit_image_keys,
    open_scan,
    reconstruct_slices,
    reduce_darks_and_flats,
    save_scan,
)

DETECTOR = "entry0000/instrument/detector"


@pytest.fixture
def file(simulated: TomoScan, tmp_path: Path) -> Path:
    return Path(shutil.copy(simulated.file, tmp_path / "scan.nx"))


@pytest.mark.parametrize("signature", [b"SNOD", b"TREE", b"HEAP"])
def test_damage_inside_is_one_sentence(file: Path, signature: bytes) -> None:
    whole = file.read_bytes()
    told = []
    for n in range(whole.count(signature)):
        parts = whole.split(signature)
        file.write_bytes(
            signature.join(parts[: n + 1]) + b"\0\0\0\0" + signature.join(parts[n + 1 :])
        )
        try:
            scan = replace(
                reduce_darks_and_flats(open_scan(file), existing="replace"), centre=50.25
            )
            reconstruct_slices(scan)
            save_scan(scan, file=file.with_name("saved.nx"), existing="replace")
        except InputError as error:
            told.append(str(error))
    assert told
    assert all(file.stem in sentence and "no room" not in sentence for sentence in told)


def test_a_field_of_an_unknown_unit_is_left_out_and_told(file: Path) -> None:
    with h5py.File(file, "a") as root:
        root[f"{DETECTOR}/distance"].attrs["units"] = "parsec"
        for axis in "xy":
            root[f"entry0000/sample/{axis}_pixel_size"].attrs["units"] = "Micrometres"
    scan = open_scan(file)
    assert scan.distance is None
    assert scan.pixel_size == (1e-12, 1e-12)
    assert scan.warnings == (
        "instrument/detector/distance is left out: its unit 'parsec' is not known.",
    )
    # and what is known of the file stays so, whatever becomes of its frames
    assert edit_image_keys(scan, first=12).warnings == scan.warnings
    with h5py.File(file, "a") as root:
        root["entry0000/sample/rotation_angle"].attrs["units"] = "turns"
    with pytest.raises(InputError, match=r"unit 'turns' of the angles .* is not known"):
        open_scan(file)


@pytest.mark.parametrize("values", [np.zeros(105), np.full(105, np.nan), np.ones(7), "0.2 A"])
def test_a_current_that_cannot_be_used_is_told(file: Path, values: Any) -> None:
    with h5py.File(file, "a") as root:
        del root["entry0000/control/data"]
        root["entry0000/control/data"] = values
    scan = open_scan(file)
    assert not scan.has_current
    assert scan.warnings == (
        "The machine current (control/data) is not used: it is not a number above 0 for each of "
        "the 105 frames.",
    )


def test_a_link_that_leads_nowhere_is_no_full_disk(file: Path, tmp_path: Path) -> None:
    with h5py.File(file, "a") as root:
        del root[f"{DETECTOR}/half_acquisition"]
        root[f"{DETECTOR}/half_acquisition"] = h5py.SoftLink(f"/{DETECTOR}/half_acquisition")
    with pytest.raises(InputError, match=r"scan\.nx: nxtomo can't read all that this file says"):
        save_scan(open_scan(file), file=tmp_path / "saved.nx")
    assert not (tmp_path / "saved.nx").exists()


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros(5), "have 5 pixels but the scan 20 × 96"),
        ("text", "image 0 of these darks is no image"),
        (h5py.SoftLink("/nowhere"), "image 0 of these darks is no image"),
        (np.zeros((20, 96), complex), "image 0 of these darks is no image"),
    ],
)
def test_reduced_frames_that_are_no_images(file: Path, image: Any, said: str) -> None:
    with h5py.File(file.with_name("scan_darks.hdf5"), "w") as root:
        root["entry0000/darks/0"] = image
    with pytest.raises(InputError, match=said):
        reduce_darks_and_flats(open_scan(file))


@pytest.mark.parametrize(
    ("where", "path", "said"),
    [
        ("scan.nx", f"{DETECTOR}/data", "the file is damaged"),
        ("gone.nx", f"{DETECTOR}/data", "gone.nx, which is not there"),
        ("other.nx", DETECTOR, f"has no dataset {DETECTOR}"),
        ("other.nx", "nothing", "has no dataset nothing"),
        ("other.nx", "short", "has 7 frames, fewer than it should"),
    ],
)
def test_frames_that_are_not_where_the_file_says(
    file: Path, where: str, path: str, said: str
) -> None:
    with h5py.File(shutil.copy(file, file.with_name("other.nx")), "a") as root:
        root["short"] = np.zeros((7, 20, 96), np.uint16)
    with h5py.File(file, "a") as root:
        del root[f"{DETECTOR}/data"]
        layout = h5py.VirtualLayout((105, 20, 96), np.uint16)
        layout[:] = h5py.VirtualSource(where, path, (105, 20, 96))
        root[DETECTOR].create_virtual_dataset("data", layout)
    with pytest.raises(InputError, match=said):
        reduce_darks_and_flats(open_scan(file), existing="replace")
