"""What a newcomer does: run the tutorial, change a value, save it, replay it headless."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from beamcanvas_tutorials import FOLDER

import beamcanvas
from beamcanvas.workflow.formats import load, save, to_dict

pytestmark = pytest.mark.gui
SCHEME = "calibrate_and_integrate.ows"


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER / "powder", tmp_path / "powder")) / SCHEME


def run_all(window, qtbot) -> dict:
    window.engine.run_all()
    qtbot.waitUntil(lambda: not window.engine.is_running, timeout=120_000)
    return window.engine.results()


def same(one: dict, other: dict) -> None:
    """The patterns and geometries of two runs are equal to the last digit."""
    assert one.keys() == other.keys()
    for name in ("radial", "intensity", "sigma"):
        a, b = (getattr(r["integrate_1d"]["pattern"], name) for r in (one, other))
        np.testing.assert_array_equal(a, b, name)
    np.testing.assert_array_equal(
        one["integrate_2d"]["cake"].intensity, other["integrate_2d"]["cake"].intensity
    )
    assert one["calibrate"]["geometry"] == other["calibrate"]["geometry"]


def test_the_canvas_and_headless_runs_give_the_same_numbers(window, qtbot, scheme, tmp_path):
    assert window.open_scheme_file(scheme)
    engine = window.engine
    first = run_all(window, qtbot)
    assert len(first) == 9
    assert first["calibrate"]["geometry"].warnings == ()
    same(first, beamcanvas.run(scheme).nodes)

    node = next(n for n in window.scheme.nodes if n.title == "Integrate 1D")
    node.run.set_setting("points", 1500)
    qtbot.waitUntil(
        lambda: (
            not engine.is_running
            and len(engine.results()["integrate_1d"]["pattern"].radial) == 1500
        ),
        timeout=60_000,
    )
    changed = engine.results()
    assert window.save_as(scheme)
    same(changed, beamcanvas.run(scheme).nodes)
    # saved in another format beside it, the same workflow with the same result
    as_json = save(load(scheme), scheme.with_suffix(".json"))
    same(changed, beamcanvas.run(as_json, executor="processes").nodes)


def test_a_saved_scheme_opens_as_it_was(window, qtbot, scheme):
    before = load(scheme)
    assert window.open_scheme_file(scheme)
    window.scheme.nodes[0].position = (12.5, -3.25)
    assert window.save_as(scheme)
    through = save(load(scheme), scheme.with_suffix(".json"))
    back = load(save(load(through), scheme.with_name("back.ows")))
    moved = next(iter(before.nodes.values()))
    moved.position = (12.5, -3.25)

    def without_widgets(workflow):
        """Window geometries come and go; all else stays."""
        plain = to_dict(workflow)
        for node in plain["nodes"]:
            node.pop("ows", None)
        plain["graph"].get("ows", {}).pop("window_groups", None)
        return plain

    assert without_widgets(back) == without_widgets(before)
    assert [n.position for n in back.nodes.values()] == [n.position for n in before.nodes.values()]
    assert window.open_scheme_file(scheme.with_name("back.ows"))


@pytest.mark.peer
def test_what_the_canvas_saves_runs_under_plain_ewoks(window, qtbot, scheme):
    pytest.importorskip("ewoks")
    assert window.open_scheme_file(scheme)
    path = scheme.with_suffix(".json")
    assert window.save_as(path)
    beamcanvas.run(path)
    (written,) = (scheme.parent / "results").glob("*.xye")
    text = written.read_bytes()
    written.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "ewoks", "execute", path.name, "--outputs", "none"],
        cwd=scheme.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert written.read_bytes() == text


def test_the_command_line_prints_one_json_document(scheme, capsys):
    from beamcanvas.cli import main

    results = scheme.with_name("r.h5")
    assert main(["run", str(scheme), "--json", "--results", str(results)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document
    replay = load(results)
    assert set(replay.nodes) == set(load(scheme).nodes)
    assert main(["run", str(results), "-p", "Integrate 1D:points=700"]) == 0
