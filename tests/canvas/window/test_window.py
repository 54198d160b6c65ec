from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import tasks_for_canvas as tasks

from beamcanvas.canvas.run.node_run import State
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load, save

pytestmark = pytest.mark.gui


def chain(n: int = 2) -> Workflow:
    workflow = Workflow(id="chain", label="Chain")
    for i in range(n):
        workflow.add(tasks.add, id=f"n{i}", inputs={"a": 1.0} if not i else {"b": 1.0})
        if i:
            workflow.link(f"n{i - 1}", f"n{i}", {"a": "result"})
    return workflow


@pytest.mark.parametrize("name", ["file.ows", "file.json", "file.yaml"])
def test_opens_runs_and_saves_every_format(name, window, qtbot, tmp_path: Path):
    path = save(chain(), tmp_path / name)
    assert window.open_scheme_file(path)
    assert window.scheme.title == "Chain"
    assert not window.isWindowModified()
    window.run_all_action.trigger()
    qtbot.waitUntil(lambda: not window.engine.is_running)
    assert window.scheme.node_of("n1").run.outputs == {"result": 2.0}
    assert window.run_words.text() == "Done"
    window.scheme.node_of("n0").run.set_setting("a", 4.0)
    assert window.isWindowModified()
    window.save_scheme()
    assert not window.isWindowModified()
    assert load(path).nodes["n0"].default_inputs == {"a": 4.0}


def test_a_results_file_opens_but_is_not_saved_over(window, tmp_path):
    nexus = pytest.importorskip("beamcanvas.nexus.workflow_file")
    path = tmp_path / "results.h5"
    nexus.write(chain(), path)
    assert window.open_scheme_file(path)
    assert [n.id for n in window.scheme.nodes] == ["n0", "n1"]
    assert window.current_document().path() == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.ows", None),
        ("broken.ows", "<scheme"),
        ("broken.json", "{"),
        ("odd.yaml", "- just\n- a list\n"),
        ("picture.png", "not a workflow"),
    ],
)
def test_a_bad_file_is_one_sentence_above_the_canvas(name, content, window, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    assert not window.open_scheme_file(path)
    assert name in window.message_bar.text
    assert "Traceback" not in window.message_bar.text


def test_a_place_that_cannot_be_written_loses_nothing(window, tmp_path):
    window.show_workflow(chain(), None)
    (tmp_path / "file").write_text("")
    assert not window.save_as(tmp_path / "file" / "x.ows")
    assert window.message_bar.text
    assert len(window.scheme.nodes) == 2


def test_the_title_is_the_file_and_the_program(window, tmp_path):
    assert window.windowTitle() == "Untitled[*] - beamcanvas"
    window.show_workflow(chain(), save(chain(), tmp_path / "scan.json"))
    assert window.windowTitle() == "scan.json[*] - beamcanvas"
    assert not window.isWindowModified()
    window.scheme.node_of("n0").run.set_setting("a", 9.0)
    assert window.isWindowModified()


def test_formats_of_other_packages_stand_in_the_dialogs(window, monkeypatch):
    from AnyQt.QtWidgets import QDialog, QFileDialog

    from beamcanvas.canvas.window import files

    known = {"json": (".json",), "yaml": (".yaml", ".yml"), "ows": (".ows",), "nexus": (".h5",),
             "lines": (".lines", ".txt2")}  # fmt: skip
    monkeypatch.setattr(files, "suffixes", lambda: known)
    opening = window._open_workflow_dialog().nameFilters()
    assert "*.txt2" in opening[0]
    seen = {}

    def look(dialog):
        for name in dialog.nameFilters():
            dialog.filterSelected.emit(name)
            seen[name] = dialog.defaultSuffix()
        return QDialog.DialogCode.Rejected

    monkeypatch.setattr(QFileDialog, "exec", look)
    window.save_scheme_as()
    assert seen == {
        "Orange workflow (*.ows)": "ows",
        "JSON workflow (*.json)": "json",
        "YAML workflow (*.yaml *.yml)": "yaml",
        "lines workflow (*.lines *.txt2)": "lines",
    }


def test_a_used_window_stays_and_a_new_one_opens(window, tmp_path):
    from AnyQt.QtWidgets import QApplication

    from beamcanvas.canvas.window.main_window import MainWindow

    first = save(chain(), tmp_path / "one.json")
    window.open_scheme_file(first)
    window.open_scheme_file(save(chain(3), tmp_path / "two.json"))
    assert len(window.scheme.nodes) == 2
    shown = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()
    ]
    assert sorted(len(w.scheme.nodes) for w in shown) == [2, 3]


def test_a_window_of_a_node_is_made_when_it_is_opened(window, qtbot):
    window.show_workflow(chain(), None)
    manager = window.scheme.widget_manager
    assert manager.made() == {}
    node = window.scheme.node_of("n1")
    widget = manager.widget_for_node(node)
    assert list(manager.made()) == [node]
    assert widget.noderun is node.run
    widget.close()


def test_a_node_whose_task_is_missing_opens_a_placeholder(window):
    from beamcanvas.canvas.window.placeholder import Placeholder

    workflow = Workflow()
    workflow.add("no.such.task", id="gone", inputs={"x": 1})
    window.show_workflow(workflow, None)
    widget = window.scheme.widget_manager.widget_for_node(window.scheme.node_of("gone"))
    assert isinstance(widget, Placeholder)


def test_hundred_nodes_open_without_a_single_widget(window):
    window.show_workflow(chain(100), None)
    assert len(window.scheme.nodes) == 100
    assert window.scheme.widget_manager.made() == {}


def test_add_task_finds_by_name_and_adds(window, qtbot):
    from beamcanvas.canvas.toolbox.add_task import AddTask
    from beamcanvas.task import task_of

    added = []
    dialog = AddTask([task_of(tasks.add), task_of(tasks.wait)], added.append)
    qtbot.addWidget(dialog)
    qtbot.keyClicks(dialog.search, "wait")
    assert dialog.chosen() is task_of(tasks.wait)
    dialog.accept()
    assert added == [task_of(tasks.wait)]
    window.place_task(added[0])
    (node,) = window.scheme.nodes
    assert (node.id, node.title) == ("wait", "Wait")
    window.current_document().undoStack().undo()
    assert window.scheme.nodes == []


def test_a_widget_of_the_tool_box_becomes_a_node_with_its_task(window, tmp_path):
    from beamcanvas.canvas.toolbox.registry import catalogue

    known = catalogue().scan()
    description = next(iter(known.registry.widgets()))
    node = window.current_document().createNewNode(description)
    assert node.record.task_identifier == known.task_of[description.qualified_name]
    window.save_as(tmp_path / "new.ows")
    saved = load(tmp_path / "new.ows").nodes[node.id]
    assert saved.extra["ows"]["qualified_name"] == description.qualified_name
    assert saved.task_identifier == node.record.task_identifier


def test_stop_is_offered_while_something_runs(window, qtbot):
    workflow = Workflow()
    workflow.add(tasks.wait, id="slow", inputs={"seconds": 20.0})
    window.show_workflow(workflow, None)
    assert not window.stop_action.isEnabled()
    window.run_all_action.trigger()
    assert window.stop_action.isEnabled()
    qtbot.waitUntil(lambda: "%" in window.run_words.text(), timeout=5000)
    window.stop_action.trigger()
    assert window.scheme.node_of("slow").run.state is State.CANCELLED
    assert window.run_words.text() == "Stopped"


def test_run_until_here_takes_the_selected_node(window, qtbot):
    window.show_workflow(chain(3), None)
    scene = window.current_document().scene()
    scene.clearSelection()
    window.run_until_action.trigger()
    assert window.message_bar.text == "Select the node to run until."
    scene.item_for_node(window.scheme.node_of("n1")).setSelected(True)
    window.run_until_action.trigger()
    qtbot.waitUntil(lambda: not window.engine.is_running)
    states = [n.run.state for n in window.scheme.nodes]
    assert states == [State.DONE, State.DONE, State.IDLE]


def test_unsaved_work_is_offered_again_and_nothing_is_unpickled(window, qtbot, monkeypatch):
    import json

    from beamcanvas.canvas.window import autosave

    window.show_workflow(chain(), None)
    window.scheme.node_of("n0").run.set_setting("a", 9.0)
    window._keep_unsaved()
    file = window._autosave.file
    assert json.loads(file.read_text())["path"] == ""
    assert autosave.left_behind() == []  # this program is alive
    monkeypatch.setattr(autosave, "_is_alive", lambda pid: False)
    (found,) = autosave.left_behind()
    assert found.workflow().nodes["n0"].default_inputs == {"a": 9.0}
    window.restore_work(found)
    assert not file.exists()
    (file.parent / "1-broken.json").write_text("{")
    assert autosave.left_behind() == []


def test_saving_clears_what_was_kept(window, tmp_path):
    window.show_workflow(chain(), None)
    window.scheme.node_of("n0").run.set_setting("a", 9.0)
    window._keep_unsaved()
    assert window._autosave.file.exists()
    window.save_as(tmp_path / "x.ows")
    assert not window._autosave.file.exists()


def test_paths_in_the_folder_are_saved_relative_to_it(window, tmp_path):
    workflow = Workflow()
    workflow.add(tasks.length, id="length", inputs={"path": str(tmp_path / "data.txt")})
    window.show_workflow(workflow, None)
    window.save_as(tmp_path / "x.json")
    assert load(tmp_path / "x.json").nodes["length"].default_inputs == {"path": "data.txt"}


def test_the_welcome_page_goes_when_there_is_work(window):
    window.welcome_dialog()
    assert window.welcome_page.isVisible()
    from beamcanvas.task import task_of

    window.place_task(task_of(tasks.add))
    assert not window.welcome_page.isVisible()


def test_closing_stops_what_runs(window, qtbot):
    workflow = Workflow()
    workflow.add(tasks.wait, id="slow", inputs={"seconds": 20.0})
    window.show_workflow(workflow, None)
    engine = window.engine
    engine.run_all()
    window.current_document().setModified(False)
    window.close()
    assert not engine.is_running


def test_nothing_of_a_closed_scheme_stays_in_memory(window, qtbot):
    from AnyQt.QtCore import QEvent
    from AnyQt.QtWidgets import QApplication

    window.show_workflow(chain(), None)
    node = window.scheme.node_of("n1")
    widget = window.scheme.widget_manager.widget_for_node(node)
    widget.show()
    gone = [weakref.ref(thing) for thing in (widget, node.run, window.scheme)]
    del node, widget
    window.current_document().setModified(False)
    window.close()

    def left() -> list[object]:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        return [thing() for thing in gone if thing() is not None]

    qtbot.waitUntil(lambda: not left())


def test_settings_are_undone_with_everything_else(window, qtbot):
    window.show_workflow(chain(), None)
    document = window.current_document()
    node = window.scheme.node_of("n0")
    window.scheme.widget_manager.widget_for_node(node).panel().edit("a", 7.5)
    assert document.undoStack().undoText() == "Change A"
    document.removeNode(node)
    document.undoStack().undo()
    back = window.scheme.node_of("n0")
    assert back.run.settings == {"a": 7.5}
    document.undoStack().undo()
    assert back.run.settings == {"a": 1.0}
    document.undoStack().redo()
    assert back.run.settings == {"a": 7.5}


def test_the_welcome_page_has_tutorials_by_technique(window):
    from AnyQt.QtWidgets import QLabel, QPushButton

    from beamcanvas.tutorials import tutorials

    window.welcome_dialog()
    words = {b.text() for b in window.welcome_page.findChildren(QPushButton)}
    assert {t.title for t in tutorials()} < words
    headings = [w.text() for w in window.welcome_page.findChildren(QLabel)]
    for category in window.widget_registry.categories():
        assert f"<b>{category.name}</b>" in headings
