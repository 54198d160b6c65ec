"""The schemes for analysers and for many samples do what their pages say."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.powder import open_pattern, refine_lines

from ..conftest import TUTORIAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


def test_analyser_scans_become_a_pattern(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "id22_multianalyzer.ows").nodes
    page = (folder / "id22_multianalyzer.md").read_text()
    assert nodes["analysers"]["stage"].summary in page
    assert "13 analysers, 28024 points, 2θ 1.991–30.01°" in nodes["rebin"]["patterns"].summary
    found = nodes["lines"]["refinement"]
    assert found.report["Lines"] in page
    assert found.report["Wavelength"] in page
    assert found.report["Zero"] in page
    assert found.rms == pytest.approx(0.000021, abs=1e-6)
    whole = [open_pattern(folder / "results" / f"LaB6_id22{s}") for s in (".xye", ".fxye", ".h5")]
    for pattern in whole:
        assert refine_lines(pattern, wavelength=0.35418).rms < 3e-5
    assert "#" not in (folder / "results" / "LaB6_id22.xye").read_text()
    with zipfile.ZipFile(folder / "results" / "analysers.zip") as archive:
        names = archive.namelist()
    assert sorted(names) == sorted(f"LaB6_id22_simulated_MA{i}.xye" for i in range(13))
    assert "blowerT" in (folder / "results" / "LaB6_id22.spec").read_text()[:400]


def test_many_samples_and_one_that_is_not_there(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "high_throughput.ows").nodes
    results = nodes["integrate"]["results"]
    page = (folder / "high_throughput.md").read_text()
    assert results.summary == "8 patterns, 1 failed"
    assert results.summary in page
    assert results.failures["forgotten"].startswith("There is no file")
    assert len(list((folder / "results" / "samples").glob("*.xye"))) == 8
    heat = results.nxdata()
    angles = heat.axes[1].values
    assert angles is not None
    aluminium = np.abs(angles - 7.596) < 0.03  # no other powder has a line here
    bright = heat.signal[:, aluminium].max(axis=1) > 20
    assert (np.flatnonzero(bright) + 1).tolist() == [6, 7]


@pytest.mark.parametrize(
    "name",
    ["id22_multianalyzer", "high_throughput", "id31_scan", "id31_online", "calibrate_goniometer"],
)
def test_the_schemes_are_portable(name: str) -> None:
    assert str(TUTORIAL) not in (TUTORIAL / f"{name}.ows").read_text()
    workflow = beamcanvas.load(TUTORIAL / f"{name}.ows")
    places = [node.position for node in workflow.nodes.values()]
    assert len(set(places)) == len(places)
