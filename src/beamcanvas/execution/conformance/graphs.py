"""The table of test graphs: each with what its nodes should give, None for one that doesn't run.

The first eight are ewoks' own, with tasks of ours; the others show one thing each.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ...workflow import Alias, InputName, NodeId, Workflow
from . import tasks
from .tasks import add, add_below_ten, add_or_fail, nothing, total

Expected = dict[NodeId, dict[str, Any] | None]


def _chain(workflow: Workflow, *ids: str, **attributes: Any) -> None:
    for source, target in pairwise(ids):
        workflow.link(source, target, {"a": "result"}, **attributes)


def _sums(
    workflow: Workflow, task: Callable[..., Any], values: dict[str, dict[InputName, Any]]
) -> None:
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


def defaults() -> tuple[Workflow, Expected]:
    """A link wins over a default input; what isn't linked keeps its default."""
    workflow = Workflow(id="defaults")
    _sums(workflow, add, {"1": {"a": 1}, "2": {"a": 100, "b": 2}})
    _chain(workflow, "1", "2")
    return workflow, {"2": {"result": 3}}


def positions() -> tuple[Workflow, Expected]:
    """Inputs by position, of functions that aren't tasks."""
    workflow = Workflow(id="positions")
    workflow.add("builtins.max", id="max", inputs={0: 1, 1: 16.0})
    workflow.add("math.sqrt", id="root")
    workflow.link("max", "root", {0: "return_value"})
    return workflow, {"root": {"return_value": 4.0}}


def all_outputs() -> tuple[Workflow, Expected]:
    """All outputs are handed over, and the task takes those that it has inputs for."""
    workflow = Workflow(id="all_outputs")
    workflow.add(add_below_ten, id="1", inputs={"a": 1})
    workflow.add(tasks.collect, id="2", inputs={"a": "x"})
    workflow.add(tasks.collect, id="3")
    workflow.link("1", "2", map_all_data=True)
    workflow.link("1", "3", {"a": None})
    everything = {"result": 1, "too_small": True}
    return workflow, {"2": {"values": {"a": "x"}}, "3": {"values": {"a": everything}}}


def order_only() -> tuple[Workflow, Expected]:
    """A link without data."""
    workflow = Workflow(id="order_only")
    workflow.add(nothing, id="1")
    workflow.add(add, id="2", inputs={"a": 2})
    workflow.link("1", "2")
    return workflow, {"1": {}, "2": {"result": 2}}


def otherwise() -> tuple[Workflow, Expected]:
    """One of two branches, and the join after them."""
    workflow = Workflow(id="otherwise")
    _sums(workflow, add_below_ten, {"1": {"a": 20}, "small": {}, "large": {"b": 1}, "end": {}})
    workflow.nodes["1"].conditions_else_value = "otherwise"
    _chain(workflow, "1", "small", when={"too_small": True})
    _chain(workflow, "1", "large", when={"too_small": "otherwise"})
    _chain(workflow, "small", "end")
    _chain(workflow, "large", "end")
    last = {"result": 21, "too_small": False}
    return workflow, {"small": None, "large": last, "end": last}


def error_data() -> tuple[Workflow, Expected]:
    """An error link hands over the error and what links had given to the node."""
    workflow = Workflow(id="error_data")
    _sums(workflow, add_or_fail, {"1": {"a": 7}, "2": {"raise_error": True}})
    workflow.add(tasks.describe_error, id="3")
    _chain(workflow, "1", "2")
    workflow.link("2", "3", map_all_data=True, on_error=True)
    return workflow, {"2": None, "3": {"result": "Intentional error with a=7.0"}}


def error_handler() -> tuple[Workflow, Expected]:
    """The default error node of a graph."""
    workflow = Workflow(id="error_handler")
    _sums(workflow, add_or_fail, {"1": {"raise_error": True}, "2": {"a": 2}})
    workflow.add(tasks.describe_error, id="3", default_error_node=True)
    return workflow, {"2": {"result": 2}, "3": {"result": "Intentional error with a=None"}}


def unhandled() -> tuple[Workflow, Expected]:
    """A failure that nothing handles: what follows doesn't run, the other branch does."""
    workflow = Workflow(id="unhandled")
    _sums(workflow, add_or_fail, {"1": {"raise_error": True}, "2": {}, "3": {"a": 3}, "4": {}})
    _chain(workflow, "1", "2")
    _chain(workflow, "3", "4")
    return workflow, {"1": None, "2": None, "4": {"result": 3}}


def subgraph() -> tuple[Workflow, Expected]:
    """A graph as a node of another."""
    inner = Workflow(id="inner")
    _sums(inner, add, {"1": {"b": 1}, "2": {"b": 2}})
    _chain(inner, "1", "2")
    inner.input_nodes = [Alias(id="in", node="1")]
    inner.output_nodes = [Alias(id="out", node="2")]
    workflow = Workflow(id="subgraph")
    workflow.add(add, id="begin", inputs={"a": 10})
    workflow.add(inner, id="inner")
    workflow.add(add, id="end", inputs={"b": 100})
    workflow.link("begin", "inner", {"a": "result"}, sub_target="in")
    workflow.link("inner", "end", {"a": "result"}, sub_source="out")
    return workflow, {("inner", "2"): {"result": 13}, "end": {"result": 113}}


def end_nodes() -> tuple[Workflow, Expected]:
    """Two end nodes: of outputs with one name, that of the later node in the flow counts."""
    workflow = Workflow(id="end_nodes")
    _sums(workflow, add, {"late": {"a": 1}, "early": {"a": 2}, "step": {"a": 3}})
    workflow.link("step", "late")
    return workflow, {"late": {"result": 1}, "early": {"result": 2}}


def arrays() -> tuple[Workflow, Expected]:
    """A large array for two nodes, and a second one along a chain."""
    workflow = Workflow(id="arrays")
    workflow.add(tasks.ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(tasks.shift, id="shifted", inputs={"offset": 1.0})
    workflow.add(tasks.total_of, id="total")
    workflow.add(tasks.total_of, id="total shifted")
    workflow.link("ramp", "shifted", {"image": "image"})
    workflow.link("shifted", "total shifted", {"image": "image"})
    workflow.link("ramp", "total", {"image": "image"})
    sum_ = 120000 * 119999 / 2
    return workflow, {"total": {"sum": sum_}, "total shifted": {"sum": sum_ + 120000}}


def containers() -> tuple[Workflow, Expected]:
    """Values of many kinds arrive as what they were."""
    workflow = Workflow(id="containers")
    values: dict[InputName, Any] = {
        "a": (1, "two", None),
        "b": {"x": [b"3", 4j]},
        "c": np.arange(3, dtype=np.int16),
    }
    workflow.add(tasks.collect, id="1", inputs=values)
    workflow.add(tasks.collect, id="2")
    workflow.link("1", "2", {"a": "values"})
    return workflow, {"2": {"values": {"a": values}}}


def counting() -> tuple[Workflow, Expected]:
    """A loop that a node closes with itself, many times."""
    workflow = Workflow(id="counting")
    workflow.add(add_below_ten, id="count", inputs={"a": -30, "b": 1}, force_start_node=True)
    workflow.link("count", "count", {"a": "result"}, when={"too_small": True})
    return workflow, {"count": {"result": 10, "too_small": False}}


def wide() -> tuple[Workflow, Expected]:
    """Many nodes at once, and a chain of many."""
    workflow = Workflow(id="wide")
    workflow.add(add, id="0", inputs={"a": 1})
    for i in range(1, 41):
        workflow.add(add, id=str(i), inputs={"b": i})
        workflow.link("0" if i < 21 else str(i - 1), str(i), {"a": "result"})
    chain = 1 + 20 + sum(range(21, 41))
    return workflow, {**{str(i): {"result": 1 + i} for i in range(1, 21)}, "40": {"result": chain}}


#: the merged outputs of the end nodes, of graphs whose own are those of several nodes or none
OUTPUTS: dict[str, dict[str, Any]] = {
    "empty": {},
    "acyclic1": {"result": 16},
    "acyclic2": {"result": 13},
    "acyclic3": {},
    "demo": {"result": 18},
    "cyclic1": {"result": 12, "too_small": False},
    "triangle1": {"result": 10, "too_small": False},
    "self_trigger": {"result": 11, "too_small": False},
    "error_data": {"result": "Intentional error with a=7.0"},
    "end_nodes": {"result": 1},
    "subgraph": {"result": 113},
}
GRAPHS: dict[str, Callable[[], tuple[Workflow, Expected]]] = {
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
        defaults,
        positions,
        all_outputs,
        order_only,
        otherwise,
        error_data,
        error_handler,
        unhandled,
        subgraph,
        end_nodes,
        arrays,
        containers,
        counting,
        wide,
    )
}
#: the nodes of a graph that fail without that anything handles it
FAILURES: dict[str, set[NodeId]] = {"unhandled": {"1"}}
