from __future__ import annotations

import threading
import time

import pytest
import tasks_for_canvas as tasks

from beamcanvas.canvas.editor.node_item import run_html
from beamcanvas.canvas.run.jobs import THREAD, Job
from beamcanvas.canvas.run.node_run import State
from beamcanvas.execution import run
from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.gui


@pytest.fixture
def drawn(configured, qtbot):
    """Draws a workflow; closes its scheme at the end."""
    from AnyQt.QtCore import QCoreApplication, QEvent

    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

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


def run_all(scheme, qtbot, timeout=10000):
    with qtbot.waitSignal(
        scheme.engine.running_changed, timeout=timeout, check_params_cb=lambda on: not on
    ):
        scheme.engine.run_all()


def diamond() -> Workflow:
    workflow = Workflow(id="diamond")
    for name in ("top", "left", "right", "bottom"):
        workflow.add(tasks.add, id=name, inputs={"a": 1.0} if name == "top" else {"b": 1.0})
    workflow.nodes["bottom"].default_inputs = {}
    workflow.link("top", "left", {"a": "result"})
    workflow.link("top", "right", {"a": "result"})
    workflow.link("left", "bottom", {"a": "result"})
    workflow.link("right", "bottom", {"b": "result"})
    return workflow


def states(scheme):
    return {node.id: node.run.state for node in scheme.nodes}


def test_diamond_gives_what_a_headless_run_gives(drawn, qtbot):
    scheme = drawn(diamond())
    run_all(scheme, qtbot)
    assert scheme.node_of("bottom").run.outputs == {"result": 4.0}
    assert run(diamond()).outputs == {"result": 4.0}
    assert set(states(scheme).values()) == {State.DONE}


def test_opening_runs_nothing_and_the_first_edit_what_it_reaches(drawn, qtbot):
    scheme = drawn(diamond())
    qtbot.wait(400)
    assert set(states(scheme).values()) == {State.IDLE}
    scheme.node_of("top").run.set_setting("a", 5.0)
    qtbot.waitUntil(lambda: set(states(scheme).values()) == {State.DONE})


def test_an_edit_runs_nothing_where_nobody_wants_it(drawn, qtbot):
    scheme = drawn(diamond())
    scheme.node_of("top").run.automatic = False
    scheme.node_of("top").run.set_setting("a", 5.0)
    qtbot.wait(400)
    assert set(states(scheme).values()) == {State.IDLE}


def test_a_changed_setting_runs_the_node_and_what_follows_alone(drawn, qtbot):
    scheme = drawn(diamond())
    run_all(scheme, qtbot)
    seen = []
    for node in scheme.nodes:
        node.run.state_changed.connect(lambda s, n=node.id: seen.append((n, s)))
    scheme.node_of("left").run.set_setting("b", 10.0)
    qtbot.waitUntil(lambda: scheme.node_of("bottom").run.outputs == {"result": 13.0}, timeout=5000)
    ran = {n for n, s in seen if s is State.RUNNING}
    assert ran == {"left", "bottom"}


def test_a_link_that_is_switched_off_leads_a_change_nowhere(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.add, id="one", inputs={"a": 1.0})
    workflow.add(tasks.add, id="two", inputs={"a": 1.0})
    workflow.link("one", "two", {"b": "result"}, enabled=False)
    scheme = drawn(workflow)
    run_all(scheme, qtbot)
    scheme.node_of("one").run.automatic = False
    scheme.node_of("one").run.set_setting("a", 2.0)
    assert states(scheme) == {"one": State.STALE, "two": State.DONE}


def test_a_second_change_replaces_the_first(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.wait, id="slow", inputs={"a": 1.0, "seconds": 0.05})
    workflow.add(tasks.wait, id="other", inputs={"a": 7.0, "seconds": 0.8})
    workflow.add(tasks.add, id="end")
    workflow.link("slow", "end", {"a": "result"})
    workflow.link("other", "end", {"b": "result"})
    scheme = drawn(workflow)
    scheme.engine.run_all()
    other = scheme.node_of("other").run
    starts = []
    other.state_changed.connect(lambda s: starts.append(s))
    slow = scheme.node_of("slow").run
    slow.set_setting("a", 2.0)
    slow.set_setting("a", 3.0)
    qtbot.waitUntil(lambda: scheme.node_of("end").run.state is State.DONE, timeout=5000)
    assert scheme.node_of("end").run.outputs == {"result": 10.0}
    assert starts == [State.DONE]  # it was never started again


def test_a_failure_shows_on_its_node_and_other_branches_go_on(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.fail, id="bad", inputs={"a": 3.0})
    workflow.add(tasks.add, id="after")
    workflow.add(tasks.add, id="free", inputs={"a": 1.0})
    workflow.link("bad", "after", {"a": "result"})
    scheme = drawn(workflow)
    run_all(scheme, qtbot)
    assert states(scheme) == {"bad": State.FAILED, "after": State.IDLE, "free": State.DONE}
    bad = scheme.node_of("bad")
    assert bad.status_message() == "failed"
    assert "3.0 is not to be had" in run_html("bad", bad.run)


def test_error_links_are_followed(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.fail, id="bad")
    workflow.add(tasks.add, id="rescue", inputs={"a": 9.0})
    workflow.link("bad", "rescue", on_error=True)
    scheme = drawn(workflow)
    run_all(scheme, qtbot)
    assert scheme.node_of("rescue").run.outputs == {"result": 9.0}


def loop() -> Workflow:
    workflow = Workflow(id="loop")
    workflow.add(tasks.add_until, id="count", inputs={"a": 0.0}, force_start_node=True)
    workflow.add(tasks.add, id="end", inputs={"b": 100.0})
    workflow.link("count", "count", {"a": "result"}, when={"too_small": True})
    workflow.link("count", "end", {"a": "result"}, when={"too_small": False})
    return workflow


def test_loops_and_conditions_are_followed(drawn, qtbot):
    scheme = drawn(loop())
    run_all(scheme, qtbot)
    assert scheme.node_of("end").run.outputs == {"result": 110.0} == run(loop()).outputs


def test_stop_is_quick_even_when_a_task_does_not_listen(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.stubborn, id="deaf", inputs={"seconds": 3.0})
    scheme = drawn(workflow)
    scheme.engine.run_all()
    qtbot.wait(100)
    scheme.engine.stop()
    assert states(scheme) == {"deaf": State.CANCELLED}
    assert not scheme.engine.is_running
    # and what comes after isn't held up by it
    scheme.node_of("deaf").run.settings["seconds"] = 0.01
    run_all(scheme, qtbot)
    assert states(scheme) == {"deaf": State.DONE}


def test_a_task_that_reports_without_end_does_not_flood_the_window(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.chatter, id="chatter")
    scheme = drawn(workflow)
    heard = []
    scheme.node_of("chatter").run.progressed.connect(lambda f, m: heard.append(f))
    run_all(scheme, qtbot, 30000)
    assert scheme.node_of("chatter").run.outputs == {"result": 400_000}
    assert 0 < len(heard) < 1000


def test_run_until_here_leaves_the_rest_alone(drawn, qtbot):
    scheme = drawn(diamond())
    with qtbot.waitSignal(scheme.engine.running_changed, check_params_cb=lambda on: not on):
        scheme.engine.run_until(scheme.node_of("left"))
    assert states(scheme) == {
        "top": State.DONE, "left": State.DONE, "right": State.IDLE, "bottom": State.IDLE,
    }  # fmt: skip


def test_run_from_here_runs_what_is_lacking_before_it(drawn, qtbot):
    scheme = drawn(diamond())
    with qtbot.waitSignal(scheme.engine.running_changed, check_params_cb=lambda on: not on):
        scheme.engine.run_from(scheme.node_of("bottom"))
    assert scheme.node_of("bottom").run.outputs == {"result": 4.0}


def test_a_node_that_is_not_automatic_waits_for_its_button(drawn, qtbot):
    scheme = drawn(diamond())
    run_all(scheme, qtbot)
    scheme.node_of("left").run.automatic = False
    scheme.node_of("top").run.set_setting("a", 2.0)
    qtbot.waitUntil(lambda: scheme.node_of("bottom").run.outputs == {"result": 5.0}, timeout=5000)
    assert scheme.node_of("left").run.state is State.STALE
    scheme.node_of("left").run.run()
    qtbot.waitUntil(lambda: scheme.node_of("bottom").run.outputs == {"result": 6.0}, timeout=5000)


def test_subgraphs_run_flat_and_show_on_their_node(drawn, qtbot):
    inner = Workflow(id="inner")
    inner.add(tasks.add, id="one", inputs={"b": 1.0})
    inner.add(tasks.add, id="two", inputs={"b": 2.0})
    inner.link("one", "two", {"a": "result"})
    workflow = Workflow(id="outer")
    workflow.add(tasks.add, id="first", inputs={"a": 5.0})
    workflow.add(inner, id="sub")
    workflow.link("first", "sub", {"a": "result"}, sub_target="one")
    scheme = drawn(workflow)
    run_all(scheme, qtbot)
    sub = scheme.node_of("sub")
    assert sub.run.state is State.DONE
    assert sub.run.outputs["two"] == {"result": 8.0}
    assert scheme.engine.results()[("sub", "two")] == {"result": 8.0}


def test_linked_inputs_know_where_they_come_from(drawn, qtbot):
    scheme = drawn(diamond())
    run_all(scheme, qtbot)
    linked = scheme.node_of("bottom").run.linked
    assert (linked["a"].node, linked["a"].output, linked["a"].value) == ("left", "result", 2.0)


def test_a_graph_that_cannot_run_is_refused_in_words(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.add, id="one")
    workflow.add(tasks.add, id="two")
    workflow.link("one", "two", {"a": "result"})
    workflow.link("two", "one", {"a": "result"})
    scheme = drawn(workflow)
    with qtbot.waitSignal(scheme.engine.refused) as refused:
        scheme.engine.run_all()
    assert "one" in refused.args[0]
    assert not scheme.engine.is_running


def test_data_that_are_read_are_not_written_over(drawn, qtbot, tmp_path):
    data = tmp_path / "data.txt"
    data.write_text("measured")
    workflow = Workflow()
    workflow.add(tasks.length, id="read", label="Read", inputs={"path": str(data)})
    workflow.add(tasks.note_down, id="save", label="Save", inputs={"file": str(data)})
    workflow.link("read", "save", {"value": "result"})
    scheme = drawn(workflow)
    with qtbot.waitSignal(scheme.engine.refused) as refused:
        scheme.engine.run_all()
    assert refused.args[0].startswith(f"'Save' would write over {data}, which 'Read' reads")
    assert data.read_text() == "measured"
    scheme.node_of("save").run.set_setting("file", str(tmp_path / "new.txt"))
    run_all(scheme, qtbot)
    assert (tmp_path / "new.txt").exists()


def test_elapsed_time_is_that_of_the_task(drawn, qtbot):
    workflow = Workflow()
    workflow.add(tasks.wait, id="slow", inputs={"seconds": 0.2})
    scheme = drawn(workflow)
    start = time.monotonic()
    run_all(scheme, qtbot)
    assert 0.15 < scheme.node_of("slow").run.seconds <= time.monotonic() - start


def test_what_a_run_has_made_so_far_can_be_looked_at(drawn, qtbot):
    workflow = Workflow(id="one")
    workflow.add(tasks.grow, id="grow", inputs={"seconds": 20.0})
    scheme = drawn(workflow)
    run = scheme.node_of("grow").run
    assert run.look is None
    scheme.engine.run_all()
    qtbot.waitUntil(lambda: run.look is not None and len(run.look()["result"]) > 2)
    before = run.look()["result"]
    qtbot.waitUntil(lambda: len(run.look()["result"]) > len(before))
    assert run.outputs == {}
    run.cancel()
    assert run.look is None


def test_a_thread_is_used_again(drawn, qtbot, monkeypatch):
    """On a busy machine the window would wait for the start of each."""
    seen: list[threading.Thread] = []
    perform = Job.perform

    def noted(job: Job) -> None:
        seen.append(threading.current_thread())
        perform(job)

    monkeypatch.setattr(Job, "perform", noted)
    workflow = Workflow(id="one")
    workflow.add(tasks.add, id="one", inputs={"a": 1.0})
    scheme = drawn(workflow)
    for _ in range(3):
        run_all(scheme, qtbot)
        qtbot.waitUntil(lambda: seen[-1].name != THREAD)
    assert len(seen) == 3
    assert len(set(seen)) == 1
