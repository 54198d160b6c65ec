"""The test graphs of ewoks, with tasks of our own: each with what its nodes should give."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from running_tasks import add, add_below_ten, add_or_fail, nothing, total

from beamcanvas.workflow import Workflow

Expected = dict[str, dict[str, Any] | None]


def _chain(workflow: Workflow, *ids: str, **attributes: Any) -> None:
    for source, target in pairwise(ids):
        workflow.link(source, target, {"a": "result"}, **attributes)


def _sums(workflow: Workflow, task: Callable[..., Any], values: dict[str, dict[str, Any]]) -> None:
    for node_id, inputs in values.items():
        workflow.add(task, id=node_id, inputs=inputs)


def empty() -> tuple[Workflow, Expected]:
    return Workflow(id="empty"), {}


def acyclic1() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="acyclic1")
    _sums(workflow, add, {"1": {"a": 1}, "2": {"a": 2}})
    _sums(workflow, add, {"3": {"b": 3}, "4": {"b": 4}, "5": {}, "6": {"b": 6}})
    _chain(workflow, "1", "3", "5", "6")
    _chain(workflow, "2", "4")
    workflow.link("4", "5", {"b": "result"})
    values = {"1": 1, "2": 2, "3": 4, "4": 6, "5": 10, "6": 16}
    return workflow, {n: {"result": v} for n, v in values.items()}


def acyclic2() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="acyclic2")
    _sums(workflow, add_or_fail, {"1": {"a": 1}, "2": {"b": 2, "raise_error": True}})
    _sums(workflow, add_or_fail, {"3": {"b": 3}, "4": {"a": 3, "b": 4}, "5": {"b": 5}})
    _sums(workflow, add_or_fail, {"6": {"b": 6}})
    _chain(workflow, "1", "2", "3", "5")
    workflow.link("2", "4", on_error=True)
    _chain(workflow, "4", "6")
    expected: Expected = {"1": {"result": 1}, "4": {"result": 7}, "6": {"result": 13}}
    return workflow, {**expected, "2": None, "3": None, "5": None}


def acyclic3() -> tuple[Workflow, Expected]:
    workflow, expected = acyclic1()
    workflow.id = "acyclic3"
    workflow.add(nothing, id="7")
    workflow.add(nothing, id="8")
    workflow.link("6", "7")
    workflow.link("7", "8")
    return workflow, {**expected, "7": {}, "8": {}}


def demo() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="demo")
    workflow.add(total, id="0", inputs={"list": [0, 1, 2]})
    _sums(workflow, add, {"1": {}, "2": {"a": 2}, "3": {"b": 3}, "4": {"b": 4}, "5": {}})
    _sums(workflow, add, {"6": {"b": 6}})
    workflow.link("0", "1", {"a": "sum"})
    _chain(workflow, "1", "3", "5", "6")
    _chain(workflow, "2", "4")
    workflow.link("4", "5", {"b": "result"})
    values = {"1": 3, "2": 2, "3": 6, "4": 6, "5": 12, "6": 18}
    return workflow, {"0": {"sum": 3}, **{n: {"result": v} for n, v in values.items()}}


def cyclic1() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="cyclic1")
    _sums(workflow, add_below_ten, {"1": {"a": 1}})
    steps = {"2": 1, "3": 3, "4": -1, "5": -1, "6": 0, "7": 1}
    _sums(workflow, add_below_ten, {n: {"b": b} for n, b in steps.items()})
    for node_id in "46":
        workflow.nodes[node_id].conditions_else_value = "otherwise"
    _chain(workflow, "1", "2", "3", "4")
    _chain(workflow, "4", "2", when={"too_small": True})
    _chain(workflow, "4", "5", when={"too_small": "otherwise"})
    _chain(workflow, "5", "6")
    _chain(workflow, "6", "2", when={"too_small": True})
    _chain(workflow, "6", "7", when={"too_small": "otherwise"})
    return workflow, {"7": {"result": 12, "too_small": False}}


def triangle1() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="triangle1")
    _sums(workflow, add_below_ten, {"1": {"a": 1}, "2": {"b": 1}, "3": {"b": 1}})
    _chain(workflow, "1", "2", "3", "1", when={"too_small": True})
    return workflow, {
        "2": {"result": 10, "too_small": False},
        "3": {"result": 9, "too_small": True},
    }


def self_trigger() -> tuple[Workflow, Expected]:
    workflow = Workflow(id="self_trigger")
    _sums(workflow, add_below_ten, {"1": {"a": 1}, "2": {"a": 1}, "3": {}})
    workflow.nodes["1"].force_start_node = True
    workflow.link("1", "1", {"b": "result"}, when={"too_small": True})
    _chain(workflow, "1", "3")
    workflow.link("2", "3", {"b": "result"})
    return workflow, {"3": {"result": 11, "too_small": False}}


#: the merged outputs of the end nodes
OUTPUTS: dict[str, dict[str, Any]] = {
    "empty": {},
    "acyclic1": {"result": 16},
    "acyclic2": {"result": 13},
    "acyclic3": {},
    "demo": {"result": 18},
    "cyclic1": {"result": 12, "too_small": False},
    "triangle1": {"result": 10, "too_small": False},
    "self_trigger": {"result": 11, "too_small": False},
}
GRAPHS = {
    make.__name__: make
    for make in (
        empty,
        acyclic1,
        acyclic2,
        acyclic3,
        demo,
        cyclic1,
        triangle1,
        self_trigger,
    )
}
