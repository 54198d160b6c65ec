"""What a node looks like, and what it tells when one points at it."""

from __future__ import annotations

import pytest
import tasks_for_canvas as tasks

from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.gui


def chain() -> Workflow:
    workflow = Workflow()
    workflow.add(tasks.add, id="first", inputs={"a": 1.0})
    workflow.add(tasks.add, id="then")
    workflow.link("first", "then", {"a": "result"})
    return workflow


@pytest.fixture
def item(window):
    window.show_workflow(chain(), None)
    return window.current_document().scene().item_for_node(window.scheme.node_of("then"))


def look(item):
    """The node as it is drawn."""
    from AnyQt.QtCore import QRectF
    from AnyQt.QtGui import QImage, QPainter

    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    centre = item.scenePos()
    around = QRectF(centre.x() - 32, centre.y() - 32, 64, 64)
    item.scene().render(painter, QRectF(image.rect()), around)
    painter.end()
    return image


def test_each_state_looks_its_own_way_also_in_grey(item, qtbot):
    from AnyQt.QtGui import QImage

    from beamcanvas.canvas.run.node_run import State

    seen = {}
    for state in State:
        item.mark.show_state(state)
        image = look(item).convertToFormat(QImage.Format.Format_Grayscale8)
        seen[state] = bytes(image.bits().asstring(image.sizeInBytes()))
    assert len(set(seen.values())) == len(State)


def test_the_mark_follows_the_run(item, window, qtbot):
    from beamcanvas.canvas.run.node_run import State

    assert item.mark.state is State.IDLE
    window.engine.run_all()
    qtbot.waitUntil(lambda: item.mark.state is State.DONE)
    window.scheme.node_of("first").run.set_setting("a", 5.0)
    assert item.mark.state is State.STALE


def test_pointing_at_a_node_tells_what_came_in_and_went_out(item, window, qtbot):
    from beamcanvas.canvas.run.node_run import State

    run = window.scheme.node_of("then").run
    item.tell()
    assert "not run yet" in item.toolTip()
    assert "not there yet" in item.toolTip()
    window.engine.run_all()
    qtbot.waitUntil(lambda: run.state is State.DONE)
    item.tell()
    assert "done in" in item.toolTip()
    assert item.toolTip().count("1</td>") == 2  # in and out


def test_pointing_at_a_link_tells_what_was_handed_over(item, window, qtbot):
    link = window.current_document().scene().item_for_link(window.scheme.links[0])
    link.tell()
    assert "not there yet" in link.curveItem.toolTip()
    window.engine.run_all()
    qtbot.waitUntil(lambda: not window.engine.is_running)
    link.tell()
    assert link.curveItem.toolTip().endswith("Result: 1")


def test_a_task_without_a_widget_is_drawn_in_a_neutral_tint(item):
    colour = item.shapeItem.palette.color(item.shapeItem.palette.Inactive, 1)
    assert colour.name() == "#d5dde6"
