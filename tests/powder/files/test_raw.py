"""A saved result leads back to its raw data, and keeps what was counted meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import (
    Detector,
    Geometry,
    Mask,
    average_frames,
    combine_images,
    integrate_1d,
    integrate_2d,
    integrate_samples,
    integrate_scan,
    open_image,
    open_pattern,
    read_samples,
    save_nexus,
    subtract_background,
    subtract_pattern,
)
from beamcanvas.powder.origin import Origin
from beamcanvas.powder.packed_mask import PackedMask

SIZE = (30, 40)
GEOMETRY = Geometry(
    0.1, 0.0015, 0.002, 0.0, 0.0, 0.0, 1e-10, Detector("Detector", (1e-4, 1e-4), SIZE)
)
IMAGES = "/1.1/instrument/pilatus/data"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A bliss scan of four frames, with a sample and two counters."""
    scan = ScanWriter(tmp_path / "raw" / "data.h5", ("mon", "temperature"), frames_per_file=2)
    for number in range(4):
        frame = np.full(SIZE, 10 * (1 + number), np.int32)
        frame[:, 0] = np.arange(30)
        scan.add(frame, mon=1.0 + number, temperature=20.0 + number)
    scan.finish()
    with h5py.File(scan.file, "a") as root:
        root["1.1/measurement/temperature"].attrs["units"] = "degC"
        root.create_group("1.1/sample")["name"] = "silicon"
    return scan.file


def save(result: Any, folder: Path) -> h5py.File:
    return h5py.File(save_nexus(result, file=folder / "done" / "result.h5"), "r")


def text(dataset: Any) -> Any:
    return dataset.asstr()[()]


def test_a_frame_of_a_scan(raw: Path, tmp_path: Path) -> None:
    image = open_image(raw, data_path=IMAGES, frame=2)
    mask = Mask(np.arange(1200).reshape(SIZE) % 7 == 0)
    with save(integrate_1d(image, GEOMETRY, mask, points=20), tmp_path) as root:
        entry = root["entry"]
        assert list(text(entry["raw/files"])) == [str(raw)]
        assert list(text(entry["raw/paths"])) == [IMAGES]
        assert list(entry["raw/frames"]) == [2]
        link = entry["raw"].get("image", getlink=True)
        assert link.filename == "../raw/data.h5"  # so that the two can be moved together
        np.testing.assert_array_equal(entry["raw/image"][2], image.data)
        assert (entry["measurement/mon"][()], entry["measurement/temperature"][()]) == (3.0, 22.0)
        assert entry["measurement/temperature"].attrs["units"] == "degC"
        assert "pilatus" in entry["instrument"]
        assert text(entry["sample/name"]) == "silicon"
        with h5py.File(raw) as scan:
            for name in ("start_time", "end_time"):
                assert text(entry[name]) == text(scan["1.1"][name])
        np.testing.assert_array_equal(entry["integrate/mask"], mask.pixels)
    for name in ("raw", "done"):
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        shutil.move(tmp_path / name, tmp_path / "elsewhere" / name)
    with h5py.File(tmp_path / "elsewhere" / "done" / "result.h5") as root:
        np.testing.assert_array_equal(root["entry/raw/image"][2], image.data)


def test_raw_data_that_are_gone_cost_the_result_nothing(raw: Path, tmp_path: Path) -> None:
    pattern = integrate_1d(open_image(raw, data_path=IMAGES), GEOMETRY, points=20)
    shutil.rmtree(raw.parent)
    with save(pattern, tmp_path) as root:
        assert list(text(root["entry/raw/files"])) == [str(raw)]
        assert list(root["entry/measurement"]) == ["integrated"]


def test_all_that_an_image_was_corrected_with(raw: Path, tmp_path: Path) -> None:
    for name in ("dark", "flat", "empty"):
        np.save(tmp_path / f"{name}.npy", np.ones(SIZE))
    image = open_image(
        raw, data_path=IMAGES, dark=tmp_path / "dark.npy", flat=tmp_path / "flat.npy"
    )
    image = subtract_background(image, open_image(tmp_path / "empty.npy"))
    with save(integrate_2d(image, GEOMETRY, points=20, azimuth_points=9), tmp_path) as root:
        found = root["entry/raw"]
        assert list(text(found["roles"])) == ["image", "dark", "flat", "background"]
        names = [Path(file).name for file in text(found["files"])]
        assert names == ["data.h5", "dark.npy", "flat.npy", "empty.npy"]
        assert root["entry/measurement/mon"][()] == 1.0  # the one image's, still


def test_whole_scans(raw: Path, tmp_path: Path) -> None:
    done = integrate_scan(GEOMETRY, file=raw, output=tmp_path / "scan.h5", points=20)
    (tmp_path / "table.csv").write_text("name,file,scan\na,raw/data.h5,1\n")
    samples = integrate_samples(read_samples(tmp_path / "table.csv"), GEOMETRY, points=20)
    combined = combine_images(files=[raw], data_path=IMAGES)
    for number, pattern in enumerate(
        (
            done.average,
            average_frames(done.scan).pattern,
            samples.patterns["a"],
            integrate_1d(combined, GEOMETRY, points=20),
        )
    ):
        with save(pattern, tmp_path / str(number)) as root:
            np.testing.assert_array_equal(root["entry/measurement/mon"], [1, 2, 3, 4])
            assert text(root["entry/sample/name"]) == "silicon"
            assert root["entry/raw/frames"][0] == -1
            assert root["entry/raw/image"].name in ("/1.1", IMAGES)
    with h5py.File(tmp_path / "scan.h5") as root:
        assert text(root["1.1/sample/name"]) == "silicon"


def test_images_of_several_files(raw: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.ones(SIZE))
    combined = combine_images(files=[Path(f"{raw}::{IMAGES}"), tmp_path / "other.npy"])
    with save(integrate_1d(combined, GEOMETRY, points=20), tmp_path) as root:
        assert len(root["entry/raw/files"]) == 2
        assert "mon" not in root["entry/measurement"]  # of one of the two only


def test_a_saved_pattern_still_knows(raw: Path, tmp_path: Path) -> None:
    image = open_image(raw, data_path=IMAGES, frame=1)
    pattern = integrate_1d(image, GEOMETRY, points=20)
    again = open_pattern(save_nexus(pattern, file=tmp_path / "p.h5"))
    assert again.origins == pattern.origins == (Origin(raw, IMAGES, 1),)
    assert again.unused == pattern.unused == PackedMask.of(image.mask)
    less = subtract_pattern(again, pattern)
    assert [origin.role for origin in less.origins] == ["image", "background"]
