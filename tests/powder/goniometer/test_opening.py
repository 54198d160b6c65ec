"""A goniometer from a file: ours, and pyFAI's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import Goniometer, geometry_at, open_goniometer, save_goniometer
from beamcanvas.powder.experiment.detectors import named_calibrant, named_detector

from .test_goniometer import SIMULATED


def saved(folder: Path, goniometer: Goniometer) -> Path:
    return save_goniometer(goniometer, file=folder / "a.json")


@pytest.mark.parametrize("truth", [s[1] for s in SIMULATED], ids=[s[0] for s in SIMULATED])
def test_ours_comes_back(truth: Goniometer, tmp_path: Path) -> None:
    known = replace(truth, geometry=replace(truth.geometry, calibrant=named_calibrant("LaB6")))
    back = open_goniometer(saved(tmp_path, known))
    assert back.motion == truth.motion
    assert back.positions == truth.positions
    assert back.geometry.calibrant == known.geometry.calibrant
    for position in (-3.0, 12.5):
        one, other = (g.at(position) for g in (known, back))
        for name in ("distance", "poni1", "poni2", "rot1", "rot2"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-12)
        assert one.detector == other.detector


def test_one_that_pyfai_published(shared: Path) -> None:
    from pyFAI.goniometer import Goniometer as Theirs

    file = shared / "ssrl_LaB6_goniometer" / "ROBL_v1.json"
    ours = open_goniometer(file)
    assert ours.motion == "arm, up and down"
    assert ours.summary == "goniometer, arm, up and down"
    assert ours.geometry.detector == named_detector("Pilatus 300kw")
    theirs = Theirs.sload(str(file)).get_ai([26.0])
    at = geometry_at(ours, position=26.0)
    found = (at.distance, at.poni1, at.poni2, at.rot1, at.rot2, at.rot3)
    wanted = (theirs.dist, theirs.poni1, theirs.poni2, theirs.rot1, theirs.rot2, theirs.rot3)
    assert found == pytest.approx(wanted, rel=1e-12)
    assert not at.warnings  # it doesn't say where it was calibrated
    assert "Points from lines" not in ours.report


def _with(**changes: Any) -> Any:
    def change(said: dict[str, Any]) -> None:
        for name, value in changes.items():
            said["trans_function" if name.endswith("_expr") else name] = (
                said["trans_function"] | {name: value} if name.endswith("_expr") else value
            )

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_with(content="a shopping list"), "is no goniometer calibration"),
        (_with(pos_names=["a", "b"]), "is of 2 motors"),
        (_with(param=[1.0]), "is a damaged goniometer calibration"),
        (_with(detector="Nonsense 3M"), "Nonsense 3M"),
        (_with(rot2_expr="rot2 + pos * pos"), r"the square of the position"),
        (_with(rot2_expr="sin(pos)"), "'sin.pos.' is not linear in 'pos'"),
        (_with(rot2_expr="rot7"), "'rot7' has no value"),
        (_with(rot2_expr="__import__('os').getcwd()"), "more than sums and products"),
        (_with(dist_expr="0 - dist"), "no sensible distance"),
    ],
)
def test_what_is_wrong_is_told(change: Any, sentence: str, tmp_path: Path) -> None:
    file = saved(tmp_path, SIMULATED[2][1])
    said = json.loads(file.read_text())
    change(said)
    file.write_text(json.dumps(said))
    with pytest.raises(InputError, match=sentence):
        open_goniometer(file)


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        open_goniometer(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match="it is no JSON"):
        open_goniometer(tmp_path / "a.json")
