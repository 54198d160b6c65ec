"""The tutorials, replayed headless, say what their pages say."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import beamcanvas
from beamcanvas.darkfield import compute_moments, keep_significant, replace_hot_pixels
from beamcanvas.darkfield.simulated.samples import DRIFT, STRAIN, main

from .conftest import TUTORIAL


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path_factory.mktemp("tutorials") / "copy"))


def replayed(folder: Path, scheme: str) -> dict:
    return beamcanvas.run(folder / f"{scheme}.ows", outputs=[{"all": True}]).nodes


def page(folder: Path, name: str) -> str:
    return " ".join((folder / f"{name}.md").read_text("utf-8").split())


def test_mosaicity_map(folder) -> None:
    nodes, text = replayed(folder, "mosaicity_map"), page(folder, "index")
    assert f"*{nodes['scan']['stack'].summary}*" in text
    moments = nodes["moments"]["moments"]
    assert f"*{moments.summary}*" in text
    for name in ("chi centre of mass", "diffry centre of mass", "chi FWHM", "diffry FWHM"):
        assert f"| {name} | {np.nanmedian(moments.maps[name]):.3f}° |" in text
    (kam,) = nodes["kam"]["misorientation"].maps.values()
    assert f"median here is {np.nanmedian(kam):.3f}°" in text
    with h5py.File(folder / "results" / "mosaicity.h5") as file:
        np.testing.assert_array_equal(
            file["entry/mosaicity/mosaicity"][()], nodes["mosaicity"]["mosaicity"].colours
        )
    assert (folder / "results" / "colour_key.tif").exists()
    less = keep_significant(replace_hot_pixels(nodes["scan"]["stack"]), primary=5)
    ratio = np.nanmedian(compute_moments(less).maps["chi FWHM"]) / np.nanmedian(
        moments.maps["chi FWHM"]
    )
    assert "gets three times as large" in text
    assert ratio == pytest.approx(3, abs=0.8)


def test_rocking_scan(folder) -> None:
    nodes, text = replayed(folder, "rocking_scan"), page(folder, "rocking_scan")
    for node, output in (("scan", "stack"), ("region", "stack"), ("fits", "fits")):
        assert f"*{nodes[node][output].summary}*" in text
    fits, moments = nodes["fits"]["fits"].maps, nodes["moments"]["moments"].maps
    assert f"{np.nanmedian(fits['mu centre of mass']):.4f}° for the centre" in text
    assert f"{np.nanmedian(fits['mu FWHM']):.3f}° for the FWHM" in text
    known = np.nanmedian(fits["mu centre of mass uncertainty"])
    assert f"The median for the centre is {known:.4f}°" in text
    assert f"median {np.nanmedian(moments['mu centre of mass']):.4f}°" in text
    assert f"median FWHM, {np.nanmedian(moments['mu FWHM']):.3f}°" in text


def test_strain(folder) -> None:
    nodes, text = replayed(folder, "strain"), page(folder, "strain")
    assert f"*{nodes['scan']['stack'].summary}*" in text
    assert f"*{nodes['fits']['fits'].summary}*" in text
    for node in ("strain", "fit_strain"):
        strain = nodes[node]["strain"].maps["strain"]
        wanted = np.linspace(-STRAIN, STRAIN, 80)[:, None] + 0 * strain
        middle = np.nanmedian(strain - wanted)  # unstrained is the median here
        assert np.nanmedian(np.abs(strain - wanted - middle)) < 3e-5
    ends = np.nanpercentile(strain, (1, 99))
    assert ends == pytest.approx([-8e-4, 8e-4], abs=1e-4)


def test_drift(folder) -> None:
    nodes, text = replayed(folder, "drift"), page(folder, "drift")
    drift = nodes["drift"]["drift"]
    assert f"{drift.dy:.3f} rows and {drift.dx:.3f} columns" in text
    assert f"{drift.gain:.2f} times as sharp" in text
    last = drift.steps - 1
    assert abs(drift.dy + DRIFT[0]) * last < 1
    assert abs(drift.dx + DRIFT[1]) * last < 1
    before, after = (nodes[n]["sum"].images[0] for n in ("before", "after"))

    def sharpness(image: np.ndarray) -> float:
        inner = image[20:90, 20:90]
        return float((np.diff(inner, axis=0) ** 2).mean() / inner.mean() ** 2)

    assert sharpness(after) > 1.2 * sharpness(before)


def test_layers(folder) -> None:
    nodes, text = replayed(folder, "layers_3d"), page(folder, "layers_3d")
    assert f"*{nodes['scan']['stack'].summary}*" in text
    assert f"*{nodes['volume']['volume'].summary}*" in text
    assert (folder / "results" / "grain.xdmf").exists()
    with h5py.File(folder / "results" / "grain.h5") as file:
        assert file["mosaicity"].shape == (7, 48, 48, 3)


def test_the_simulated_scans_can_be_made_again(tmp_path) -> None:
    main(tmp_path)
    for file in sorted(tmp_path.glob("*.h5")):
        with h5py.File(file) as made, h5py.File(TUTORIAL / file.name) as kept:
            for entry in kept:
                image = f"{entry}/instrument/camera/image"
                np.testing.assert_array_equal(made[image][()], kept[image][()])
