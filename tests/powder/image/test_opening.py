from __future__ import annotations

from pathlib import Path

import fabio
import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import DiffractionImage, open_image
from beamcanvas.powder.image.headers import read_header
from beamcanvas.powder.image.opening import invalid_pixels


def test_the_tutorial_image_tells_what_its_header_says(ceo2: DiffractionImage) -> None:
    assert ceo2.summary == "image 1043 × 981, Pilatus 1M"
    assert ceo2.header.distance == 0.21143
    assert ceo2.header.exposure == 3.0
    assert ceo2.header.wavelength is None
    assert ceo2.header.beam_centre == (498.18, 515.77)
    assert ceo2.detector is not None
    assert ceo2.detector.pixel_size == (172e-6, 172e-6)


def test_gaps_and_dead_pixels_are_masked(ceo2: DiffractionImage) -> None:
    assert np.array_equal(ceo2.mask, ceo2.data < 0)
    gaps = ceo2.detector.pyfai().mask  # type: ignore[union-attr]
    assert ceo2.mask[gaps.astype(bool)].all()
    assert ceo2.nxdata().pixels
    assert ceo2.nxdata().log


def test_packed_is_the_same_as_plain(
    ceo2: DiffractionImage, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = open_image(shared / "dioptas_CeO2_Pilatus1M" / "CeO2_Pilatus1M.tif")
    assert np.array_equal(plain.data, ceo2.data)
    assert plain.header == ceo2.header
    assert capsys.readouterr().out == ""


def test_mar_factory_settings_are_no_wavelength(shared: Path) -> None:
    image = open_image(shared / "gsas2_MAR2300_CeO2_steel" / "nx09_strain_001.mar2300")
    assert image.summary == "image 2300 × 2300, MAR 345"
    assert image.header.wavelength is None
    assert image.header.distance is None
    assert "factory" in image.header.doubts[0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"WaveLength": "4.066e-11", "SampleDistance": "0.2"}, (4.066e-11, 0.2)),
        ({"Wavelength": "0.4066 A", "Detector_distance": "0.2 m"}, (4.066e-11, 0.2)),
        ({"Energy": "12398.419843320026", "DISTANCE": "100.0"}, (1e-10, 0.1)),
        ({"Wavelength": "unknown"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_headers_are_read_in_si(
    words: dict[str, str], expected: tuple[float | None, float | None]
) -> None:
    header = read_header(words)
    for found, wanted in zip((header.wavelength, header.distance), expected, strict=True):
        assert found == (None if wanted is None else pytest.approx(wanted))


def _nexus(file: Path, frames: int = 3) -> np.ndarray:
    data = np.arange(frames * 20 * 30, dtype=np.uint32).reshape(frames, 20, 30)
    data[:, 0, 0] = 2**32 - 1
    with h5py.File(file, "w") as root:
        detector = root.create_group("entry/instrument/det")
        detector["data"] = data
        detector["distance"] = 250.0
        detector["distance"].attrs["units"] = "mm"
        detector["x_pixel_size"] = detector["y_pixel_size"] = 75e-6
        root["entry/instrument/beam/incident_wavelength"] = 0.5
        root["entry/instrument/beam/incident_wavelength"].attrs["units"] = "angstrom"
        root["entry/data/data"] = h5py.SoftLink("/entry/instrument/det/data")
        root["entry/gone"] = h5py.SoftLink("/nowhere")
    return data


def test_the_only_image_of_a_nexus_file_is_found_with_its_header(tmp_path: Path) -> None:
    data = _nexus(tmp_path / "a.h5")
    image = open_image(tmp_path / "a.h5", frame=2)
    assert np.array_equal(image.data, data[2])
    assert image.mask.sum() == 1
    assert image.header.distance == 0.25
    assert image.header.wavelength == pytest.approx(5e-11)
    assert image.header.pixel_size == (75e-6, 75e-6)
    same = open_image(f"{tmp_path / 'a.h5'}::/entry/data", frame=2)  # type: ignore[arg-type]
    assert np.array_equal(same.data, data[2])


def test_several_images_in_a_file_are_named(tmp_path: Path) -> None:
    _nexus(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as root:
        root["entry/other"] = np.zeros((20, 30))
    with pytest.raises(InputError, match=r"2 image datasets.*'data_path'.*/entry/other"):
        open_image(tmp_path / "a.h5")


def test_dark_and_flat_are_averaged_and_applied(tmp_path: Path) -> None:
    np.save(tmp_path / "i.npy", np.full((20, 30), 110, dtype=np.int32))
    np.save(tmp_path / "f.npy", np.full((20, 30), 2.0))
    with h5py.File(tmp_path / "d.h5", "w") as root:
        root["d"] = np.stack([np.full((20, 30), 5.0), np.full((20, 30), 15.0)])
    image = open_image(tmp_path / "i.npy", dark=tmp_path / "d.h5", flat=tmp_path / "f.npy")
    assert (image.corrected == 50).all()
    assert (image.data == 110).all()


@pytest.mark.parametrize(
    ("values", "invalid"),
    [
        (np.array([[-1, -2, 0, 5]], dtype=np.int32), [[True, True, False, False]]),
        (np.array([[-1, -7, 0, 5]], dtype=np.int32), [[False, False, False, False]]),
        (np.array([[-(2**31), 1]], dtype=np.int32), [[True, False]]),
        (np.array([[65535, 1]], dtype=np.uint16), [[True, False]]),
        (np.array([[np.nan, -1.5, np.inf]]), [[True, False, True]]),
    ],
)
def test_what_marks_an_invalid_pixel(values: np.ndarray, invalid: list[list[bool]]) -> None:
    assert invalid_pixels(values).tolist() == invalid


def test_the_words_of_dectris_in_a_cbf_file(tmp_path: Path) -> None:
    words = (
        "# Detector: PILATUS3 6M, S/N 60-0123\n# Pixel_size 172e-6 m x 172e-6 m\n"
        "# Exposure_time 0.5 s\n# Wavelength 0.4066 A\n# Detector_distance 0.21143 m\n"
        "# Beam_xy (12.00, 13.50) pixels\n# Detector_2theta -2.5000 deg.\n"
    )
    header = {"_array_data.header_contents": words}
    fabio.cbfimage.CbfImage(np.ones((30, 40), np.int32), header).write(tmp_path / "a.cbf")
    found = open_image(tmp_path / "a.cbf").header
    assert found.wavelength == pytest.approx(0.4066e-10)
    assert found.distance == 0.21143
    assert found.beam_centre == (12.0, 13.5)
    assert found.exposure == 0.5
    assert found.pixel_size == (172e-6, 172e-6)
    assert "PILATUS3 6M" in found.detector
    assert found.numbers["detector2theta"] == -2.5
