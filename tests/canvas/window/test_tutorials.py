from __future__ import annotations

from pathlib import Path

import pytest
import tasks_for_canvas as tasks

from beamcanvas.errors import InputError
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save

pytestmark = pytest.mark.gui


@pytest.fixture
def tutorial(tmp_path: Path, configured):
    from AnyQt.QtGui import QImage

    from beamcanvas.tutorials import tutorials

    folder = tmp_path / "installed" / "adding"
    (folder / "data").mkdir(parents=True)
    workflow = Workflow(label="Adding")
    workflow.add(tasks.add, id="add", inputs={"a": 1.0})
    save(workflow, folder / "adding.ows")
    (folder / "data" / "numbers.txt").write_text("1 2 3")
    image = QImage(900, 300, QImage.Format.Format_RGB32)
    image.fill(0x00FF00)
    image.save(str(folder / "shot.png"))
    (folder / "index.md").write_text(
        "# Adding numbers\n\nIn this tutorial you add.\n\n![the window](shot.png)\n"
    )
    (folder.parent / "no_scheme").mkdir()
    (found,) = tutorials(folder.parent)
    return found


def test_a_tutorial_says_what_it_is(tutorial):
    assert (tutorial.title, tutorial.teaser) == ("Adding numbers", "In this tutorial you add.")
    assert tutorial.scheme.name == "adding.ows"


def test_tutorials_come_in_the_order_of_the_index_page(tutorial):
    from beamcanvas.tutorials import tutorials

    for name in ("a_last", "b_second", "c_third"):
        (tutorial.folder / f"{name}.ows").write_text("")
        (tutorial.folder / f"{name}.md").write_text(f"# {name}")
    with (tutorial.folder / "index.md").open("a") as index:
        index.write("\nGo on with [this](b_second.md), then [that](c_third.md).\n")
    names = [t.scheme.stem for t in tutorials(tutorial.folder.parent)]
    assert names == ["adding", "b_second", "c_third", "a_last"]


def test_a_changed_copy_is_never_written_over(tutorial, tmp_path):
    from beamcanvas.tutorials import copy_tutorial

    place = tmp_path / "mine"
    first = copy_tutorial(tutorial, place)
    assert copy_tutorial(tutorial, place) == first
    (first.folder / "data" / "numbers.txt").write_text("changed")
    second = copy_tutorial(tutorial, place)
    assert second.folder.name == "adding_2"
    assert (first.folder / "data" / "numbers.txt").read_text() == "changed"
    assert sorted(p.name for p in place.iterdir()) == ["adding", "adding_2"]


def test_a_place_that_cannot_be_written_is_said(tutorial, tmp_path):
    from beamcanvas.tutorials import copy_tutorial

    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be copied"):
        copy_tutorial(tutorial, tmp_path / "file")


def test_a_tutorial_opens_with_its_page_beside_the_canvas(tutorial, tmp_path, window, qtbot):
    from beamcanvas.canvas.window.tutorials import set_place

    set_place(tmp_path / "mine")
    assert window.open_tutorial(tutorial)
    assert window.current_document().path() == str(tmp_path / "mine/adding/adding.ows")
    assert window.scheme.node_of("add") is not None
    page = window.tutorial_page
    assert page.isVisible()
    assert "In this tutorial you add." in page.browser.toPlainText()
    from AnyQt.QtCore import QUrl
    from AnyQt.QtGui import QTextDocument

    kind = QTextDocument.ResourceType.ImageResource
    image = page.browser.loadResource(kind, QUrl("shot.png"))
    assert 0 < image.width() <= page.browser.viewport().width()


def test_a_new_window_has_no_empty_page_beside_it(window, tutorial):
    window.tutorial_page.show_page(tutorial)
    state = window.saveState()
    assert window.restoreState(state)
    assert not window.tutorial_page.isHidden()
    window.tutorial_page.browser.clear()
    assert window.restoreState(state)
    assert window.tutorial_page.isHidden()
