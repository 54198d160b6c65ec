"""Our tasks as classes of ewokscore, as a widget's ``ewokstaskclass`` and by their names."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from beamcanvas.errors import TaskNotFoundError
from beamcanvas.task import resolve, task
from beamcanvas.task.as_class import name_of
from beamcanvas.task.ewoks import OfWidget


@task
def add_one(start: float) -> float:
    """One more."""
    return start + 1


class Widget:
    task_identifier: ClassVar[str] = f"{__name__}.add_one"
    ewokstaskclass = OfWidget()


class NoTask:
    task_identifier: ClassVar[str] = ""
    ewokstaskclass = OfWidget()


class Lost:
    task_identifier: ClassVar[str] = "no_such_package.add"
    ewokstaskclass = OfWidget()


def test_the_name_means_our_own_task_here() -> None:
    found = resolve("class", name_of(f"{__name__}.add_one"))
    assert found is resolve("generated", f"{__name__}.add_one", "beamcanvas.task.ewoks.task_class")
    assert found.run({"start": 1.0}) == {"result": 2.0}
    with pytest.raises(TaskNotFoundError):
        resolve("class", name_of("math.no_such_function"))


@pytest.mark.parametrize("widget", [NoTask, Lost])
def test_a_widget_without_a_task_has_no_such_class(widget: type) -> None:
    pytest.importorskip("ewokscore")
    assert not hasattr(widget, "ewokstaskclass")


def test_who_looks_at_a_widget_loads_nothing_of_ewoks() -> None:
    look = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_as_class import Widget
before = hasattr(Widget, "ewokstaskclass")
print(before, "ewokscore" in sys.modules)
"""
    said = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.split() == ["False", "False"]


@pytest.mark.peer
def test_ewoks_runs_the_class_of_a_widget_by_its_name() -> None:
    pytest.importorskip("ewokscore")
    from ewokscore import Task, execute_graph

    name = Widget.ewokstaskclass.class_registry_name()
    assert name == name_of(Widget.task_identifier)
    assert Task.get_subclass(name) is Widget.ewokstaskclass
    assert Widget.ewokstaskclass.input_names() == {"start"}
    assert Widget.ewokstaskclass.output_names() == {"result"}
    node = {
        "id": "one",
        "task_type": "class",
        "task_identifier": name,
        "default_inputs": [{"name": "start", "value": math.pi}],
    }
    graph = {"graph": {"id": "g", "schema_version": "1.1"}, "nodes": [node], "links": []}
    assert execute_graph(graph) == {"result": math.pi + 1}


@pytest.mark.peer
def test_ewoks_imports_a_class_that_it_has_not_seen() -> None:
    pytest.importorskip("ewokscore")
    from ewokscore import Task

    name = name_of(f"{__name__}.add_two")
    assert Task.get_subclass(name).class_registry_name() == name


@task
def add_two(start: float) -> float:
    """Two more."""
    return start + 2
