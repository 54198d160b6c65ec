"""Running on other executors than the canvas' own threads, and what is kept of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import tasks_for_canvas as tasks

from beamcanvas.canvas.run import kept
from beamcanvas.canvas.run.node_run import State
from beamcanvas.canvas.run.sites import wait_for_sites
from beamcanvas.execution.executors import places
from beamcanvas.execution.history import History
from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.gui


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setenv("BEAMCANVAS_HISTORY", str(tmp_path / "history.db"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return History()


@pytest.fixture
def drawn(configured, qtbot, history):
    """Draws a workflow; closes its scheme at the end."""
    from AnyQt.QtCore import QCoreApplication, QEvent, QSettings

    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

    QSettings().clear()
    made = []

    def make(workflow: Workflow):
        scheme = new_scheme()
        draw(workflow, scheme, catalogue())
        made.append(scheme)
        return scheme

    yield make
    for scheme in made:
        QCoreApplication.sendEvent(scheme, QEvent(QEvent.Type.Close))
        scheme.deleteLater()


def ran(scheme, qtbot, ask=None, timeout=20000):
    """Run, to the end; the record of it."""
    ask = ask or scheme.engine.run_all
    with qtbot.waitSignal(
        scheme.engine.running_changed, timeout=timeout, check_params_cb=lambda on: not on
    ):
        ask()
        record = scheme.engine._run.record
    record.join()
    return record


def processes() -> Workflow:
    workflow = Workflow(id="places")
    workflow.add(tasks.process, id="here")
    workflow.add(tasks.process, id="there")
    workflow.nodes["there"].extra["execution"] = {"executor": "processes:1"}
    workflow.add(tasks.add, id="mapped", inputs={"a": [1.0, 2.0, 3.0], "b": 1.0})
    workflow.nodes["mapped"].extra["execution"] = {"executor": "processes:1", "map": ["a"]}
    return workflow


def test_a_node_runs_where_it_says_and_others_where_the_scheme_does(drawn, qtbot, history):
    scheme = drawn(processes())
    seen = []
    there = scheme.node_of("there").run
    there.state_changed.connect(seen.append)
    record = ran(scheme, qtbot)
    assert scheme.node_of("here").run.outputs == {"result": os.getpid()}
    assert there.outputs["result"] != os.getpid()
    assert seen == [State.WAITING, State.QUEUED, State.RUNNING, State.DONE]
    assert scheme.node_of("mapped").run.outputs == {"result": [2.0, 3.0, 4.0]}
    past = history.run(record.job_id)
    assert (past.state, past.executor) == ("done", "threads")
    assert sorted((n.node_id, n.state) for n in past.nodes) == [
        ("here", "done"), ("mapped", "done"), ("there", "done"),
    ]  # fmt: skip
    scheme.engine.where = "processes:1"
    ran(scheme, qtbot)
    assert scheme.node_of("here").run.outputs["result"] != os.getpid()
    assert scheme.workflow().extra["execution"] == {"executor": "processes:1"}
    scheme.engine.where = places.HERE
    assert "execution" not in scheme.workflow().extra


def test_a_node_that_is_mapped_runs_for_several_items_at_once_here_too(drawn, qtbot, history):
    workflow = Workflow(id="mapped")
    workflow.add(tasks.wait, id="each", inputs={"a": [1.0, 2.0], "seconds": [0.05, 1.0]})
    workflow.nodes["each"].extra["execution"] = {"map": ["a", "seconds"]}
    scheme = drawn(workflow)
    run = scheme.node_of("each").run
    said = []
    run.progressed.connect(lambda fraction, words: said.append(words))
    ran(scheme, qtbot)
    assert run.outputs == {"result": [1.0, 2.0]}
    assert "1 of 2" in said


def test_an_executor_that_is_not_to_be_had_is_said_on_the_node(drawn, qtbot, history):
    scheme = drawn(processes())
    scheme.engine.where = "nowhere"
    record = ran(scheme, qtbot)
    here = scheme.node_of("here").run
    assert here.state is State.FAILED
    assert "There is no executor 'nowhere'" in str(here.error)
    assert scheme.node_of("there").run.state is State.DONE
    assert history.run(record.job_id).state == "failed"


def test_work_elsewhere_is_ended(drawn, qtbot, history, tmp_path):
    workflow = Workflow(id="long")
    workflow.add(tasks.wait, id="long", inputs={"seconds": 60.0})
    scheme = drawn(workflow)
    scheme.engine.where = "processes:1"
    run = scheme.node_of("long").run
    scheme.engine.run_all()
    record = scheme.engine._run.record
    qtbot.waitUntil(lambda: run.state is State.RUNNING, timeout=10000)
    scheme.engine.stop()
    assert run.state is State.CANCELLED
    record.join()
    past = history.run(record.job_id)
    assert (past.state, [n.state for n in past.nodes]) == ("stopped", ["failed"])
    scheme.engine.workers.close()
    wait_for_sites(10)
    assert "on processes:1" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.service("slurm")
def test_a_step_is_a_job_of_slurm(drawn, qtbot, history, service, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", os.environ["BEAMCANVAS_TEST_SLURM_CONF"])
    scheme = drawn(processes())
    run = scheme.node_of("there").run
    run.set_rules({"executor": "slurm", "resources": {"cores": 1}})
    seen = []
    run.state_changed.connect(seen.append)
    ran(scheme, qtbot, timeout=60000)
    assert run.outputs["result"] != os.getpid()
    assert seen == [State.WAITING, State.QUEUED, State.RUNNING, State.DONE]


def test_what_runs_by_itself_is_recorded_when_it_is_wanted(drawn, qtbot, history):
    from beamcanvas.canvas.run.recorded import record_automatic

    workflow = Workflow(id="one")
    workflow.add(tasks.add, id="add", inputs={"a": 1.0})
    scheme = drawn(workflow)
    ran(scheme, qtbot)
    run = scheme.node_of("add").run
    record = ran(scheme, qtbot, lambda: scheme.engine.run_after_change([run.node]))
    assert record.job_id is None
    assert len(history.runs()) == 1
    record_automatic(True)
    ran(scheme, qtbot, lambda: scheme.engine.run_after_change([run.node]))
    assert len(history.runs()) == 2


def test_a_scheme_that_is_opened_again_lights_up(drawn, qtbot, history, tmp_path, monkeypatch):
    from beamcanvas.canvas.toolbox.registry import catalogue

    monkeypatch.setattr(kept, "is_on", lambda: True)
    calls = tmp_path / "calls"
    workflow = Workflow(id="chain")
    workflow.add(tasks.counted, id="first", inputs={"file": str(calls), "x": 1.0})
    workflow.add(tasks.add, id="second", inputs={"b": 1.0})
    workflow.link("first", "second", {"a": "result"})
    ran(drawn(workflow), qtbot)
    written = "??/[!.]*.outputs"  # no temporary ones
    qtbot.waitUntil(lambda: len([*kept.folder().glob(written)]) == 2)

    strange = drawn(workflow)  # its tasks are of no widget: they aren't even looked at
    strange.engine.lighting.light_up()
    identifiers = {node.task_identifier for node in workflow.nodes.values()}
    monkeypatch.setattr(catalogue(), "task_of", {i: i for i in identifiers})
    again = drawn(workflow)
    with qtbot.waitSignal(again.engine.said):
        again.engine.lighting.light_up()
    assert [node.run.state for node in again.nodes] == [State.DONE, State.DONE]
    assert again.node_of("second").run.outputs == {"result": 2.0}
    assert again.node_of("second").run.linked["a"].value == 1.0
    assert [node.run.state for node in strange.nodes] == [State.IDLE, State.IDLE]
    assert calls.read_text() == "x"

    workflow.nodes["second"].default_inputs["b"] = 5.0
    changed = drawn(workflow)
    with qtbot.waitSignal(changed.engine.said):
        changed.engine.lighting.light_up()
    assert [node.run.state for node in changed.nodes] == [State.DONE, State.IDLE]
    ran(changed, qtbot)  # who asks for a run gets one
    assert calls.read_text() == "xx"


def test_rules_are_undone_and_change_what_runs(drawn, qtbot):
    from AnyQt.QtWidgets import QUndoStack

    from beamcanvas.canvas.widget.history import set_rules

    workflow = Workflow(id="one")
    workflow.add(tasks.add, id="add", inputs={"a": 1.0})
    scheme = drawn(workflow)
    stack = scheme.engine.undo_stack = QUndoStack(scheme)
    run = scheme.node_of("add").run
    ran(scheme, qtbot)
    set_rules(run, {"retries": 2}, "Try again")
    assert (run.rules, run.state) == ({"retries": 2}, State.DONE)
    set_rules(run, {"retries": 2, "map": ["a"]}, "Map")
    assert run.state is State.STALE
    assert scheme.workflow().nodes["add"].extra["execution"] == {"retries": 2, "map": ["a"]}
    stack.undo()
    stack.undo()
    assert "execution" not in scheme.workflow().nodes["add"].extra
