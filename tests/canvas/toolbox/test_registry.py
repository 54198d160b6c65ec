"""Widgets of other packages are found by reading their source."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from beamcanvas.task.function import GENERATOR
from beamcanvas.workflow import Node

pytestmark = pytest.mark.gui

WIDGET = """
from beamcanvas.canvas.widget import TaskWidget

raise RuntimeError("reading must not run this")

class OWAdd(TaskWidget, task="tasks_for_canvas.add"):
    name = "Add numbers"
    {category}
"""


@pytest.fixture
def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured):
    """A fresh catalogue of one entry point."""
    from beamcanvas.canvas.toolbox import registry

    monkeypatch.syspath_prepend(tmp_path)

    def scan(module: str) -> registry.Catalogue:
        entry = EntryPoint("Numbers", module, registry.GROUP)
        monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
        return registry.Catalogue().scan()

    return scan


@pytest.mark.parametrize(
    ("category", "shown"), [("pass", "Numbers"), ("category = 'Sums'", "Sums")]
)
def test_a_single_module_is_a_category(scanned, tmp_path, category, shown) -> None:
    (tmp_path / "one_widget.py").write_text(WIDGET.format(category=category))
    known = scanned("one_widget")
    assert [c.name for c in known.registry.categories()] == [shown]
    (kind,) = known.registry.widgets(shown)
    assert (kind.name, kind.qualified_name) == ("Add numbers", "one_widget.OWAdd")


def test_a_module_inside_a_package(scanned, tmp_path) -> None:
    package = tmp_path / "some_widgets"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "sums.py").write_text(WIDGET.format(category="pass"))
    for module in ("some_widgets", "some_widgets.sums"):
        (kind,) = scanned(module).registry.widgets()
        assert kind.qualified_name == "some_widgets.sums.OWAdd"


@pytest.mark.parametrize("module", ["no_such_module", "math", "collections"])
def test_what_holds_no_widget_of_ours_is_left_out(scanned, module) -> None:
    assert scanned(module).registry.widgets() == []


def test_a_task_has_its_widget_by_whatever_path_a_file_names_it(configured) -> None:
    from beamcanvas.canvas.toolbox.registry import catalogue

    paths = ("integrate_1d", "integration.integrate.integrate_1d")
    for path in paths:
        node = Node(
            id="a",
            task_type="generated",
            task_identifier=f"beamcanvas.powder.{path}",
            task_generator=GENERATOR,
        )
        assert catalogue().scan().description_for(node, []).name == "Integrate 1D"
