"""The tutorials of centres, slices and volumes, replayed headless, give what their pages say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.execution import run
from beamcanvas.tomography import find_centre, import_nabu_conf, open_volume
from beamcanvas.tomography.volume.reading import VolumeData

from ..conftest import TUTORIAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


@pytest.fixture
def replayed(folder: Path) -> Any:
    """Runs a scheme of a copy of the tutorials; gives its outputs by node."""
    return lambda name: dict(run(folder / name).nodes)


def page(name: str) -> str:
    return " ".join((TUTORIAL / name).read_text().split())


def voxels(volume: Any) -> Any:
    with VolumeData(volume) as data:
        return data.frames(0, data.shape[0])


def test_slice(replayed: Any) -> None:
    nodes = replayed("slice.ows")
    centre = nodes["centre"]
    assert f"{centre['scan'].centre:.2f} px" == "85.88 px"
    assert f"{100 * centre['overlay'].likeness():.1f} %" == "99.5 %"
    assert f"{centre['scan'].centre - 79.5:.2f}" == "6.38"
    moved = [find_centre(centre["scan"], centre=at) for at in (84.0, 80.0)]
    assert [len(m.scan.warnings) for m in moved] == [0, 1]
    assert f"{100 * moved[0].overlay.likeness():.1f} %" == "83.0 %"
    for said in ("85.88 px", "99.5 %", "here 6.38", "83.0 %"):
        assert said in page("index.md")
    slices = nodes["slice"]["slices"]
    assert slices.data.shape == (1, 160, 160)
    assert slices.positions == (12,)
    assert slices.data[0, 0, 0] == 0
    assert slices.data[0].std() == pytest.approx(36.6, abs=0.5)
    upright = nodes["upright"]["slices"].data[0]
    assert upright.shape == (24, 160)
    # the grain gets wider downwards
    wide = (upright > 500).sum(axis=1)
    assert wide[-1] > wide[12] > wide[0] == 0


def test_volume(replayed: Any, folder: Path) -> None:
    nodes = replayed("volume.ows")
    volume = nodes["volume"]["volume"]
    assert volume.path == folder / "results" / "savu_vol.hdf5"
    assert volume.summary == "savu_vol.hdf5, 24 × 160 × 160 float32, voxels of 1 µm"
    assert voxels(volume).std() == pytest.approx(67.1, abs=0.5)
    assert (folder / "results" / "savu_vol" / "savu_vol_000000.hdf5").exists()
    again = import_nabu_conf(nodes["conf"]["file"]).scan
    assert again.centre == nodes["centre"]["scan"].centre
    assert (folder / "results" / "by_nabu").is_dir()


def test_many_centres(replayed: Any) -> None:
    nodes = replayed("many_centres.ows")
    candidates = nodes["many"]["candidates"]
    assert len(candidates.values) == 65
    for score in candidates.scores.values():
        assert candidates.values[np.argmax(score)] == pytest.approx(295.75, abs=0.26)
    assert "**295.75 px**" in page("many_centres.md")
    assert nodes["many"]["scan"].centre == 295.75
    assert nodes["slice"]["slices"].scan.centre == 295.75


def test_many_delta_beta(replayed: Any) -> None:
    nodes = replayed("many_delta_beta.ows")
    candidates = nodes["many"]["candidates"]
    assert candidates.chosen == 4
    assert candidates.by_hand
    assert candidates.values[np.argmax(candidates.scores["sharpness"])] == 1
    assert candidates.values[np.argmax(candidates.scores["variation"])] == pytest.approx(400)
    spread = voxels(nodes["volume"]["volume"]).std()
    assert spread == pytest.approx(48.8, abs=0.5)
    assert "from 67 to 49 1/cm" in page("many_delta_beta.md")


def test_cast(replayed: Any, folder: Path) -> None:
    nodes = replayed("cast.ows")
    histogram = nodes["tiff"]["histogram"]
    assert f"{histogram.low:.1f} and {histogram.high:.0f}" == "-34.8 and 1055"
    assert "*-34.8* and *1055* 1/cm" in page("cast.md")
    assert len(list((folder / "results" / "savu_uint16").glob("*.tiff"))) == 24
    assert f"{100 * nodes['jp2']['histogram'].share_inside:.0f} %" == "76 %"
    assert "about *76 %*" in page("cast.md")
    whole, cast = (voxels(nodes[n]["volume"]) for n in ("volume", "jp2"))
    assert cast.dtype == np.uint8
    expected = np.clip(np.rint(whole / 250 * 255), 0, 255)
    assert np.abs(cast - expected).max() <= 1


def test_stitching(replayed: Any, folder: Path) -> None:
    nodes = replayed("stitching.ows")
    assert nodes["stitch"]["seams"].overlaps == ((9, 15),)
    stitched = voxels(nodes["stitch"]["volume"])
    whole = voxels(dict(run(folder / "volume.ows").nodes)["volume"]["volume"])
    assert stitched.shape == whole.shape
    assert np.abs(stitched - whole).max() < 2e-3 * np.abs(whole).max()
    assert open_volume(folder / "results" / "stitched.hdf5").position == pytest.approx((0, 0, 0))


@pytest.mark.parametrize(
    "name", ["slice", "volume", "many_centres", "many_delta_beta", "cast", "stitching"]
)
def test_a_scheme_is_portable_and_readable(name: str) -> None:
    from beamcanvas import load

    workflow = load(TUTORIAL / f"{name}.ows")
    assert str(TUTORIAL) not in (TUTORIAL / f"{name}.ows").read_text()
    places = [node.position for node in workflow.nodes.values()]
    assert len(set(places)) == len(places)
