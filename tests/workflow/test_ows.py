"""Orange's files: our own, those of other canvases, and what is carried along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import dumps, load, loads
from beamcanvas.workflow.formats import widgets as widgets_module

DATA = Path(__file__).parent / "data"

WIDGETS = """
from orangewidget.widget import Input, Output
from . import base
from .tasks import Renamed as Task
from other_canvas import tasks as task_module
raise RuntimeError("a widget is not to be imported")

class OWAdd(base.Base, ewokstaskclass=Task):
    name = "Add"
    class Inputs:
        a = Input("A", object)
        b_signal = Input(name="B", type=object, ewoksname="b")
    class Outputs:
        result = Output("A + B", object)

class OWDotted(base.Base, ewokstaskclass=task_module.Add):
    name = "Dotted"

class OWBinds(base.Base):
    ewokstaskclass = task_module.Add

class OWInherits(OWAdd):
    name = "Inherits"

class OWNative(base.Base):
    name = "Native"

class OWOurs(base.Base, task="my.tasks.add"):
    name = "Ours"
"""

SCHEME = (DATA / "other_canvas.ows").read_text()


@pytest.fixture
def other_canvas(tmp_path: Path, monkeypatch) -> None:
    """A package with widgets of another canvas; importing any of it fails."""
    package = tmp_path / "other_canvas"
    package.mkdir()
    files = {
        "__init__.py": "raise RuntimeError('not to be imported')",
        "base.py": "class Base: pass",
        "tasks.py": "try:\n    from .deeper import *\nexcept ImportError:\n    pass\n",
        "deeper.py": "from .deepest import Add\nRenamed = 1\nfrom .deepest import Add as Renamed\n",
        "deepest.py": "class Add: pass",
        "widgets.py": WIDGETS,
    }
    for name, text in files.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for cached in ("_widget", "_tree", "_source"):
        getattr(widgets_module, cached).cache_clear()


@pytest.fixture
def scheme(other_canvas: None) -> Workflow:
    return loads(SCHEME, "ows")


def test_tasks_of_other_canvases_are_found_in_their_source(scheme: Workflow) -> None:
    tasks = {n.label: (n.task_type, n.task_identifier) for n in scheme.nodes.values()}
    assert tasks == {
        "first": ("class", "other_canvas.deepest.Add"),
        "second": ("class", "other_canvas.deepest.Add"),
        "third": ("class", "other_canvas.widgets.OWNative"),
        "fourth": ("class", "not_here.OWGone"),
    }
    assert not any(name.startswith("other_canvas") for name in sys.modules)
    for name in ("OWDotted", "OWBinds"):
        found = widgets_module.widget_source(f"other_canvas.widgets.{name}")
        assert found.task_identifier == "other_canvas.deepest.Add"
    ours = widgets_module.widget_source("other_canvas.widgets.OWOurs")
    assert (ours.task_type, ours.task_identifier) == ("generated", "my.tasks.add")


@pytest.mark.parametrize("name", ["o" + "9" * 300 + ".OWLong", "no.such", "", ".", "a b.OW"])
def test_a_widget_that_no_file_can_have_is_none(name: str) -> None:
    assert widgets_module.widget_source(name) is None


def test_names_on_the_canvas_are_those_of_the_task(scheme: Workflow) -> None:
    assert [(k.source, k.target, k.data_mapping, k.enabled) for k in scheme.links] == [
        ("3", "7", {"a": "result", "b": "result"}, True),
        ("7", "9", {"data": "result"}, False),
    ]


def test_what_else_the_file_says(scheme: Workflow) -> None:
    first, second = scheme.nodes["3"], scheme.nodes["7"]
    assert first.default_inputs == {"a": 1}
    assert second.default_inputs == {"b": 2}
    assert first.position == (10, 20.5)
    assert first.extra["ows"]["settings"] == {"geometry": b"\x01", "__version__": 1}
    assert (scheme.label, scheme.extra["ows"]["description"]) == ("Sum", "of two")
    assert [a["type"] for a in scheme.extra["ows"]["annotations"]] == ["text", "arrow"]
    said = " ".join(scheme.remarks)
    assert "'third' are pickled" in said
    assert "'fourth' can't be read" in said
    assert "not_here.OWGone of the node 'fourth' is not installed" in said


def test_all_of_it_is_in_the_saved_file(scheme: Workflow) -> None:
    before, after = ET.fromstring(SCHEME.encode()), ET.fromstring(dumps(scheme, "ows").encode())
    renumbered = {"3": "0", "7": "1", "8": "2", "9": "3"}

    def content(root: ET.Element, path: str) -> list:
        found = []
        for e in root.iterfind(path):
            said = dict(e.attrib)
            for key in ("node_id", "source_node_id", "sink_node_id"):
                if key in said and root is before:
                    said[key] = renumbered[said[key]]
            if e.tag == "node":
                said.pop("id")
            found.append((said, (e.text or "").strip()))
        return found

    assert {**before.attrib} == {**after.attrib}
    for path in ("nodes/node", "nodes/node/note/b", "links/link", "annotations/*", "addon",
                 "session_state/window_groups/group/window_state"):  # fmt: skip
        assert content(after, path) == content(before, path), path
    kept = {p.get("node_id"): p for p in after.iterfind("node_properties/properties")}
    assert kept["2"].get("format") == "pickle"
    assert kept["2"].text.startswith("gASV")
    assert kept["3"].text == "{'broken"
    assert loads(dumps(scheme, "ows"), "ows") == scheme


def test_it_survives_json_without_the_widgets(scheme: Workflow, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    again = loads(dumps(loads(dumps(scheme, "json"), "json"), "ows"), "ows")
    assert again == scheme
    assert '"schema_version": "1.1"' in dumps(scheme, "json")


def test_an_edit_by_another_program_is_seen(scheme: Workflow) -> None:
    scheme.link("3", "8", {"x": "result"}, when={"result": 1})
    root = ET.fromstring(dumps(scheme, "ows").encode())
    node = root.find("nodes/node")
    node.set("title", "renamed")
    node.set("position", "(1, 1)")
    root.find("node_properties/properties").text = "{'_ewoks_default_inputs': {'a': 5}}"
    links = root.find("links")
    links.remove(links[2])
    ET.SubElement(links, "link", dict(links[0].attrib, id="99", sink_node_id="2"))
    found = loads(ET.tostring(root, encoding="unicode"), "ows")
    first = found.nodes["3"]
    assert (first.label, first.position, first.default_inputs) == ("renamed", (1, 1), {"a": 5})
    assert [(k.target, bool(k.conditions)) for k in found.links] == [
        ("7", False), ("8", True), ("8", False),
    ]  # fmt: skip


def test_a_changed_link_is_not_drawn_by_its_old_name(scheme: Workflow) -> None:
    scheme.links[0].data_mapping["a"] = "other"
    drawn = ET.fromstring(dumps(scheme, "ows").encode()).find("links/link")
    assert drawn.get("source_channel") == "other"
    assert loads(dumps(scheme, "ows"), "ows") == scheme


def test_a_file_of_ewoksorange() -> None:
    found = load(DATA / "ewoksorange_demo.ows")
    assert found.nodes["0"].task_identifier == "ewokscore.tests.examples.tasks.sumlist.SumList"
    assert found.nodes["5"].default_inputs == {"b": 5, "delay": 0}
    assert [(k.source, k.target, k.data_mapping) for k in found.links][:2] == [
        ("0", "1", {"a": "sum"}),
        ("1", "3", {"a": "result"}),
    ]
    assert len(found.remarks) == 1
    assert "task0' are pickled" in found.remarks[0]


def test_tasks_without_a_widget_get_the_generic_one_which_knows_its_task() -> None:
    workflow = Workflow(id="x")
    workflow.add("builtins.max", id="a", inputs={"x": {1, 2}, "y": float("inf")})
    workflow.add("b.py", id="b", task_type="script")
    workflow.link("a", "b", map_all_data=True)
    workflow.link("a", "b", {"arg": "return_value"})
    text = dumps(workflow, "ows")
    root = ET.fromstring(text.encode())
    assert {n.get("qualified_name") for n in root.iterfind("nodes/node")} == {
        "beamcanvas.canvas.generic.TaskNode"
    }
    assert len(root.findall("links/link")) == 1
    root.remove(root.find("beamcanvas"))  # another program saved it
    found = loads(ET.tostring(root, encoding="unicode"), "ows")
    assert [n.task_identifier for n in found.nodes.values()] == ["builtins.max", "b.py"]
    assert found.nodes["0"].default_inputs == {"x": {1, 2}, "y": float("inf")}
    positions = [n.position for n in found.nodes.values()]
    assert positions[0][0] < positions[1][0]


def test_neither_qt_nor_orange_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "x.ows"
    path.write_text(SCHEME)
    code = f"""
import sys
from beamcanvas.workflow.formats import dumps, load
dumps(load({str(path)!r}), "ows")
loaded = [m for m in sys.modules if m.split(".")[0] in
          ("AnyQt", "PyQt5", "PyQt6", "orangecanvas", "orangewidget", "networkx", "numpy", "yaml")]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)
