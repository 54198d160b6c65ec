"""A pattern that was saved as NeXus comes back as it was, with all that made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    Cake,
    Detector,
    DiffractionImage,
    Geometry,
    Pattern,
    integrate_1d,
    integrate_2d,
    open_pattern,
    save_ascii,
    save_configuration,
    save_nexus,
)

DETECTOR = Detector("Detector", (1e-4, 1e-4), (60, 80))
GEOMETRY = Geometry(0.1, 0.003, 0.004, 0.01, -0.02, 0.0, 1e-10, DETECTOR)


@pytest.fixture(scope="module")
def image() -> DiffractionImage:
    counts = np.random.default_rng(1).poisson(50, DETECTOR.shape)
    mask = np.zeros(DETECTOR.shape, bool)
    mask[20:30, :50] = True
    return DiffractionImage(counts, mask, detector=DETECTOR, source="/data/ring.tif")


@pytest.fixture(scope="module")
def pattern(image: DiffractionImage) -> Pattern:
    doubtful = replace(GEOMETRY, warnings=("The calibration has a remark.",))
    return integrate_1d(image, doubtful, points=90, unit="q_A^-1", error_model="poisson")


def test_with_geometry_unit_settings_engine_and_warnings(pattern: Pattern, tmp_path: Path) -> None:
    back = open_pattern(save_nexus(pattern, file=tmp_path / "a.h5"))
    assert back.geometry is not None
    assert replace(back.geometry, calibrant=None) == GEOMETRY
    assert back.unit == "q_A^-1"
    assert back.engine == pattern.engine
    assert {k: v for k, v in back.settings.items() if "range" not in k} == {
        k: v for k, v in pattern.settings.items() if "range" not in k
    }
    assert back.warnings == pattern.warnings
    assert back.source == pattern.source == "ring.tif"
    np.testing.assert_array_equal(back.count, pattern.count)  # type: ignore[arg-type]
    np.testing.assert_array_equal(back.radial, pattern.radial)


def test_so_that_what_follows_goes_on_from_it(pattern: Pattern, tmp_path: Path) -> None:
    """To 2θ for Rietveld programs, and to pyFAI's settings, from the file alone."""
    back = open_pattern(save_nexus(pattern, file=tmp_path / "a.h5"))
    for made, name in ((pattern, "direct.xye"), (back, "through.xye")):
        save_ascii(made, file=tmp_path / name, header="none")
    assert (tmp_path / "direct.xye").read_text() == (tmp_path / "through.xye").read_text()
    assert '"q_A^-1"' in save_configuration(back, file=tmp_path / "b.json").read_text()


def test_a_row_of_a_cake_counts_what_that_row_saw(image: DiffractionImage, tmp_path: Path) -> None:
    cake: Cake = integrate_2d(image, GEOMETRY, points=40, azimuth_points=6)
    assert cake.count is not None
    path = save_nexus(cake, file=tmp_path / "a.h5")
    for row in (0, 4):
        back = open_pattern(path, number=row)
        seen = np.isfinite(cake.intensity[row])
        np.testing.assert_array_equal(back.count, cake.count[row][seen])  # type: ignore[arg-type]
        assert back.geometry is not None


def test_damaged_notes_are_told(pattern: Pattern, tmp_path: Path) -> None:
    for name, text, sentence in (
        ("settings", "{", "the settings in it are damaged"),
        ("geometry", "Distance: far\nPoni1: 0\nPoni2: 0", "damaged PONI file"),
    ):
        path = save_nexus(pattern, file=tmp_path / f"{name}.h5")
        with h5py.File(path, "r+") as root:
            note = root[f"entry/integrate/{name}"]
            del note["data"]
            note["data"] = text
        with pytest.raises(InputError, match=sentence):
            open_pattern(path)


def test_what_is_in_the_file(pattern: Pattern, tmp_path: Path) -> None:
    """As NeXus tools walk it: the defaults lead to the plot, links resolve, units are named."""
    with h5py.File(save_nexus(pattern, file=tmp_path / "a.h5")) as root:
        group = root
        for _ in range(2):
            group = group[group.attrs["default"]]
        assert group.name == "/entry/integrate/result"
        assert (group.attrs["NX_class"], group.attrs["signal"]) == ("NXdata", "intensity")
        assert group["q"].attrs["units"] == "1/angstrom"
        assert group["title"][()] == b"ring.tif"
        assert root["entry/measurement/integrated"] == group["intensity"]
        process = root["entry/integrate"]
        for name in ("program", "version", "pyFAI_version", "date", "engine"):
            assert process[name][()]
        assert process["geometry/type"][()] == b"text/plain"
