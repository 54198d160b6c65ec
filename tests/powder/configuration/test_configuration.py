"""pyFAI's settings: every version means the same, and nothing in them is lost silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    Configured,
    DiffractionImage,
    Geometry,
    integrate_1d,
    integrate_2d,
    read_configuration,
    save_configuration,
    save_poni,
)
from beamcanvas.task import task_of

NUMBERS = {
    "dist": 0.2,
    "poni1": 0.09,
    "poni2": 0.08,
    "rot1": 0.01,
    "rot2": -0.02,
    "rot3": 0.0,
    "wavelength": 4e-11,
}
SETTINGS = {"nbpt_rad": 700, "unit": "q_A^-1", "error_model": "poisson", "mask_file": "m.npy"}
NAMED = {"detector": "Pilatus1M", "detector_config": {"orientation": 2}}

#: The same settings as the versions of pyFAI's file spell them.
VERSIONS: dict[int, dict[str, Any]] = {
    1: {
        **NUMBERS,
        **SETTINGS,
        "detector": "detector",
        "pixel1": 172e-6,
        "pixel2": 172e-6,
        "shape": [1043, 981],
        "do_OpenCL": False,
        "method": "csr",
        "do_polarization": True,
        "polarization_factor": 0.9,
        "do_mask": True,
        "flat_field": "a.npy, b.npy",
        "do_flat": True,
    },
    2: {
        **NUMBERS,
        **SETTINGS,
        **NAMED,
        "version": 2,
        "application": "pyfai-integrate",
        "method": "csr",
        "polarization_factor": 0.9,
        "flat_field": ["a.npy", "b.npy"],
    },
    3: {
        **NUMBERS,
        **SETTINGS,
        **NAMED,
        "version": 3,
        "method": ["bbox", "csr", "cython"],
        "opencl_device": None,
        "polarization_factor": 0.9,
        "flat_field": ["a.npy", "b.npy"],
    },
    4: {
        **SETTINGS,
        "poni": {**NUMBERS, **NAMED, "poni_version": 2.1},
        "version": 4,
        "method": ["bbox", "csr", "cython"],
        "polarization_factor": [0.9, 0],
        "flat_field": ["a.npy", "b.npy"],
        "integrator_name": "integrate1d_ng",
    },
    5: {
        **SETTINGS,
        "poni": {**NUMBERS, **NAMED, "poni_version": 2.1},
        "version": 5,
        "method": ["bbox", "csr", "cython"],
        "polarization_description": [0.9, 0],
        "flat_field": ["a.npy", "b.npy"],
        "integrator_method": "integrate1d_ng",
    },
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Configured]:
    def read_said(said: Any, image: DiffractionImage | None = None, **inputs: Any) -> Configured:
        file = tmp_path / "a.json"
        file.write_text(said if isinstance(said, str) else json.dumps(said))
        return read_configuration(image, file=file, **inputs)

    return read_said


def with_words(**words: Any) -> dict[str, Any]:
    return {**VERSIONS[5], **words}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_means_the_same(
    version: int, read: Callable[..., Configured], tmp_path: Path
) -> None:
    geometry, configuration = read(VERSIONS[version])
    assert geometry.distance == 0.2
    assert (geometry.poni1, geometry.poni2, geometry.rot2) == (0.09, 0.08, -0.02)
    assert geometry.wavelength == 4e-11
    assert geometry.detector.shape == (1043, 981)
    assert geometry.detector.orientation == (3 if version == 1 else 2)
    wanted = {"points": 700, "unit": "q_A^-1", "error_model": "poisson", "polarization": 0.9}
    assert configuration.settings.items() >= wanted.items()
    method = [configuration.settings[n] for n in ("splitting", "algorithm", "engine")]
    assert method == ["bounding box", "CSR", "Cython"]
    assert configuration.files == {
        "mask": (tmp_path / "m.npy",),
        "flat": (tmp_path / "a.npy", tmp_path / "b.npy"),
    }
    assert configuration.report["Unit"] == "q (Å⁻¹)"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_solid_angle_that_is_off_stays_off(version: int, read: Callable[..., Configured]) -> None:
    said = VERSIONS[version] | {"do_solid_angle": False}
    assert read(said).configuration.settings["solid_angle"] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_the_polarization_is_not_lost(version: int, read: Callable[..., Configured]) -> None:
    said = {k: v for k, v in VERSIONS[version].items() if not k.startswith("polarization")}
    said["polarization_factor"] = 0.95
    assert read(said).configuration.settings["polarization"] == 0.95
    assert read(said | {"do_polarization": False}).configuration.settings["polarization"] is None


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        ("no_csc_cython", ("none", "CSC", "Cython")),
        ("no_histogram_cython", ("none", "histogram", "Cython")),
        ("csc", ("bounding box", "CSC", "Cython")),
        ("splitpixel", ("full", "histogram", "Cython")),
        ("numpy", ("none", "histogram", "Python")),
        ("full_csr", ("full", "CSR", "Cython")),
        (["no", "histogram", "python"], ("none", "histogram", "Python")),
        (["bbox", None, "cython"], ("bounding box", "CSR", "Cython")),
        ([1, "full", "lut", "cython", None], ("full", "LUT", "Cython")),
        ({"split": "no", "algo": "csr", "impl": "python"}, ("none", "CSR", "Python")),
    ],
)
def test_a_method_means_what_it_says(
    method: Any, wanted: tuple[str, ...], read: Callable[..., Configured]
) -> None:
    configuration = read(with_words(method=method)).configuration
    found = tuple(configuration.settings[n] for n in ("splitting", "algorithm", "engine"))
    assert found == wanted
    said = any("is read as" in note for note in configuration.notes)
    assert said == isinstance(method, str)


def test_an_engine_that_is_not_here_is_replaced_and_said(
    read: Callable[..., Configured], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyFAI.integrator.azimuthal  # noqa: F401 - registers the engines
    from pyFAI.method_registry import IntegrationMethod

    here = {
        key: method
        for key, method in IntegrationMethod._registry.items()
        if method.impl_lower != "opencl"
    }
    monkeypatch.setattr(IntegrationMethod, "_registry", here)
    configuration = read(with_words(method="no_csr_ocl_gpu")).configuration
    assert configuration.settings["engine"] == "Cython"
    assert any("OpenCL is not available here" in note for note in configuration.warnings)


def test_what_is_switched_off_or_infinite_is_not_used(read: Callable[..., Configured]) -> None:
    said = VERSIONS[3] | {
        "do_mask": False,
        "do_flat": False,
        "do_radial_range": False,
        "radial_range_min": 1,
        "radial_range_max": 2,
        "azimuth_range_min": float("-inf"),
        "azimuth_range_max": 90,
        "val_dummy": -1,
        "do_dummy": False,
        "nbpt_azim": 1,
    }
    configuration = read(said).configuration
    assert not configuration.files
    assert configuration.dummy is None
    names = configuration.settings.keys()
    assert not names & {"radial_min", "radial_max", "azimuth_points"}
    assert configuration.settings["azimuth_min"] is None
    assert configuration.settings["azimuth_max"] == 90


def test_the_later_file_wins(
    read: Callable[..., Configured], published: Geometry, tmp_path: Path
) -> None:
    poni = save_poni(published, file=tmp_path / "b.poni")
    geometry, configuration = read(VERSIONS[4], more_files=[poni])
    assert geometry.distance == published.distance
    assert geometry.detector.name == "Pilatus 1M"
    assert geometry.detector.orientation == 3
    assert configuration.settings["points"] == 700


def test_two_configurations_have_each_their_wavelength(read: Callable[..., Configured]) -> None:
    first = read(VERSIONS[5]).geometry
    second = read(VERSIONS[5] | {"poni": VERSIONS[5]["poni"] | {"wavelength": 8e-11}}).geometry
    assert second.wavelength == 2 * first.wavelength


def test_the_rings_tell_that_a_geometry_of_dioptas_is_upside_down(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    file = tmp_path / "dioptas.poni"
    turned = published.flipped()
    file.write_text(  # as old Dioptas wrote it, without version and shape
        "PixelSize1: 0.000172\nPixelSize2: 0.000172\n"
        f"Distance: {turned.distance}\nPoni1: {turned.poni1}\nPoni2: {turned.poni2}\n"
        f"Rot1: {turned.rot1}\nRot2: {turned.rot2}\nRot3: 0\nSplineFile: None\n"
        f"Wavelength: {turned.wavelength}\n"
    )
    geometry, configuration = read_configuration(ceo2, file=file, calibrant="CeO2")
    assert geometry.poni1 == pytest.approx(published.poni1)
    assert geometry.rot2 == pytest.approx(published.rot2)
    assert geometry.detector.name == "Pilatus 1M"
    (note,) = configuration.warnings
    assert "turned upside down" in note
    assert "17 of 17 rings" in note

    straight = save_poni(geometry, file=tmp_path / "straight.poni")
    again, said = read_configuration(ceo2, file=straight, calibrant="CeO2")
    assert again.poni1 == pytest.approx(published.poni1)
    assert not said.warnings
    assert "as it is" in said.check


def test_rings_that_fit_no_way_are_not_trusted(
    ceo2: DiffractionImage, read: Callable[..., Configured]
) -> None:
    geometry, configuration = read(VERSIONS[5], ceo2, calibrant="CeO2")
    assert not geometry.trusted
    assert "neither" in configuration.warnings[0]


def test_integration_follows_the_configuration_but_for_what_a_person_set(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    mask = np.zeros(ceo2.shape, dtype=np.uint8)
    mask[:, :400] = 1
    np.save(tmp_path / "m.npy", mask)
    np.save(tmp_path / "flat.npy", np.full(ceo2.shape, 2.0))
    file = save_configuration(published, file=tmp_path / "c.json")
    said = json.loads(file.read_text()) | {
        "nbpt_rad": 600,
        "unit": "q_A^-1",
        "radial_range": [1.0, 5.0],
        "mask_file": "m.npy",
        "flat_field": ["flat.npy"],
        "correct_solid_angle": False,
    }
    file.write_text(json.dumps(said))
    geometry, configuration = read_configuration(file=file)
    pattern = integrate_1d(ceo2, geometry, configuration=configuration)
    assert (pattern.unit, len(pattern.radial)) == ("q_A^-1", 600)
    assert pattern.settings["solid_angle"] is False
    assert 1 < pattern.radial[0] < pattern.radial[-1] < 5
    half = integrate_1d(ceo2, geometry, points=600, unit="q_A^-1", radial_min=1, radial_max=5)
    assert np.nansum(pattern.count) < 0.9 * np.nansum(half.count)
    assert np.median(pattern.intensity / half.intensity) == pytest.approx(0.5, abs=0.03)

    own = integrate_1d(ceo2, geometry, None, configuration, points=300, unit="r_mm")
    assert (own.unit, len(own.radial)) == ("r_mm", 300)
    assert own.settings["radial_range"] == (None, None)  # its limits are of another unit
    cake = integrate_2d(ceo2, geometry, None, configuration, azimuth_points=20)
    assert cake.intensity.shape == (20, 600)


def test_what_is_saved_is_what_is_read_here_and_by_pyfai(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    from pyFAI.io.integration_config import WorkerConfig

    settings: dict[str, Any] = {
        "points": 500,
        "unit": "q_nm^-1",
        "error_model": "azimuthal",
        "polarization": 0.97,
        "solid_angle": False,
        "radial_min": 10.0,
        "radial_max": 40.0,
        "splitting": "none",
        "algorithm": "CSC",
    }
    pattern = integrate_1d(ceo2, published, **settings)
    file = save_configuration(pattern, file=tmp_path / "c.json")
    geometry, configuration = read_configuration(file=file)
    assert configuration.settings.items() >= settings.items()
    again = integrate_1d(ceo2, geometry, configuration=configuration)
    assert_array_equal(again.intensity, pattern.intensity)
    theirs = WorkerConfig.from_file(str(file))
    assert theirs.correct_solid_angle is False
    assert theirs.polarization_factor == 0.97
    assert tuple(theirs.method)[1:4] == ("no", "csc", "cython")
    assert theirs.poni.dist == published.distance
    once_more = save_configuration(configuration, file=tmp_path / "d.json")
    assert json.loads(once_more.read_text()) == json.loads(file.read_text())


BAD: list[tuple[str, Any, str]] = [
    ("no JSON", "{", "is no JSON file"),
    ("a list", "[1]", "is no configuration of pyFAI"),
    ("something else", {"name": "x"}, "is no configuration of pyFAI"),
    ("too new", with_words(version=6), "version 6 .* versions 1 to 5"),
    ("no geometry", {"version": 5, "nbpt_rad": 3}, "There is no geometry in .*: dist, poni1"),
    ("points", with_words(nbpt_rad="many"), "'nbpt_rad' should be a number.*'many'"),
    ("no points", with_words(nbpt_rad=0), "'nbpt_rad' should be a number of points"),
    ("unit", with_words(unit="furlong"), "'unit' should be one of .*not 'furlong'"),
    ("method", with_words(method="fast"), "'method' should be made of known words"),
    ("engine", with_words(method=["full", "csc", "fpga"]), "'method' should be made of"),
    ("polarization", with_words(polarization_description=[3, 0]), "from -1 to 1"),
    ("errors", with_words(error_model="gauss"), "'error_model' should be"),
    ("range", with_words(radial_range=[1]), "'radial_range' should be two numbers"),
    ("mask", with_words(mask_file=["a", "b"]), "'mask_file' should be one file"),
    ("monitor", with_words(normalization_factor=0), "'normalization_factor' should be a number"),
    (
        "detector",
        with_words(poni=NUMBERS | {"detector": "Kodak"}),
        "'Kodak' that pyFAI does not know",
    ),
    ("distance", with_words(poni=NUMBERS | NAMED | {"dist": -1}), "no sensible distance"),
    ("wavelength", with_words(poni={**NUMBERS, **NAMED, "wavelength": None}), "no wavelength"),
    ("poni file", with_words(poni="gone.poni"), "There is no file .*gone.poni"),
]


@pytest.mark.parametrize(("said", "sentence"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_file_is_told_in_a_sentence(
    said: Any, sentence: str, read: Callable[..., Configured]
) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read(said)
    assert "\n" not in str(caught.value)


def test_what_goes_wrong_later_is_told_too(
    read: Callable[..., Configured], ceo2: DiffractionImage, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_configuration(file=tmp_path / "gone.json")
    with pytest.raises(InputError, match=r"should be in keV.*Did you mean 30"):
        read(VERSIONS[5], energy=30_000)
    geometry, configuration = read(VERSIONS[5])
    with pytest.raises(InputError, match=r"There is no file .*[am].npy"):
        integrate_1d(ceo2, geometry, configuration=configuration)
    np.save(tmp_path / "m.npy", np.zeros((5, 5)))
    configuration.files.pop("flat")
    with pytest.raises(InputError, match=r"mask m.npy has 5 × 5 pixels"):
        task_of(integrate_1d).run(
            {"image": ceo2, "geometry": geometry, "configuration": configuration}
        )
