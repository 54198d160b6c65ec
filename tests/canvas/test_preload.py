"""What is loaded in quiet moments."""

from __future__ import annotations

import sys
import threading

import pytest
import tasks_for_canvas as tasks

from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.gui


@pytest.fixture
def loader(configured, qtbot, tmp_path, monkeypatch):
    """A preload of a few modules that nothing else imports."""
    from AnyQt.QtCore import QObject

    from beamcanvas.canvas import preload

    for name in ("in_thread", "in_window", "broken", "wanted"):
        text = "import threading\nwhere = threading.current_thread()\n"
        text += "1 / 0" if name == "broken" else ""
        (tmp_path / f"preloaded_{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(preload, "_FIRST", ("preloaded_broken", "preloaded_in_thread"))
    monkeypatch.setattr(preload, "_IN_WINDOW_THREAD", ("preloaded_in_window",))
    monkeypatch.setattr(preload, "_THEN", ("json",))
    monkeypatch.setattr(preload, "_known", set())
    parent = QObject()
    made = preload.Preload(parent)
    yield made
    made.stop()
    for name in [n for n in sys.modules if n.startswith("preloaded_")]:
        del sys.modules[name]


def test_each_is_imported_in_its_thread_and_a_broken_one_costs_nothing(loader, qtbot):
    from beamcanvas.canvas.preload import want

    want(["preloaded_wanted"])
    loader.start()
    qtbot.waitUntil(lambda: "preloaded_wanted" in sys.modules, timeout=10000)
    main = threading.main_thread()
    assert sys.modules["preloaded_in_thread"].where is not main
    assert sys.modules["preloaded_in_window"].where is main
    assert "preloaded_broken" not in sys.modules


def test_after_stop_nothing_is_loaded(loader, qtbot):
    from beamcanvas.canvas.preload import want

    loader.stop()
    want(["preloaded_wanted"])
    qtbot.wait(250)
    assert "preloaded_wanted" not in sys.modules


def test_a_step_on_the_canvas_wants_its_libraries(window, monkeypatch):
    from beamcanvas.canvas.run import engine
    from beamcanvas.powder import open_image

    wanted: list[str] = []
    monkeypatch.setattr(engine, "want", wanted.extend)
    workflow = Workflow()
    workflow.add(tasks.add, id="one")
    window.show_workflow(workflow, None)
    assert wanted == []
    workflow.add(open_image, id="image")
    window.show_workflow(workflow, None)
    assert "pyFAI.integrator.azimuthal" in wanted
