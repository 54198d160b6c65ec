"""Files that other programs read, whole or not at all."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

from beamcanvas.darkfield import (
    build_volume,
    compute_moments,
    compute_mosaicity,
    keep_levels,
    open_scan,
    save_images,
    save_maps,
    save_stack,
    save_volume,
    separate_sources,
    subtract_background,
    sum_frames,
)
from beamcanvas.errors import InputError

from .conftest import stack_of


@pytest.fixture
def moments(grain):
    return compute_moments(keep_levels(subtract_background(grain), low=20))


def test_maps_as_nexus(moments, tmp_path) -> None:
    path = save_maps(moments, file=tmp_path / "new" / "maps")
    assert path.name == "maps.h5"
    with h5py.File(path) as file:
        entry = file["entry"]
        assert entry.attrs["default"] == "intensity"
        data = entry["chi_centre_of_mass"]
        assert data.attrs["NX_class"] == "NXdata"
        signal = data[data.attrs["signal"]]
        assert signal.attrs["units"] == "deg"
        np.testing.assert_array_equal(signal[()], moments.centre("chi"))
        np.testing.assert_array_equal(data["mask"][()], np.isnan(moments.centre("chi")))
        settings = json.loads(entry["process/settings/data"][()])
        assert "less the median" in settings["treatment"][0]
        assert list(entry["process/scan/order"].asstr()) == ["chi", "diffry"]
        np.testing.assert_array_equal(
            entry["process/scan/chi/value"][()], moments.stack.positions[0]
        )


def test_mosaicity_and_the_others(moments, tmp_path) -> None:
    mosaicity = compute_mosaicity(moments)
    with h5py.File(save_maps(mosaicity, file=tmp_path / "m.h5")) as file:
        assert file["entry/mosaicity/mosaicity"].shape == (40, 36, 3)
        assert file["entry/mosaicity/mosaicity"].attrs["interpretation"] == "rgba-image"
        assert file["entry/colour_key/colour_key"].ndim == 3
        assert file["entry/orientation_distribution/orientation_distribution"].shape == (9, 9)
    with h5py.File(save_maps(sum_frames(moments.stack, along="chi"), file=tmp_path / "s")) as file:
        assert file["entry/sum/sum"].shape == (9, 40, 36)
        np.testing.assert_allclose(file["entry/sum/chi"][()], np.linspace(-0.4, 0.4, 9))
    parts = separate_sources(moments.stack, method="PCA", number=2)
    with h5py.File(save_maps(parts, file=tmp_path / "c.h5")) as file:
        assert file["entry/components/components"].shape == (2, 40, 36)
        assert "component_2_curve" in file["entry"]


def test_nothing_is_overwritten_unless_asked(moments, tmp_path) -> None:
    path = save_maps(moments, file=tmp_path / "maps.h5")
    before = path.read_bytes()
    with pytest.raises(InputError, match="there already"):
        save_maps(moments, file=path)
    assert path.read_bytes() == before
    save_maps(moments, file=path, existing="replace")
    save_images(moments, folder=tmp_path / "tif")
    with pytest.raises(InputError, match="there already"):
        save_images(moments, folder=tmp_path / "tif")
    assert not list(tmp_path.rglob(".*"))


def test_images(moments, tmp_path) -> None:
    import tifffile

    files = save_images(moments, folder=tmp_path, prefix="grain")
    assert {f.name for f in files} >= {"grain_intensity.tif", "grain_chi_FWHM.tif"}
    read = tifffile.imread(tmp_path / "grain_chi_centre_of_mass.tif")
    np.testing.assert_array_equal(read, moments.centre("chi").astype(np.float32))
    save_images(compute_mosaicity(moments), folder=tmp_path)
    colours = tifffile.imread(tmp_path / "mosaicity.tif")
    assert colours.shape == (40, 36, 3)
    assert colours.dtype == np.uint8


@pytest.mark.parametrize("mixed", [False, True])
def test_a_saved_stack_opens_again(grain, tmp_path, mixed) -> None:
    from beamcanvas.darkfield import smooth_along_motors

    treated = keep_levels(subtract_background(grain), low=20)
    if mixed:
        treated = smooth_along_motors(treated)
    again = open_scan(save_stack(treated, file=tmp_path / "stack.h5"))
    assert again.motors == treated.motors
    np.testing.assert_array_equal(again.positions, treated.positions)
    np.testing.assert_array_equal(again.treated().frames(range(81)), treated.treated().rows(0, 40))


def test_a_volume_for_paraview(tmp_path, grain_frames) -> None:
    frames = np.concatenate([grain_frames, grain_frames])
    steps = np.linspace(-0.4, 0.4, 9)
    stack = stack_of(frames, difftz=np.array([0.1, 0.3]), chi=steps, diffry=steps)
    volume = build_volume(keep_levels(subtract_background(stack), low=20))
    path = save_volume(volume, file=tmp_path / "grain.xdmf")
    grid = ElementTree.parse(path).getroot().find("Domain/Grid")
    assert grid.find("Topology").get("Dimensions") == "2 40 36"
    origin, spacing = (i.text.split() for i in grid.findall("Geometry/DataItem"))
    assert float(spacing[0]) == pytest.approx(0.2)
    assert origin[0] == "0.1"
    for attribute in grid.findall("Attribute"):
        item = attribute.find("DataItem")
        file, _, name = item.text.partition(":")
        with h5py.File(path.with_name(file)) as root:
            shape = [int(n) for n in item.get("Dimensions").split()]
            assert list(root[name].shape) == shape
            assert root[name].dtype == np.float32
    assert len(grid.findall("Attribute")) == len(volume.maps)
    with pytest.raises(InputError, match="there already"):
        save_volume(volume, file=tmp_path / "grain.xdmf")
    assert not list(tmp_path.glob(".*"))
