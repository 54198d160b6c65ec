from __future__ import annotations

import pytest
import tasks_for_canvas as tasks

from beamcanvas.workflow import Link, Workflow

pytestmark = pytest.mark.gui


def two() -> Workflow:
    workflow = Workflow()
    workflow.add(tasks.add_until, id="one", inputs={"a": 1.0})
    workflow.add(tasks.add, id="two")
    return workflow


def dialog_for(window, qtbot, record: Link):
    from beamcanvas.canvas.editor.link_dialog import LinkDialog

    scheme = window.scheme
    dialog = LinkDialog(record, scheme.node_of("one"), scheme.node_of("two"))
    qtbot.addWidget(dialog)
    return dialog


@pytest.mark.parametrize(
    "said",
    [
        {"data_mapping": {"a": "result"}},
        {"data_mapping": {"a": "result", "b": None}},
        {"conditions": {"too_small": True, "other": "text", "n": 3}},
        {"extra": {"when": [{"source_output": "n", "is": "<", "value": 0.5}]}},
        {"conditions": {"n": "3", "list": [1, 2], "none": None, "true": "true"}},
        {"map_all_data": True, "required": True},
        {"on_error": True, "data_mapping": {"a": "WorkflowException"}},
        {"required": False, "extra": {"note": 1}, "sub_target": "inner"},
    ],
)
def test_what_is_not_touched_stays(said, window, qtbot):
    window.show_workflow(two(), None)
    record = Link(source="one", target="two", **said)
    assert dialog_for(window, qtbot, record).link() == record


def test_a_condition_is_added(window, qtbot):
    window.show_workflow(two(), None)
    dialog = dialog_for(window, qtbot, Link(source="one", target="two"))
    dialog.mapping.add("b", "result")
    dialog.conditions.add("too_small", ("==", False))
    assert dialog.link() == Link(
        source="one", target="two", data_mapping={"b": "result"}, conditions={"too_small": False}
    )


def test_an_edited_link_is_one_step_to_undo(window, qtbot):
    from beamcanvas.canvas.scheme import is_flow

    workflow = two()
    workflow.link("one", "two", {"a": "result"})
    window.show_workflow(workflow, None)
    document, scheme = window.current_document(), window.scheme
    before = scheme.workflow().links
    edited = Link(
        source="one", target="two", data_mapping={"a": "result"}, conditions={"too_small": True}
    )
    document.replace_link(scheme.links, edited)
    assert [is_flow(link) for link in scheme.links] == [True]
    assert scheme.workflow().links == [edited]
    item = document.scene().item_for_link(scheme.links[0])
    assert item.sourceName() == "if too_small: result → a"
    document.undoStack().undo()
    assert scheme.workflow().links == before
    document.undoStack().redo()
    assert scheme.workflow().links == [edited]


def test_special_links_look_unlike_plain_ones(window):
    workflow = two()
    workflow.link("one", "two", {"a": "result"})
    workflow.link("one", "two", {"b": "result"}, when={"too_small": True})
    workflow.link("one", "two", on_error=True)
    workflow.link("one", "two")
    workflow.link("one", "one", {"a": "result"}, when={"too_small": True})
    window.show_workflow(workflow, None)
    scene = window.current_document().scene()
    pens = [scene.item_for_link(link).curveItem.pen() for link in window.scheme.links]
    looks = [(pen.color().name(), pen.style()) for pen in pens]
    assert len(set(looks[:4])) == 4
    assert looks[4] == looks[1]
    loop = scene.item_for_link(window.scheme.links[4]).curveItem.curvePath()
    assert loop.boundingRect().height() > 50  # it goes around its node


def test_a_dragged_link_finds_its_ends_by_type(window):
    from beamcanvas.canvas.toolbox.registry import catalogue

    document = window.current_document()
    kinds = {
        catalogue().scan().task_of[d.qualified_name].rpartition(".")[2]: d
        for d in catalogue().registry.widgets()
    }
    image = document.createNewNode(kinds["open_image"])
    integrate = document.createNewNode(kinds["integrate_1d"])
    proposed = window.scheme.propose_links(image, integrate)
    assert proposed[0][:2] == (image.output_channel("image"), integrate.input_channel("image"))
    assert all(best > rest for _, _, best in proposed[:1] for _, _, rest in proposed[1:])


def test_an_order_is_dragged_between_then_and_after(window):
    from beamcanvas.canvas.scheme import FLOW_IN, FLOW_OUT

    window.show_workflow(two(), None)
    one, after = window.scheme.nodes
    assert window.scheme.propose_links(one, after, FLOW_OUT) == [(FLOW_OUT, FLOW_IN, 1)]
    from orangecanvas.scheme import SchemeLink

    window.scheme.add_link(SchemeLink(one, FLOW_OUT, after, FLOW_IN))
    assert window.scheme.workflow().links == [Link(source="one", target="two")]


@pytest.mark.parametrize("value", [True, 1, 1.5, "text", "1", "true", [1, "a"], None, {"k": 1}])
def test_values_of_conditions_are_typed_as_they_are_meant(value):
    from beamcanvas.canvas.editor.link_dialog import meant, written

    assert meant(written(value)) == value
    assert type(meant(written(value))) is type(value)


def drag(window, source: str, target: str) -> None:
    """Drag a link with the mouse, from the source's right side to the target."""
    from AnyQt.QtCore import QEvent, QPointF, Qt
    from AnyQt.QtGui import QMouseEvent
    from AnyQt.QtWidgets import QApplication

    document = window.current_document()
    scene, view = document.scene(), document.view()
    anchor = scene.item_for_node(window.scheme.node_of(source)).outputAnchorItem
    start = anchor.mapToScene(anchor.anchorPath().pointAtPercent(0.5))
    end = scene.item_for_node(window.scheme.node_of(target)).scenePos()
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind, point, button, buttons):
        at = QPointF(view.mapFromScene(point))
        where = QPointF(view.viewport().mapToGlobal(at.toPoint()))
        keys = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, where, button, buttons, keys)
        QApplication.sendEvent(view.viewport(), event)

    send(QEvent.Type.MouseButtonPress, start, left, left)
    for step in (0.3, 0.6, 0.9, 1.0):
        send(QEvent.Type.MouseMove, start + (end - start) * step, none, left)
    send(QEvent.Type.MouseButtonRelease, end, left, none)


def test_a_link_is_dragged_with_the_mouse(window, monkeypatch, qtbot):
    from beamcanvas.canvas.editor.link_dialog import LinkDialog

    asked = []

    def ask(record, source, target, note, parent):
        asked.append(note)
        record.conditions = {"too_small": True}
        return record

    monkeypatch.setattr(LinkDialog, "ask", ask)
    workflow = Workflow()
    workflow.add(tasks.add, id="one", inputs={"a": 1.0})
    workflow.add(tasks.length_of, id="two")
    window.show_workflow(workflow, None)
    window.scheme.node_of("one").position = (100.0, 100.0)
    window.scheme.node_of("two").position = (300.0, 100.0)
    qtbot.wait(50)  # the view settles
    drag(window, "one", "two")
    assert asked == []
    assert window.scheme.workflow().links == [
        Link(source="one", target="two", data_mapping={"data": "result"})
    ]
    drag(window, "two", "one")  # closes a loop
    assert asked == ["This link closes a loop: give the condition on which it is followed."]
    assert window.scheme.workflow().links[1].conditions == {"too_small": True}
    window.current_document().undoStack().undo()
    assert len(window.scheme.workflow().links) == 1
