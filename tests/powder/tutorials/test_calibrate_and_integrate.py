"""The tutorial's scheme does what its page says, wherever its folder is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import beamcanvas
from beamcanvas.powder import integrate_1d, read_poni
from beamcanvas.workflow import Workflow

from ..conftest import TUTORIAL

SCHEME = "calibrate_and_integrate.ows"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path_factory.mktemp("here") / "a copy"))


@pytest.fixture(scope="module")
def replayed(folder: Path) -> dict[str, Any]:
    """All outputs of the scheme by their names."""
    nodes = beamcanvas.run(folder / SCHEME, outputs=[{"all": True}]).nodes
    return {name: value for outputs in nodes.values() for name, value in outputs.items()}


def test_the_scheme_replays_in_a_copy_of_its_folder(folder: Path, replayed: dict[str, Any]) -> None:
    names = ["CeO2.h5", "CeO2.poni", "CeO2.xye"]
    assert sorted(p.name for p in (folder / "results").iterdir()) == names
    geometry = read_poni(folder / "results" / "CeO2.poni")
    assert 1e3 * geometry.distance == pytest.approx(208.673, abs=0.005)
    assert geometry.beam_centre == pytest.approx((487.4, 530.4), abs=0.05)
    assert geometry.tilt == pytest.approx(1.06, abs=0.01)
    pattern = np.loadtxt(folder / "results" / "CeO2.xye")
    strongest = pattern[pattern[:, 1].argmax()]
    assert strongest[0] == pytest.approx(7.46, abs=0.01)


def test_the_scheme_as_json_gives_the_same_numbers(folder: Path, replayed: dict[str, Any]) -> None:
    first = np.loadtxt(folder / "results" / "CeO2.xye")
    beamcanvas.load(folder / SCHEME).save(folder / "scheme.json")
    beamcanvas.run(folder / "scheme.json")
    assert np.array_equal(np.loadtxt(folder / "results" / "CeO2.xye"), first)


def test_the_scheme_is_portable_and_readable() -> None:
    text = (TUTORIAL / SCHEME).read_text()
    assert str(TUTORIAL) not in text
    workflow: Workflow = beamcanvas.load(TUTORIAL / SCHEME)
    places = [node.position for node in workflow.nodes.values()]
    assert len(set(places)) == len(places) == 9
    assert all("pickle" not in str(node.extra) for node in workflow.nodes.values())
    assert sum(p.stat().st_size for p in TUTORIAL.glob("*.bz2")) < 1_500_000


def test_the_page_quotes_what_the_scheme_gives(folder: Path, replayed: dict[str, Any]) -> None:
    page = " ".join((folder / "index.md").read_text().split())
    report = replayed["calibration"].report
    for name in ("Trusted", "Because", "Distance", "Beam centre"):
        assert f"| {name} | {report[name].rstrip('.')} |" in page
    for name in ("image", "mask", "geometry", "pattern"):
        assert f"*{replayed[name].summary}*" in page


@pytest.mark.parametrize(
    ("node", "name", "value", "said"),
    [
        ("Experiment", "energy", 29.5, "about half a pixel"),
        ("Experiment", "calibrant", "LaB6", "Hardly a ring"),
        ("Experiment", "calibrant", "Si", "(17 of 17 …) better than Si (12 of 17 …)"),
        ("Calibrate", "distance", 700.0, "the distance is 209 mm, far from 700 mm."),
        ("Calibrate", "fixed", [], "208.75 mm and 30.503 keV"),
    ],
)
def test_the_exercises_come_out_as_the_page_says(
    folder: Path, node: str, name: str, value: object, said: str
) -> None:
    assert said in " ".join((folder / "index.md").read_text().split())
    scheme: Workflow = beamcanvas.load(folder / SCHEME)
    steps = ("image", "experiment", "mask", "calibrate")
    scheme.nodes = {name: scheme.nodes[name] for name in steps}
    scheme.links = [link for link in scheme.links if link.target in steps]
    result = beamcanvas.run(scheme, inputs=[{"label": node, "name": name, "value": value}])
    calibration = result.nodes["calibrate"]["calibration"]
    geometry, reason = calibration.geometry, calibration.reason
    assert result.warnings["calibrate"] == calibration.warnings == geometry.warnings
    assert calibration.trusted == (name in ("distance", "fixed"))
    if not calibration.trusted:
        assert calibration.warnings[0].startswith("The calibration is not to be trusted: ")
        assert calibration.warnings[0][-40:] == reason[-40:]
        assert not geometry.trusted
        assert "not to be trusted" in geometry.summary
    if name == "energy":
        assert re.search(r"0\.[45]\d pixels", reason)
    elif value == "LaB6":
        assert re.search(r"Only [12] rings?", reason)
    elif value == "Si":  # the lattices differ by 0.4 %: all of its lines are on a ring of CeO2
        assert "check the calibrant, the energy" in reason
        pattern = integrate_1d(calibration.image, geometry, points=200)
        assert pattern.warnings == geometry.warnings
        assert re.search(r"fit CeO2 \(17 of 17, .*\) better than Si \(12 of 17, .*\)", reason)
    elif name == "distance":
        assert calibration.warnings == (f"Calibrated, but {said}",)
        assert "with a remark" in calibration.summary
        assert 1e3 * geometry.distance == pytest.approx(208.67, abs=0.005)
    else:
        assert 1e3 * geometry.distance == pytest.approx(208.75, abs=0.005)
        assert geometry.energy == pytest.approx(30.503, abs=0.001)
