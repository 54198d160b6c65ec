"""Each wrong input has its one clear sentence, and nothing half-written stays behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas import powder
from beamcanvas.errors import InputError
from beamcanvas.powder import Detector, DiffractionImage, Geometry, Mask, Setup
from beamcanvas.task import task_of


class Files:
    """Wrong files, made as they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, text: str, name: str = "a.txt") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def hdf5(self, data: Any, cut: int | None = None) -> Path:
        path = self.folder / "a.h5"
        with h5py.File(path, "w") as root:
            root["entry/data"] = data
        if cut:
            path.write_bytes(path.read_bytes()[:cut])
        return path

    def npy(self, data: Any) -> Path:
        path = self.folder / "a.npy"
        np.save(path, data)
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def run(function: Callable[..., Any], **inputs: Any) -> Any:
    return task_of(function).run(inputs)


IMAGES: list[tuple[str, Callable[[Files], dict[str, Any]], str]] = [
    ("missing", lambda f: {"file": f.folder / "no.tif"}, "There is no file .*no.tif"),
    ("folder", lambda f: {"file": f.folder}, "is a folder"),
    ("no image", lambda f: {"file": f.text("hello")}, "can't be read as an image"),
    ("empty", lambda f: {"file": f.text("", "a.tif")}, "can't be read as an image"),
    ("no bzip2", lambda f: {"file": f.text("x", "a.tif.bz2")}, "can't be read as an image"),
    (
        "cut off",
        lambda f: {"file": f.hdf5(np.ones((40, 50)), cut=900)},
        "damaged, cut off or no HDF5",
    ),
    ("not HDF5", lambda f: {"file": f.text("x", "a.h5")}, "damaged, cut off or no HDF5"),
    (
        "wrong path",
        lambda f: {"file": f.hdf5(np.ones((40, 50))), "data_path": "/entry/dta"},
        "no '/entry/dta' in .*Images are at /entry/data",
    ),
    (
        "path to a number",
        lambda f: {"file": f.hdf5(3.0), "data_path": "/entry/data"},
        r"is no image: its shape is \(\)",
    ),
    ("nothing inside", lambda f: {"file": f.hdf5(np.ones(40))}, "There is no detector image in"),
    (
        "path in a tif",
        lambda f: {"file": f.npy(np.ones((20, 20))), "data_path": "/a"},
        "no HDF5 file: it has no '/a'",
    ),
    (
        "frame of one",
        lambda f: {"file": f.npy(np.ones((20, 20))), "frame": 4},
        "no frame 4 in .*one frame, number 0",
    ),
    (
        "frame of three",
        lambda f: {"file": f.hdf5(np.ones((3, 20, 20))), "frame": 3},
        "no frame 3 in .*3 frames, 0 to 2",
    ),
    ("negative frame", lambda f: {"file": "x", "frame": -1}, "'frame' should be at least 0"),
    ("half a frame", lambda f: {"file": "x", "frame": 1.5}, "'frame' should be a whole number"),
    (
        "only NaN",
        lambda f: {"file": f.npy(np.full((20, 20), np.nan))},
        "No pixel of .* holds a measurement",
    ),
    ("complex", lambda f: {"file": f.npy(np.ones((9, 9), complex))}, "a.npy"),
    (
        "dark of another shape",
        lambda f: {"file": f.hdf5(np.ones((40, 50))), "dark": f.npy(np.ones((40, 51)))},
        "The dark image has 40 × 51 pixels but the image has 40 × 50",
    ),
    ("no dark", lambda f: {"file": f.npy(np.ones((9, 9))), "dark": "no.edf"}, "There is no file"),
    ("unknown setting", lambda f: {"file": "x", "frames": 1}, "Did you mean 'frame'"),
]


@pytest.mark.parametrize(
    ("inputs", "sentence"), [row[1:] for row in IMAGES], ids=[row[0] for row in IMAGES]
)
def test_wrong_images(
    files: Files, inputs: Callable[[Files], dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        run(powder.open_image, **inputs(files))


EXPERIMENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "does not say the energy: give 'energy' in keV"),
    ({"energy": 30492.9}, "should be in keV.*Did you mean 30.4929"),
    ({"energy": -3}, "'energy' should be greater than 0 keV"),
    ({"energy": "high"}, "'energy' should be a number"),
    ({"energy": 30, "calibrant": "CeO3"}, "no calibrant 'CeO3'. Did you mean 'CeO2'"),
    ({"energy": 30, "detector": "Pilatos 1M"}, "no detector 'Pilatos 1M'. Did you mean"),
    (
        {"energy": 30, "detector": "Eiger 4M"},
        "1043 × 981 pixels but a detector Eiger 4M has 2167 × 2070",
    ),
    ({"energy": 30, "calibrant_file": "none.D"}, "calibrant file none.D can't be read"),
]


@pytest.mark.parametrize(("settings", "sentence"), EXPERIMENTS)
def test_wrong_experiments(ceo2: DiffractionImage, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run(powder.describe_experiment, image=ceo2, **settings)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no d-spacing"),
        ("# only a remark\n", "has no d-spacing"),
        ("3.1\nabc\n", "Line 2 of .* should begin with a d-spacing"),
        ("-3.1\n", "Line 1"),
    ],
)
def test_wrong_calibrant_files(
    ceo2: DiffractionImage, files: Files, text: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        powder.describe_experiment(ceo2, energy=30, calibrant_file=files.text(text, "a.D"))


def test_a_detector_that_nobody_names(ceo2: DiffractionImage) -> None:
    nameless = replace(ceo2, detector=None, header=replace(ceo2.header, pixel_size=None))
    with pytest.raises(InputError, match=r"Which detector .* 1043 × 981 .* give 'detector'"):
        powder.describe_experiment(nameless, energy=30)
    said = powder.describe_experiment(nameless, energy=30, pixel_width=172)
    assert said.detector == Detector("Detector", (172e-6, 172e-6), (1043, 981))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"polygons": [[(0, 0), (1, 1)]]}, "Polygon 1 has 2 corners"),
        ({"polygons": [[(0, 0), (1, 1), (float("nan"), 2)]]}, "corner that is no number"),
        ({"polygons": "circle"}, "'polygons'"),
        ({"runs": [(2000, 0, 5)]}, "row 2000 are not in the image"),
        ({"runs": [(0, 5, 5)]}, "drawn pixels 5 to 5"),
        ({"above": -10}, "leaves no pixel"),
        ({"grow": -1}, "'grow' should be at least 0"),
        ({"file": "no.edf"}, "There is no file no.edf"),
    ],
)
def test_wrong_masks(ceo2: DiffractionImage, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run(powder.mask_pixels, image=ceo2, **settings)


def test_a_mask_file_of_another_shape(ceo2: DiffractionImage, files: Files) -> None:
    with pytest.raises(InputError, match=r"mask a.npy has 20 × 20 pixels but the image"):
        powder.mask_pixels(ceo2, file=files.npy(np.ones((20, 20))))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"points": -5}, "'points' should be at least 1"),
        ({"points": 0}, "'points' should be at least 1"),
        ({"unit": "2theta"}, "'unit' should be one of"),
        ({"error_model": "gauss"}, "'error_model' should be one of"),
        ({"radial_min": 20, "radial_max": 10}, "radial range is empty: from 20 to 10"),
        ({"radial_min": 500}, "radial range is empty: the detector sees"),
        ({"azimuth_min": 90, "azimuth_max": -90}, "azimuth range should go up"),
        ({"polarization": 2}, "'polarization' should be at most 1"),
        ({"monitor": 0}, "'monitor' should be greater than 0"),
        ({"algorithm": "LUT", "engine": "Python"}, "can't integrate .* there is .*LUT with cython"),
    ],
)
def test_wrong_integrations(
    ceo2: DiffractionImage, published: Geometry, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        run(powder.integrate_1d, image=ceo2, geometry=published, **settings)


def test_shapes_that_do_not_fit(ceo2: DiffractionImage, published: Geometry, setup: Setup) -> None:
    small = replace(ceo2, data=ceo2.data[:100], mask=ceo2.mask[:100])
    with pytest.raises(InputError, match="image has 100 × 981 pixels but the geometry's detector"):
        powder.integrate_1d(small, published)
    with pytest.raises(InputError, match="image has 100 × 981 pixels but the detector"):
        powder.calibrate(small, setup)
    mask = Mask(np.zeros((5, 5), dtype=bool))
    with pytest.raises(InputError, match="mask has 5 × 5 pixels"):
        powder.integrate_2d(ceo2, published, mask)
    with pytest.raises(InputError, match="mask has 5 × 5 pixels"):
        powder.calibrate(ceo2, setup, mask)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no PONI file: it has no Distance and no Poni1"),
        ("Distance: 1\nPoni1: 0\n", "it has no Poni2"),
        ("Distance: far\nPoni1: 0\nPoni2: 0\n", "damaged PONI file"),
        (
            "Distance: 0\nPoni1: 0\nPoni2: 0\nRot1: 0\nRot2: 0\nRot3: 0\nWavelength: 1e-10\n",
            "no sensible distance",
        ),
        (
            "PixelSize1: 1e-4\nPixelSize2: 1e-4\nDistance: 1\nPoni1: 0\nPoni2: 0\n"
            "Rot1: 0\nRot2: 0\nRot3: 0\nWavelength: 1e-10\n",
            "names pixels of 100 × 100 µm but no detector",
        ),
        (
            "Detector: Pilatus1M\nDistance: 1\nPoni1: 0\nPoni2: 0\nRot1: 0\nRot2: 0\nRot3: 0\n",
            "has no wavelength: give 'energy'",
        ),
        (
            "Detector: Pilatus1M\nDistance: 1\nPoni1: 0\nPoni2: 0\nRot1: 0\nRot2: 0\nRot3: 0\n"
            "Wavelength: 0.4066\n",
            "wavelength of 0.4066 m, which is none of X-rays: did you mean 0.4066 Å",
        ),
        (
            "Detector: Pilatus1M\nDistance: 1\nPoni1: 0\nPoni2: 0\nRot1: 0\nRot2: 0\nRot3: 0\n"
            "Wavelength: 30\n",
            "wavelength of 30 m, which is none of X-rays: did you mean 30 Å",
        ),
    ],
)
def test_wrong_poni_files(files: Files, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        powder.read_poni(files.text(text, "a.poni"))


def test_an_energy_in_electronvolts(files: Files) -> None:
    file = files.text(
        "Detector: Pilatus1M\nDistance: 1\nPoni1: 0\nPoni2: 0\nRot1: 0\nRot2: 0\nRot3: 0\n",
        "a.poni",
    )
    for read in (powder.read_poni, powder.read_configuration):
        with pytest.raises(InputError, match=r"should be in keV: 30492\.9 .*Did you mean 30\.4929"):
            read(file=file, energy=30492.9)


def test_places_that_can_not_be_written(
    tmp_path: Path, published: Geometry, ceo2: DiffractionImage
) -> None:
    (tmp_path / "taken").write_text("a file")
    pattern = powder.integrate_1d(ceo2, published, points=100)
    with pytest.raises(InputError, match="is a folder"):
        powder.save_nexus(pattern, file=tmp_path)
    with pytest.raises(InputError, match="can't be written"):
        powder.save_ascii(pattern, file=tmp_path / "taken" / "a.xy")
    with pytest.raises(InputError, match="takes standard deviations"):
        powder.save_ascii(pattern, file=tmp_path / "a.xye")
    with pytest.raises(InputError, match="can't be written"):
        powder.save_poni(published, file=tmp_path / "taken" / "a.poni")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_an_image_without_rings(ceo2: DiffractionImage, setup: Setup) -> None:
    blank = replace(ceo2, data=np.full_like(ceo2.data, 7))
    with pytest.raises(InputError, match="shows no rings"):
        powder.calibrate(blank, setup)
    with pytest.raises(InputError, match="no line at 1"):
        powder.calibrate(ceo2, replace(setup, wavelength=12.398419843320026e-10 / 1.5))


@pytest.mark.parametrize(
    "read",
    [
        powder.open_analyzers,
        powder.open_goniometer,
        powder.open_image,
        powder.open_pattern,
        powder.read_configuration,
        powder.read_poni,
        powder.read_samples,
    ],
)
def test_files_may_be_named_by_text(read: Callable[..., object]) -> None:
    with pytest.raises(InputError, match=r"There is no file gone\.txt"):
        read(file="gone.txt")
