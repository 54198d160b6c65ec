"""Each tutorial, as a newcomer meets it: opened, run, saved, and replayed headless."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy
import pytest

from beamcanvas.canvas.run.node_run import State
from beamcanvas.execution import run
from beamcanvas.tutorials import tutorials
from beamcanvas.workflow.formats import load, save

pytestmark = pytest.mark.gui


def same(a, b) -> bool:
    """Whether two results hold the same numbers."""
    if is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.compare
        )
    if isinstance(a, (numpy.ndarray, float)):
        return numpy.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return isinstance(a, (str, Path)) or bool(a == b)  # files are written where each one runs


@pytest.mark.parametrize("tutorial", tutorials(), ids=lambda t: t.name)
def test_a_tutorial_runs_alike_on_the_canvas_and_headless(tutorial, window, qtbot, tmp_path):
    from beamcanvas.canvas.window.tutorials import set_place

    set_place(tmp_path / "mine")
    assert window.open_tutorial(tutorial)
    assert window.tutorial_page.browser.toPlainText()
    window.run_all_action.trigger()
    qtbot.waitUntil(lambda: not window.engine.is_running, timeout=120_000)
    assert {
        n.title: n.run.state for n in window.scheme.nodes if n.run.state is not State.DONE
    } == {}
    folder = Path(window.current_document().path()).parent
    assert window.save_as(folder / "mine.ows")
    as_json = save(load(folder / "mine.ows"), folder / "mine.json")
    replayed = run(as_json).nodes
    on_canvas = window.engine.results()
    assert replayed.keys() == on_canvas.keys()
    for node, outputs in on_canvas.items():
        assert same(outputs, replayed[node]), node
