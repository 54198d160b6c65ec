"""What becomes of files and folders that are dropped on the canvas."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamcanvas.canvas.run.node_run import State
from beamcanvas.canvas.toolbox.readers import readers
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save

pytestmark = pytest.mark.gui

TUTORIALS = Path(__file__).parents[3] / "tutorials"
SCAN = TUTORIALS / "tomography" / "savu.nx"


def drop(window, *paths: Path, on=None) -> None:
    """Drop files on the canvas as a file manager does."""
    from AnyQt.QtCore import QMimeData, QPointF, Qt, QUrl
    from AnyQt.QtGui import QDragEnterEvent, QDropEvent
    from AnyQt.QtWidgets import QApplication

    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    target = on or window.current_document().view().viewport()
    said = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier)  # fmt: skip
    entered = QDragEnterEvent(QPointF(200, 150).toPoint(), *said)
    QApplication.sendEvent(target, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(200, 150), *said))


def offered(window) -> dict:
    """What the menu offers, by technique and step."""
    from AnyQt.QtWidgets import QApplication

    menu = QApplication.activePopupWidget()
    found, heading = {}, ""
    for action in menu.actions():
        if not action.isEnabled():
            heading = action.text()
        elif not action.isSeparator():
            found[f"{heading}: {action.text()}"] = action
    return found


def choose(window, words: str) -> None:
    from AnyQt.QtWidgets import QApplication

    action = offered(window)[words]
    action.trigger()
    QApplication.activePopupWidget().close()


def test_a_scan_becomes_the_step_that_opens_it_and_runs(window, qtbot):
    drop(window, SCAN)
    (node,) = window.scheme.nodes
    assert node.title == "Open scan"
    assert node.run.settings == {"file": str(SCAN)}
    assert node in window.current_document().selectedNodes()
    at = window.current_document().view().mapFromScene(*node.position)
    assert (at.x(), at.y()) == (200, 150)
    qtbot.waitUntil(lambda: node.run.state is State.DONE, timeout=10000)
    assert window.isWindowModified()

    stack = window.current_document().undoStack()
    stack.undo()
    assert not window.scheme.nodes
    stack.redo()
    assert window.scheme.nodes[0].run.settings == {"file": str(SCAN)}


def test_several_steps_that_fit_are_offered(window, tmp_path):
    image = tmp_path / "image.TIF"
    image.write_bytes(b"II*\0")
    drop(window, image)
    assert not window.scheme.nodes
    assert list(offered(window)) == [
        "Powder: Open image", "Tomography: Open volume", "Dark field: Open images",
    ]  # fmt: skip
    choose(window, "Tomography: Open volume")
    (node,) = window.scheme.nodes
    assert node.run.settings == {"file": str(image)}
    # the technique that is worked with comes first
    drop(window, image)
    assert next(iter(offered(window))) == "Tomography: Open volume"
    choose(window, "Dark field: Open images")
    assert [n.run.settings for n in window.scheme.nodes][1] == {"first": str(image)}


def test_several_files_go_to_a_step_that_takes_several(window):
    drop(window, SCAN, SCAN.with_name("tooth.nx"))
    (node,) = window.scheme.nodes
    assert node.title == "Open scans"
    assert node.run.settings == {"files": [str(SCAN), str(SCAN.with_name("tooth.nx"))]}


def test_folders_go_where_what_they_hold_can_be_read(window, qtbot, tmp_path):
    def names(*paths: Path) -> list[str]:
        return [reader.kind.name for reader in readers(paths)]

    assert names(SCAN.parent / "savu_edf") == ["Convert EDF folder"]
    assert names(SCAN.parent / "savu_tiff") == ["Convert TIFF folder"]
    assert names(SCAN.parent) == ["Find scans"]
    assert names(tmp_path) == []
    drop(window, SCAN.parent / "savu_edf")
    (node,) = window.scheme.nodes
    assert node.run.settings == {"folder": str(SCAN.parent / "savu_edf")}
    # it would write a file: that is for a person to say
    qtbot.wait(100)
    assert node.run.state is State.IDLE

    drop(window, tmp_path)
    assert window.message_bar.text == f"No step reads {tmp_path.name}."
    drop(window, tmp_path, SCAN)
    assert window.message_bar.text == "No step reads these 2 together."


def test_other_files_find_their_steps(tmp_path):
    def names(name: str) -> list[str]:
        return [f"{r.kind.category}: {r.kind.name}" for r in readers([tmp_path / name])]

    assert names("d.poni") == ["Powder: Open geometry", "Powder: Configuration"]
    assert names("cu.xmu") == ["Spectroscopy: Read spectra"]
    assert names("cu.prj") == ["Spectroscopy: Read Athena project"]
    assert names("nabu.conf") == ["Tomography: Import nabu.conf"]
    assert "Tomography: Open scan" in names("a.h5")
    assert "Dark field: Open scan" in names("a.h5")
    assert names("notes.odt") == []


@pytest.mark.parametrize("name", ["dropped.json", "dropped.ows", "dropped.yaml"])
def test_workflows_open(name, window, tmp_path):
    workflow = Workflow(id="w", label="W")
    workflow.add("beamcanvas.tomography.open_scan", id="open", inputs={"file": str(SCAN)})
    drop(window, save(workflow, tmp_path / name))
    assert [n.id for n in window.scheme.nodes] == ["open"]


def test_a_json_file_of_another_kind_is_data(window, tmp_path):
    path = tmp_path / "pyfai.json"
    path.write_text('{"application": "pyfai-integrate", "version": 5}')
    drop(window, path)
    assert "Powder: Configuration" in offered(window)
    choose(window, "Powder: Configuration")
    assert window.scheme.nodes[0].run.settings == {"file": str(path)}


def test_results_are_data_and_a_workflow(window, tmp_path):
    nexus = pytest.importorskip("beamcanvas.nexus.workflow_file")
    workflow = Workflow(id="w", label="W")
    workflow.add("beamcanvas.tomography.open_scan", id="open", inputs={"file": str(SCAN)})
    path = tmp_path / "results.h5"
    nexus.write(workflow, path)
    drop(window, path)
    assert ": Open its workflow" in {w[-len(": Open its workflow") :] for w in offered(window)}
    choose(window, next(w for w in offered(window) if w.endswith("Open its workflow")))
    assert [n.id for n in window.scheme.nodes] == ["open"]


def test_what_nothing_reads_is_told(window, tmp_path):
    picture = tmp_path / "x.png"
    picture.write_bytes(b"\x89PNG\0\0")
    drop(window, picture, on=window.welcome_page)
    assert window.message_bar.text.endswith("it is neither a text nor HDF5.")
    assert not window.scheme.nodes


def test_addresses_elsewhere_are_not_taken(window):
    from AnyQt.QtCore import QMimeData, QPoint, Qt, QUrl
    from AnyQt.QtGui import QDragEnterEvent

    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/x.json")])
    entered = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    assert not window.drops.eventFilter(window.current_document().view().viewport(), entered)
