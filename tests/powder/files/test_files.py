"""Geometries, patterns and cakes written to files and read back by others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pyFAI
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    DiffractionImage,
    Geometry,
    integrate_1d,
    integrate_2d,
    read_poni,
    save_ascii,
    save_nexus,
    save_poni,
)
from beamcanvas.powder.integration.parameters import Unit


def test_a_poni_file_there_and_back(published: Geometry, tmp_path: Path) -> None:
    path = save_poni(published, file=tmp_path / "new" / "geometry")
    assert path.name == "geometry.poni"
    assert read_poni(path) == replace(published, calibrant=None) == read_poni(file=str(path))
    theirs = pyFAI.load(str(path))
    assert theirs.dist == published.distance
    assert theirs.detector.name == "Pilatus 1M"
    assert [p.name for p in path.parent.iterdir()] == ["geometry.poni"]


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_the_orientation_is_kept(published: Geometry, tmp_path: Path, orientation: int) -> None:
    turned = replace(
        published, calibrant=None, detector=replace(published.detector, orientation=orientation)
    )
    assert read_poni(save_poni(turned, file=tmp_path / "a.poni")) == turned


def test_dioptas_geometries_are_mirrored(shared: Path, published: Geometry) -> None:
    file = shared / "dioptas_CeO2_Pilatus1M" / "CeO2_Pilatus1M.poni"
    geometry = read_poni(file, detector="Pilatus 1M", upside_down=True)
    for name in ("distance", "poni1", "poni2", "rot1", "rot2"):
        assert getattr(geometry, name) == pytest.approx(getattr(published, name), rel=1e-9)
    by_size = read_poni(file, rows=1043, columns=981)
    assert by_size.detector.words == "172 µm pixels"


def test_geometry_from_plain_literals(published: Geometry) -> None:
    from beamcanvas.task import task_of

    literal = {
        "distance": 0.2,
        "poni1": 0.09,
        "poni2": 0.08,
        "rot1": 0,
        "rot2": 0,
        "rot3": 0,
        "wavelength": 4e-11,
        "detector": {"name": "Pilatus 1M", "pixel_size": [172e-6, 172e-6], "shape": [1043, 981]},
    }
    values = task_of(save_poni).validate({"geometry": literal, "file": "x.poni"})
    geometry = values["geometry"]
    assert isinstance(geometry, Geometry)
    assert geometry.beam_centre == pytest.approx((0.08 / 172e-6, 0.09 / 172e-6))


def test_nexus_opens_as_a_plot(ceo2: DiffractionImage, published: Geometry, tmp_path: Path) -> None:
    pattern = integrate_1d(ceo2, published, points=500, unit="q_nm^-1", error_model="poisson")
    path = save_nexus(pattern, file=tmp_path / "p.h5")
    with h5py.File(path) as root:
        group = root
        while "default" in group.attrs:
            group = group[group.attrs["default"]]
        assert group.attrs["NX_class"] == "NXdata"
        assert group.attrs["signal"] == "intensity"
        assert list(group.attrs["axes"]) == ["q"]
        assert group["q"].attrs["units"] == "1/nm"
        np.testing.assert_array_equal(group["intensity"], pattern.intensity)
        np.testing.assert_array_equal(group["intensity_errors"], pattern.sigma)
        process = root["entry/integrate"]
        assert json.loads(process["settings/data"][()])["points"] == 500
        (tmp_path / "again.poni").write_bytes(process["geometry/data"][()])
        assert process["engine"][()].decode() == pattern.engine
    assert read_poni(tmp_path / "again.poni") == replace(published, calibrant=None)


def test_silx_finds_the_cake(ceo2: DiffractionImage, published: Geometry, tmp_path: Path) -> None:
    from silx.io.nxdata import get_default

    cake = integrate_2d(ceo2, published, points=50, azimuth_points=40)
    with h5py.File(save_nexus(cake, file=tmp_path / "c.nxs")) as root:
        data = get_default(root)
        assert data is not None
        assert data.is_image
        assert data.axes_dataset_names == ["chi", "2th"]
        np.testing.assert_array_equal(data.signal, cake.intensity)


@pytest.mark.parametrize(
    ("name", "errors", "columns"),
    [
        ("a.xye", True, 3),
        ("a.xy", True, 2),
        ("a.dat", True, 3),
        ("a.dat", False, 2),
        ("a", False, 2),
    ],
)
def test_text_columns(
    ceo2: DiffractionImage,
    published: Geometry,
    tmp_path: Path,
    name: str,
    errors: bool,
    columns: int,
) -> None:
    model = "poisson" if errors else "none"
    pattern = integrate_1d(ceo2, published, points=800, error_model=model)  # type: ignore[arg-type]
    path = save_ascii(pattern, file=tmp_path / name)
    rows = np.loadtxt(path)
    assert rows.shape[1] == columns
    measured = pattern.count > 0  # type: ignore[operator]
    np.testing.assert_allclose(rows[:, 0], pattern.radial[measured], rtol=1e-9)
    np.testing.assert_allclose(rows[:, 1], pattern.intensity[measured], rtol=1e-9)
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert any("energy = 30.4929 keV" in line for line in header)
    assert "2th (deg)  intensity" in header[-1]


def test_bare_numbers_and_no_empty_rows(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    beyond = integrate_1d(
        ceo2, published, points=400, radial_min=1, radial_max=60, error_model="poisson"
    )
    assert (beyond.count == 0).any()
    path = save_ascii(beyond, file=tmp_path / "a.xye", header="none")
    rows = np.loadtxt(path)
    assert "#" not in path.read_text()
    assert rows[-1, 0] < 31
    assert (rows[:, 2] > 0).all()


@pytest.mark.parametrize("unit", ["2th_rad", "q_nm^-1", "q_A^-1", "d_A"])
def test_rietveld_programs_get_degrees(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path, unit: Unit
) -> None:
    limits = (0.9, 4.0) if unit == "d_A" else (None, None)
    pattern = integrate_1d(
        ceo2,
        published,
        points=3000,
        unit=unit,
        error_model="poisson",
        radial_min=limits[0],
        radial_max=limits[1],
        azimuth_max=90,
    )
    path = save_ascii(pattern, file=tmp_path / "a.xye")
    rows = np.loadtxt(path)
    assert (np.diff(rows[:, 0]) > 0).all()
    assert rows[rows[:, 1].argmax(), 0] == pytest.approx(7.46, abs=0.03)
    assert "# 2th (deg)  intensity  sigma" in path.read_text()
    as_integrated = save_ascii(pattern, file=tmp_path / "a.xy")
    assert np.isin(
        np.loadtxt(as_integrated)[:, 0], [float(f"{x:.10g}") for x in pattern.radial]
    ).all()
    header = as_integrated.read_text()
    assert "sigma" not in header
    assert "azimuth_range = (None, 90" in header
    assert ("radial_range" in header) == (unit == "d_A")


def test_what_is_no_angle_is_not_saved_as_one(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    radius = integrate_1d(ceo2, published, points=100, unit="r_mm", error_model="poisson")
    q = integrate_1d(ceo2, published, points=100, unit="q_A^-1", error_model="poisson")
    for pattern, said in (
        (radius, r"a\.xye is over 2θ and the pattern is over Radius"),
        (replace(q, geometry=None), r"the wavelength to turn q into it is not known"),
    ):
        with pytest.raises(InputError, match=said):
            save_ascii(pattern, file=tmp_path / "a.xye")
        assert not list(tmp_path.iterdir())
    save_ascii(radius, file=tmp_path / "a.dat")


def test_a_warning_is_written_down(
    ceo2: DiffractionImage, published: Geometry, tmp_path: Path
) -> None:
    doubtful = replace(published, warnings=("The calibration is not to be trusted: no rings.",))
    pattern = integrate_1d(ceo2, doubtful, points=100)
    text = save_ascii(pattern, file=tmp_path / "a.xy").read_text()
    assert "# warning: The calibration is not to be trusted" in text
    with h5py.File(save_nexus(pattern, file=tmp_path / "a.h5")) as root:
        assert b"not to be trusted" in root["entry/integrate/warnings"][0]
