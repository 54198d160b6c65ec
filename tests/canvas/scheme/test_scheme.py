"""From the workflow to the canvas and back: nothing is lost, whatever a person does there."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path

import pytest
import tasks_for_canvas as tasks
from hypothesis import HealthCheck, given, settings

from beamcanvas.workflow import Link, Node, Workflow
from beamcanvas.workflow.formats import dumps, load, loads, to_dict

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))
from graphs import workflows

pytestmark = pytest.mark.gui


def rich() -> Workflow:
    """All that Orange has no word for."""
    workflow = Workflow(id="rich", label="Rich", extra={"keywords": {"a": 1}})
    workflow.add(tasks.add_until, id="count", inputs={"a": 0.0}, force_start_node=True)
    workflow.add(tasks.add, id="plus", label="Plus", inputs={"b": 1.0332e-10})
    workflow.add("no.such.task", id="gone", inputs={"x": [1, 2], 0: None})
    workflow.nodes["gone"].extra = {
        "ows": {"qualified_name": "some.package.OWGone", "name": "Gone", "settings": {"k": 1}},
        "note": "kept",
    }
    inner = Workflow(id="inner")
    inner.add(tasks.add, id="one", inputs={"a": 1.0})
    workflow.add(inner, id="sub")
    workflow.add(tasks.add, id="rescue", default_error_node=False)
    workflow.link("count", "count", {"a": "result"}, when={"too_small": True})
    workflow.link("count", "plus", {"a": "result"}, when={"too_small": False}, required=True)
    workflow.link("plus", "gone", {"image": "result", "also": "result"}, extra={"seen": True})
    workflow.link("gone", "sub", map_all_data=True, sub_target="one")
    workflow.link("plus", "rescue", on_error=True)
    workflow.link("plus", "rescue", {"a": "result"}, enabled=False)
    workflow.link("rescue", "gone", required=False, cache_if_optional=True)
    workflow.extra["ows"] = {
        "description": "what it does",
        "annotations": [
            {"type": "text", "rect": "(1.0, 2.0, 30.0, 40.0)", "text": "hello", "odd": "kept"},
            {"type": "arrow", "start": "(0, 1)", "end": "(5, 6)", "fill": "#C1272D"},
            {"type": "unheard of"},
        ],
        "window_groups": [
            {"name": "g", "default": "false", "states": [{"node": "plus", "data": "AAAA"}]}
        ],
    }
    return workflow


@pytest.fixture
def draw_on(configured):
    from AnyQt.QtCore import QCoreApplication, QEvent

    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

    made = []

    def make(workflow):
        scheme = new_scheme()
        draw(workflow, scheme, catalogue())
        made.append(scheme)
        return scheme

    yield make
    for scheme in made:
        QCoreApplication.sendEvent(scheme, QEvent(QEvent.Type.Close))
        scheme.deleteLater()


def test_nothing_is_lost(draw_on):
    before = to_dict(rich())
    assert to_dict(draw_on(rich()).workflow()) == before


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(workflow=workflows())
def test_nothing_of_any_graph_is_lost(workflow, configured):
    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

    before = dumps(workflow)
    scheme = new_scheme()
    draw(workflow, scheme, catalogue())
    assert dumps(scheme.workflow()) == before


@pytest.mark.peer
@pytest.mark.parametrize(
    "name",
    ["empty", "acyclic1", "acyclic2", "acyclic3", "demo", "cyclic1", "triangle1", "self_trigger"],
)
def test_ewoks_own_graphs(name, draw_on):
    graphs = pytest.importorskip("ewokscore.tests.examples.graphs")
    graph, _ = graphs.get_graph(name)
    assert to_dict(draw_on(load(deepcopy(graph))).workflow()) == to_dict(load(graph))


@pytest.mark.parametrize("format", ["ows", "json", "yaml"])
def test_through_every_format(format, draw_on):
    text = dumps(rich(), format)
    again = dumps(draw_on(loads(text, format)).workflow(), format)
    assert again == text


def test_plain_links_are_orange_links_and_the_rest_is_not(draw_on):
    from beamcanvas.canvas.scheme import describe, is_flow

    scheme = draw_on(rich())
    drawn = [(k.source_node.id, k.sink_node.id, is_flow(k)) for k in scheme.links]
    assert drawn.count(("plus", "gone", False)) == 2
    assert ("count", "count", True) in drawn
    words = {
        (k.source_node.id, k.sink_node.id): describe(k.record) for k in scheme.links if is_flow(k)
    }
    assert words["count", "count"] == "if too_small: result → a"
    assert words["count", "plus"] == "if not too_small: result → a"
    assert words["gone", "sub"] == "all data"
    assert words["plus", "rescue"] == "on error"
    assert words["rescue", "gone"] == "then: optional"


def test_opening_imports_nothing_that_the_file_names(draw_on, tmp_path, monkeypatch):
    (tmp_path / "dangerous_module.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    declared = tmp_path / "declared-1.0.dist-info"
    declared.mkdir()
    (declared / "METADATA").write_text("Metadata-Version: 2.1\nName: declared\nVersion: 1.0\n")
    (declared / "entry_points.txt").write_text("[ewoks.tasks.class]\ndangerous_module = x\n")
    monkeypatch.syspath_prepend(tmp_path)
    workflow = Workflow()
    for kind in ("method", "class", "ppfmethod", "generated"):
        generator = "dangerous_module.make" if kind == "generated" else None
        workflow.nodes[kind] = Node(
            id=kind,
            task_type=kind,
            task_identifier="dangerous_module.task",
            task_generator=generator,
        )
    draw_on(workflow)
    assert not (tmp_path / "ran").exists()


def test_ids_survive_the_removal_of_others_and_undo(window):
    window.show_workflow(rich(), None)
    document, scheme = window.current_document(), window.scheme
    before = to_dict(scheme.workflow())
    document.removeNode(scheme.node_of("plus"))
    assert [n.id for n in scheme.nodes] == ["count", "gone", "sub", "rescue"]
    document.undoStack().undo()
    after = to_dict(scheme.workflow())
    assert after["nodes"] == before["nodes"]
    key = lambda link: str(link)  # noqa: E731
    assert sorted(after["links"], key=key) == sorted(before["links"], key=key)


def test_copies_get_ids_of_their_own(window):
    window.show_workflow(rich(), None)
    document, scheme = window.current_document(), window.scheme
    document.selectAll()
    document.copy()
    document.paste()
    ids = [n.id for n in scheme.nodes]
    assert len(ids) == len(set(ids)) == 10
    assert ids[:5] == ["count", "plus", "gone", "sub", "rescue"]
    workflow = scheme.workflow()
    copied = [k for k in workflow.links if k.source == "count_2"]
    assert {(k.target, tuple(k.conditions.items())) for k in copied} == {
        ("count_2", (("too_small", True),)),
        ("plus_2", (("too_small", False),)),
    }
    assert workflow.nodes["gone_2"].extra["note"] == "kept"
    document.undoStack().undo()
    assert len(scheme.nodes) == 5


def test_a_dragged_link_joins_the_link_that_is_there(draw_on):
    from orangecanvas.scheme import SchemeLink

    workflow = Workflow()
    workflow.add(tasks.add_until, id="one")
    workflow.add(tasks.add, id="two")
    workflow.link("one", "two", {"a": "result"}, extra={"note": 1})
    scheme = draw_on(workflow)
    one, two = scheme.node_of("one"), scheme.node_of("two")
    scheme.add_link(SchemeLink(one, one.output_channel("result"), two, two.input_channel("b")))
    links = scheme.workflow().links
    assert links == [
        Link(source="one", target="two", data_mapping={"a": "result", "b": "result"},
             extra={"note": 1})
    ]  # fmt: skip


def test_annotations_of_ewoks_own_canvas_are_drawn(draw_on):
    said = {
        "type": "text",
        "params": {"geometry": [1, 2, 30, 40], "text": "hello", "content_type": "text/plain",
                   "font": {"family": "Sans", "size": 16}},
    }  # fmt: skip
    workflow = Workflow(extra={"ows": {"annotations": [said]}})
    scheme = draw_on(workflow)
    (drawn,) = scheme.annotations
    assert (drawn.content, drawn.rect) == ("hello", (1.0, 2.0, 30.0, 40.0))
    assert scheme.workflow().extra["ows"]["annotations"] == [said]
    drawn.set_rect((5.0, 6.0, 30.0, 40.0))
    (moved,) = scheme.workflow().extra["ows"]["annotations"]
    assert (moved["rect"], moved["text"]) == ("(5.0, 6.0, 30.0, 40.0)", "hello")
    assert "params" not in moved


def test_a_moved_node_keeps_its_place_and_the_rest_gets_none(draw_on):
    workflow = Workflow()
    workflow.add(tasks.add, id="one")
    workflow.add(tasks.add, id="two")
    scheme = draw_on(workflow)
    scheme.node_of("two").position = (500.0, 20.0)
    nodes = scheme.workflow().nodes
    assert nodes["one"].position is None
    assert nodes["two"].position == (500.0, 20.0)


def test_settings_go_to_the_file_exactly(window, tmp_path):
    window.show_workflow(rich(), None)
    window.scheme.node_of("plus").run.set_setting("b", 1.0332e-10)
    window.scheme.node_of("plus").run.set_setting("a", float("inf"))
    assert window.isWindowModified()
    for name in ("saved.ows", "saved.json", "saved.yaml"):
        assert window.save_as(tmp_path / name)
        saved = load(tmp_path / name)
        assert saved.nodes["plus"].default_inputs == {"b": 1.0332e-10, "a": float("inf")}
    assert not window.isWindowModified()
