"""The tutorial's scheme does what its page says, wherever its folder is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.powder import read_poni
from beamcanvas.workflow import Workflow

from ..conftest import TUTORIAL

SCHEME = "calibrate_and_integrate.ows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


def test_the_scheme_replays_in_a_copy_of_its_folder(folder: Path) -> None:
    beamcanvas.run(folder / SCHEME)
    assert sorted(p.name for p in (folder / "results").iterdir()) == [
        "CeO2.h5",
        "CeO2.poni",
        "CeO2.xye",
    ]
    geometry = read_poni(folder / "results" / "CeO2.poni")
    assert 1e3 * geometry.distance == pytest.approx(208.673, abs=0.005)
    assert geometry.beam_centre == pytest.approx((487.4, 530.4), abs=0.05)
    assert geometry.tilt == pytest.approx(1.06, abs=0.01)
    pattern = np.loadtxt(folder / "results" / "CeO2.xye")
    strongest = pattern[pattern[:, 1].argmax()]
    assert strongest[0] == pytest.approx(7.46, abs=0.01)


def test_the_scheme_as_json_gives_the_same_numbers(folder: Path) -> None:
    beamcanvas.load(folder / SCHEME).save(folder / "scheme.json")
    beamcanvas.run(folder / "scheme.json")
    from_json = np.loadtxt(folder / "results" / "CeO2.xye")
    beamcanvas.run(folder / SCHEME)
    assert np.array_equal(np.loadtxt(folder / "results" / "CeO2.xye"), from_json)


def test_the_scheme_is_portable_and_readable() -> None:
    text = (TUTORIAL / SCHEME).read_text()
    assert str(TUTORIAL) not in text
    workflow: Workflow = beamcanvas.load(TUTORIAL / SCHEME)
    places = [node.position for node in workflow.nodes.values()]
    assert len(set(places)) == len(places) == 9
    assert all("pickle" not in str(node.extra) for node in workflow.nodes.values())
    assert sum(p.stat().st_size for p in TUTORIAL.glob("*.bz2")) < 1_500_000


def test_the_page_quotes_what_the_scheme_gives(folder: Path) -> None:
    page = " ".join((folder / "index.md").read_text().split())
    nodes = beamcanvas.run(folder / SCHEME, outputs=[{"all": True}]).nodes
    results = {name: value for outputs in nodes.values() for name, value in outputs.items()}
    report = results["calibration"].report
    for name in ("Trusted", "Because", "Distance", "Beam centre"):
        assert f"| {name} | {report[name].rstrip('.')} |" in page
    for name in ("image", "mask", "geometry", "pattern"):
        assert f"*{results[name].summary}*" in page


def test_a_replay_says_once_what_is_doubtful(folder: Path) -> None:
    command = [sys.executable, "-m", "beamcanvas", "run", SCHEME, "--json"]
    command += ["-p", "Experiment:energy=29.5"]
    replay = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    said = [line for line in replay.stderr.splitlines() if "not to be trusted" in line]
    assert len(said) == 1
    words = "note: Calibrate: The calibration is not to be trusted: the pattern's peaks are 0.0"
    assert said[0].startswith(words)
    assert "Traceback" not in replay.stderr
    assert "save_geometry" in json.loads(replay.stdout)


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
    inputs = [{"label": node, "name": name, "value": value}]
    nodes = beamcanvas.run(folder / SCHEME, inputs=inputs, outputs=[{"all": True}]).nodes
    calibration = next(o["calibration"] for o in nodes.values() if "calibration" in o)
    geometry, reason = calibration.geometry, calibration.reason
    if name == "energy":
        assert re.search(r"0\.[45]\d pixels", reason)
    elif value == "LaB6":
        assert re.search(r"Only [12] rings?", reason)
    elif value == "Si":
        assert re.search(r"fit CeO2 \(17 of 17, .*\) better than Si \(12 of 17, .*\)", reason)
    elif name == "distance":
        assert calibration.warnings == (f"Calibrated, but {said}",)
        assert 1e3 * geometry.distance == pytest.approx(208.67, abs=0.005)
    else:
        assert 1e3 * geometry.distance == pytest.approx(208.75, abs=0.005)
        assert geometry.energy == pytest.approx(30.503, abs=0.001)
