"""Windows and menus around runs: where, what would run, what ran, inputs and outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tasks_for_canvas as tasks
from kept import keep

from beamcanvas.canvas.run.node_run import State
from beamcanvas.errors import TaskError
from beamcanvas.execution import run
from beamcanvas.execution.executors import places
from beamcanvas.execution.history import History
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load, save
from beamcanvas.workflow.interface import interface_of

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAMCANVAS_HISTORY", str(tmp_path / "history.db"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def two(name: str = "two", **inputs: object) -> Workflow:
    workflow = Workflow(id=name, label=name)
    workflow.add(tasks.add, id="first", label="First", inputs={"a": 1.0, **inputs})
    workflow.add(tasks.add, id="second", label="Second", inputs={"a": 2.0})
    workflow.link("first", "second", {"b": "result"})
    return workflow


@pytest.fixture
def shown(window, tmp_path):
    """The window, with a scheme of two steps in it."""
    save(two(), tmp_path / "two.ows")
    assert window.load_scheme(str(tmp_path / "two.ows"))
    return window


def texts(tree) -> list[list[str]]:
    columns = range(tree.columnCount())
    rows = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    return [[row.text(c) for c in columns] for row in rows]


# -- where


def actions(menu):
    menu.fill()
    return {a.text(): a for a in menu.actions() if a.text()}


def test_where_the_scheme_runs_is_chosen_and_saved_with_it(shown, tmp_path, monkeypatch):
    slurm = next(p for p in places.places() if p.name == "slurm")
    object.__setattr__(slurm, "needs", lambda: "There is none here.")
    try:
        found = actions(shown.run_on_menu)
    finally:
        object.__setattr__(slurm, "needs", places._slurm)
    assert found["This computer"].isChecked()
    assert not found["SLURM"].isEnabled()
    assert "There is none here." in found["SLURM"].toolTip()
    assert {"Dask", "Dask at …", "Workers of a queue"} <= found.keys()
    found["Processes here"].trigger()
    assert shown.run_on.text() == "Processes here"
    assert shown.current_document().isModified()
    assert actions(shown.run_on.menu())["Processes here"].isChecked()
    for name in ("again.ows", "again.json"):
        assert shown.save_scheme_to(shown.scheme, str(tmp_path / name))
        assert load(tmp_path / name).extra["execution"] == {"executor": "processes"}
    assert shown.load_scheme(str(tmp_path / "again.ows"))
    assert shown.run_on.text() == "Processes here"


def test_what_can_be_said_of_an_executor_is_asked_and_remembered(shown, monkeypatch):
    from AnyQt.QtWidgets import QInputDialog

    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (" tcp://host:8786 ", True))
    actions(shown.run_on_menu)["Dask at …"].trigger()
    assert shown.engine.where == "dask:tcp://host:8786"
    assert shown.run_on.text() == "Dask (tcp://host:8786)"
    actions(shown.run_on_menu)["This computer"].trigger()
    actions(shown.run_on_menu)["Dask (tcp://host:8786)"].trigger()
    assert shown.engine.where == "dask:tcp://host:8786"


def test_where_a_node_runs_is_chosen_in_its_menu_and_undone(shown):
    node = shown.scheme.node_of("first")
    menu = shown.scheme.widget_manager.actions_for_context_menu(node)[-1].menu()
    assert actions(menu)["As the scheme"].isChecked()
    actions(menu)["Processes here"].trigger()
    assert node.run.rules == {"executor": "processes"}
    assert actions(menu)["Processes here"].isChecked()
    shown.current_document().undoStack().undo()
    assert node.run.rules == {}


def test_the_panel_edits_how_a_node_runs(shown, qtbot, tmp_path):
    node = shown.scheme.node_of("second")
    window = shown.scheme.widget_manager.widget_for_node(node)
    part = window.panel().execution
    assert not part.fold.isChecked()
    part.fold.click()
    assert part.rows.keys() >= {"executor", "map", "retries", "timeout", "priority", "cores"}
    part.edit("retries", 2)
    part.edit("map", ["b"])
    part.edit("memory", 16.0)
    part.edit("cores", 4)
    part.edit("executor", "slurm:partition=gpu")
    said = {
        "retries": 2, "map": ["b"], "executor": "slurm:partition=gpu",
        "resources": {"memory": 16.0, "cores": 4},
    }  # fmt: skip
    assert node.run.rules == said
    part.edit("timeout", -1.0)
    assert part.rows["timeout"].problem.text()
    assert node.run.rules == said
    assert shown.save_scheme_to(shown.scheme, str(tmp_path / "again.ows"))
    assert load(tmp_path / "again.ows").nodes["second"].extra["execution"] == said
    part.edit("cores", None)
    part.edit("memory", None)
    assert "resources" not in node.run.rules
    for _ in range(7):
        shown.current_document().undoStack().undo()
    assert node.run.rules == {}
    assert part.rows["retries"].field.value == 0


# -- what would run


def test_a_dry_run_says_what_would_run_where(shown, qtbot):
    shown.scheme.node_of("second").run.set_rules({"executor": "processes"})
    shown.show_plan()
    window = shown.plan_window
    qtbot.waitUntil(lambda: window.run_button.isEnabled(), timeout=10000)
    assert [row[:4] for row in texts(window.steps)] == [
        ["First", "runs", "This computer", "a = 1.0"],
        ["Second", "runs", "Processes here", "a = 2.0, b from First.result"],
    ]
    window.close()


def test_a_dry_run_says_what_is_missing(window, qtbot, tmp_path):
    workflow = two()
    del workflow.nodes["first"].default_inputs["a"]
    save(workflow, tmp_path / "two.ows")
    window.load_scheme(str(tmp_path / "two.ows"))
    window.show_plan()
    shown = window.plan_window
    qtbot.waitUntil(lambda: "First" in shown.words.text(), timeout=10000)
    assert not shown.run_button.isEnabled()
    shown.close()


# -- inputs and outputs


def test_inputs_and_outputs_of_the_whole_are_edited_and_undone(shown, tmp_path):
    shown.edit_interface()
    dialog = shown.interface_dialog
    row = dialog.inputs.add({})
    assert (row.name.text(), row.type.text(), row.help.placeholderText()) == (
        "a", "float", "The first.",
    )  # fmt: skip
    row.name.setText("start")
    row.help.setText("where it begins")
    dialog.inputs.add({}).name.setText("start")
    dialog.accept()
    assert dialog.problem.text() == "There are two inputs 'start'."
    dialog.inputs.remove(dialog.inputs.rows[1])
    dialog.outputs.add({"node": "second", "output": "result", "name": "sum"})
    dialog.accept()
    assert shown.save_scheme_to(shown.scheme, str(tmp_path / "again.json"))
    saved = interface_of(load(tmp_path / "again.json"))
    assert saved.inputs["start"].help == "where it begins"
    assert (saved.outputs["sum"].node.id, saved.outputs["sum"].of) == ("second", "result")
    shown.current_document().undoStack().undo()
    assert "interface" not in shown.scheme.workflow().extra


# -- what ran


@pytest.fixture
def past(configured, qtbot, tmp_path):
    """The history's window, and what it opened."""
    from beamcanvas.canvas.window.history_window import HistoryWindow

    run(two("good"), events=["history"], job_id="good-1")
    bad = two("bad")
    bad.nodes["first"].task_identifier = f"{tasks.__name__}.fail"
    with pytest.raises(TaskError):
        run(bad, events=["history"], job_id="bad-1")
    opened = []
    made = keep(qtbot, HistoryWindow(lambda *said: opened.append(said)))
    made.show()
    qtbot.waitUntil(lambda: made.table.topLevelItemCount() == 2, timeout=10000)
    return made, opened


def test_runs_are_listed_with_filters_and_details(past, qtbot):
    made, _ = past
    listed = texts(made.table)
    assert [row[0] for row in listed] == ["failed", "done"]
    assert [row[2] for row in listed] == ["bad", "good"]
    assert made.words.text() == "2 runs"
    qtbot.waitUntil(lambda: made.view.nodes.topLevelItemCount() == 1, timeout=10000)
    assert "is not to be had" in made.view.trace.toPlainText()  # what failed is chosen
    assert "Traceback" in made.view.trace.toPlainText()
    made.search.setText("goo")
    qtbot.waitUntil(lambda: made.table.topLevelItemCount() == 1, timeout=10000)
    qtbot.waitUntil(lambda: made.view.nodes.topLevelItemCount() == 2, timeout=10000)
    assert [(r[0], r[1], r[4]) for r in texts(made.view.nodes)] == [
        ("First", "done", "a = 1.0"),
        ("Second", "done", "a = 2.0, b from First.result"),
    ]
    assert "beamcanvas 0" in made.view.head.text()
    assert made.view.trace.isHidden()
    made.state.setCurrentIndex(made.state.findData("failed"))
    made.state.activated.emit(0)
    qtbot.waitUntil(lambda: made.table.topLevelItemCount() == 0, timeout=10000)
    assert not made.open_button.isEnabled()


def test_a_past_run_is_opened_saved_and_exported(past, qtbot, tmp_path):
    made, opened = past
    made.table.setCurrentItem(made.table.topLevelItem(1))
    made.open_button.click()
    qtbot.waitUntil(lambda: bool(opened), timeout=10000)
    made.again_button.click()
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=10000)
    assert [(w.title, go) for w, go in opened] == [("good", False), ("good", True)]
    made.save_to(tmp_path / "saved.ows")
    qtbot.waitUntil(lambda: "Saved" in made.message_bar.text, timeout=10000)
    assert load(tmp_path / "saved.ows").nodes["second"].default_inputs == {"a": 2.0}
    made.export_to(tmp_path / "crate")
    qtbot.waitUntil(lambda: "Exported" in made.message_bar.text, timeout=10000)
    assert json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_text())
    made.export_to(tmp_path / "crate")
    qtbot.waitUntil(lambda: "already" in made.message_bar.text, timeout=10000)


def test_a_history_that_is_none_yet_and_one_that_is_damaged(configured, qtbot, tmp_path):
    from beamcanvas.canvas.window.history_window import HistoryWindow

    made = keep(qtbot, HistoryWindow(lambda *_: None))
    made.show()
    qtbot.waitUntil(lambda: "Nothing ran yet" in made.words.text(), timeout=10000)
    assert made.message_bar.text == ""
    (tmp_path / "history.db").write_text("no database at all, but long enough to be looked at")
    made.read()
    qtbot.waitUntil(lambda: "not a history" in made.message_bar.text, timeout=10000)


def test_what_ran_is_run_again_on_the_canvas(shown, qtbot):
    from beamcanvas.canvas.window import main_window, run_window

    run(two("past"), events=["history"], job_id="past-1")
    run_window.open_past_run(History().workflow("past-1"), True)
    qtbot.waitUntil(lambda: _again(main_window), timeout=20000)


def _again(main_window) -> bool:
    from AnyQt.QtWidgets import QApplication

    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, main_window.MainWindow)]
    return any(
        w.scheme.title == "past" and w.scheme.node_of("second").run.state is State.DONE
        for w in windows
    )
