"""Which node fires, with what, and when: without running anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamcanvas.execution.scheduler import Scheduler
from beamcanvas.execution.wiring import State
from beamcanvas.workflow import Workflow

Log = list[tuple[str, dict[Any, Any]]]


class Play:
    """A workflow of functions: each takes the inputs and returns the outputs."""

    def __init__(self) -> None:
        self.workflow = Workflow()
        self.functions: dict[str, Callable[..., Any]] = {}

    def node(self, id: str, function: Callable[..., Any] | None = None, **attributes: Any) -> None:
        self.workflow.add("x", id=id, **attributes)
        self.functions[id] = function or (lambda **k: {"out": id})

    def link(self, source: str, target: str, *args: Any, **attributes: Any) -> None:
        self.workflow.link(source, target, *args, **attributes)

    def run(
        self, pick: Callable[[list[Any]], int] = lambda due: 0, **options: Any
    ) -> tuple[Scheduler, Log]:
        """Run it; `pick` says which of the nodes under way ends next."""
        scheduler = Scheduler(self.workflow, **options)
        due, log = scheduler.start(), []
        while due:
            firing = due.pop(pick(due))
            log.append((firing.node.id, dict(firing.inputs)))
            try:
                outputs = self.functions[firing.node.id](**_keywords(firing.inputs))
            except ZeroDivisionError as error:
                due += scheduler.failed(firing, error)
            else:
                due += scheduler.finished(firing, outputs)
        return scheduler, log


def _keywords(inputs: Mapping[Any, Any]) -> dict[str, Any]:
    return {n if isinstance(n, str) else f"p{n}": v for n, v in inputs.items()}


def last(due: list[Any]) -> int:
    return -1


def fails(**_: Any) -> Any:
    raise ZeroDivisionError("no")


def test_default_inputs_are_overridden_by_given_ones_and_these_by_links() -> None:
    play = Play()
    play.node("a", lambda: {"x": 3})
    play.node("b", inputs={"one": 1, "two": 1, "three": 1})
    play.link("a", "b", {"three": "x"})
    _, log = play.run(inputs={"b": {"two": 2, "three": 2}})
    assert log[-1] == ("b", {"one": 1, "two": 2, "three": 3})


def test_names_of_digits_are_positions() -> None:
    play = Play()
    play.node("a", lambda: {"x": 3})
    play.node("b", inputs={"0": 1})
    play.link("a", "b", {"1": "x"})
    assert play.run()[1][-1] == ("b", {0: 1, 1: 3})


def test_all_outputs_as_one_mapping_and_under_their_names() -> None:
    play = Play()
    play.node("a", lambda: {"x": 3, "y": 4})
    play.node("b")
    play.node("c")
    play.link("a", "b", {"whole": None})
    play.link("a", "c", map_all_data=True)
    _, log = play.run()
    assert log[1:] == [("b", {"whole": {"x": 3, "y": 4}}), ("c", {"x": 3, "y": 4})]


def test_an_output_that_is_not_there_gives_no_input() -> None:
    play = Play()
    play.node("a", lambda: {"x": 3})
    play.node("b", inputs={"in": "default"})
    play.link("a", "b", {"in": "missing"})
    assert play.run()[1][-1] == ("b", {"in": "default"})


@pytest.mark.parametrize(("value", "followed"), [(1, "one"), (2, "two"), (3, "else"), (0, "else")])
def test_else_value(value: int, followed: str) -> None:
    play = Play()
    play.node("a", lambda: {"x": value}, conditions_else_value="other")
    for name, condition in (("one", 1), ("two", 2), ("else", "other")):
        play.node(name)
        play.link("a", name, when={"x": condition})
    assert [n for n, _ in play.run()[1]] == ["a", followed]


def test_the_else_value_itself_is_matched() -> None:
    play = Play()
    play.node("a", lambda: {"x": "other"}, conditions_else_value="other")
    play.node("b")
    play.link("a", "b", when={"x": "other"})
    assert len(play.run()[1]) == 2


@pytest.mark.parametrize(("x", "y", "follows"), [(1, 1, True), (1, 2, False), (2, 1, False)])
def test_all_conditions_must_hold(x: int, y: int, follows: bool) -> None:
    play = Play()
    play.node("a", lambda: {"x": x, "y": y})
    play.node("b")
    play.link("a", "b", when={"x": 1, "y": 1})
    assert (len(play.run()[1]) == 2) is follows


def test_a_condition_on_a_missing_output_or_an_array_does_not_hold() -> None:
    import numpy as np

    play = Play()
    play.node("a", lambda: {"x": np.arange(3)})
    for name in ("x", "y"):
        play.node(name)
        play.link("a", name, when={name: 1})
    assert [n for n, _ in play.run()[1]] == ["a"]


def test_conditions_may_have_values_that_are_not_hashable() -> None:
    play = Play()
    play.node("a", lambda: {"x": [1, 2]}, conditions_else_value="else")
    for name, value in (("b", [1, 2]), ("c", {"k": 1}), ("d", "else")):
        play.node(name)
        play.link("a", name, when={"x": value})
    assert [n for n, _ in play.run()[1]] == ["a", "b"]


def test_conditions_look_into_what_a_ppf_method_passes_on() -> None:
    play = Play()
    play.node("a", lambda: {"_ppfdict": {"go": True}}, task_type="ppfmethod")
    play.node("b")
    play.link("a", "b", map_all_data=True, when={"go": True})
    assert play.run()[1][-1] == ("b", {"_ppfdict": {"go": True}})


# -- joins


def branches(value: int) -> Play:
    play = Play()
    play.node("a", lambda: {"v": value}, conditions_else_value="else")
    for name, condition in (("b", 1), ("c", "else")):
        play.node(name)
        play.link("a", name, when={"v": condition})
    play.node("d")
    play.link("b", "d", {"b": "out"})
    play.link("c", "d", {"c": "out"})
    return play


@pytest.mark.parametrize("pick", [lambda due: 0, last])
@pytest.mark.parametrize(("value", "taken"), [(1, "b"), (2, "c")])
def test_a_join_of_alternatives_fires_once(value: int, taken: str, pick: Any) -> None:
    play = branches(value)
    play.link("a", "d", {"v": "v"})
    assert play.run(pick)[1][2:] == [("d", {"v": value, taken: taken})]


@pytest.mark.parametrize("pick", [lambda due: 0, last])
def test_a_join_after_a_condition_waits_for_all_branches_that_were_taken(pick: Any) -> None:
    play = Play()
    play.node("a", lambda: {"go": True})
    play.node("b")
    play.link("a", "b", when={"go": True})
    for name in "cde":
        play.node(name)
        play.link("b", name)
    play.node("slow")
    play.link("e", "slow")
    play.node("join")
    for name in ("c", "d", "slow"):
        play.link(name, "join", {name: "out"})
    assert [x for x in play.run(pick)[1] if x[0] == "join"] == [
        ("join", {"c": "c", "d": "d", "slow": "slow"})
    ]


def test_a_join_does_not_wait_for_a_branch_that_was_not_taken() -> None:
    play = Play()
    play.node("a", lambda: {"go": False})
    play.node("b")
    play.node("c")
    play.link("a", "b", when={"go": True})
    play.link("b", "c", {"b": "out"})
    play.node("x")
    play.link("x", "c", {"x": "out"})
    assert play.run()[1][-1] == ("c", {"x": "x"})


@pytest.mark.parametrize("pick", [lambda due: 0, last])
def test_an_iteration_of_a_loop_with_a_diamond_fires_the_join_once(pick: Any) -> None:
    play = Play()
    play.node("s", lambda: {"n": 0})
    play.node("a", lambda n: {"n": n})
    for name in "bc":
        play.node(name, lambda n: {"n": n + 1})
    play.node("d", lambda b, c: {"n": b, "more": b < 3})
    play.node("e")
    play.link("s", "a", {"n": "n"})
    for name in "bc":
        play.link("a", name, {"n": "n"})
        play.link(name, "d", {name: "n"})
    play.link("d", "a", {"n": "n"}, when={"more": True})
    play.link("d", "e", {"n": "n"}, when={"more": False})
    play.link("s", "e", {"start": "n"})
    _, log = play.run(pick)
    joins = [inputs for node, inputs in log if node == "d"]
    assert joins == [{"b": n, "c": n} for n in (1, 2, 3)]
    assert log[-1] == ("e", {"start": 0, "n": 3})
    assert len(log) == 1 + 3 * 4 + 1


def test_each_iteration_of_a_loop_is_followed_along_links_without_condition() -> None:
    play = Play()
    play.node("loop", lambda n: {"n": n + 1, "more": n < 3}, inputs={"n": 0}, force_start_node=True)
    play.node("each")
    play.link("loop", "loop", {"n": "n"}, when={"more": True})
    play.link("loop", "each", {"n": "n"})
    assert [i["n"] for n, i in play.run()[1] if n == "each"] == [1, 2, 3, 4]


def test_a_self_loop_of_200_turns() -> None:
    play = Play()
    play.node(
        "loop",
        lambda n: {"n": n + 1, "more": n + 1 < 200},
        inputs={"n": 0},
        force_start_node=True,
    )
    play.link("loop", "loop", {"n": "n"}, when={"more": True})
    scheduler, _ = play.run()
    assert scheduler.outputs["loop"]["n"] == 200
    assert scheduler.firings == {"loop": 200}


# -- links that say themselves what they are


def test_optional_deliveries_before_the_required_one_fire_one_by_one() -> None:
    play = Play()
    for name in ("r", "o", "p"):
        play.node(name)
    play.node("late", lambda **_: {"out": "late"})
    play.link("r", "late")
    play.node("g")
    play.link("late", "g", {"r": "out"})
    for name in "op":
        play.link(name, "g", {name: "out"}, required=False)
    log = [inputs for node, inputs in play.run()[1] if node == "g"]
    assert log == [{"r": "late", "o": "o"}, {"r": "late", "p": "p"}]


@pytest.mark.parametrize("seed", range(20))
def test_cached_links_are_used_again_in_whatever_order_they_deliver(seed: int) -> None:
    play = Play()
    names = ["r1", "r2", "o1", "o2", "f1", "f2"]
    play.node("g")
    for name in names:
        play.node(name)
        kind = {"r": None, "o": False, "f": False}[name[0]]
        play.link(name, "g", {name: "out"}, required=kind, cache_if_optional=name.startswith("o"))
    chance = random.Random(seed)
    _, log = play.run(lambda due: chance.randrange(len(due)))
    runs = [set(inputs) for node, inputs in log if node == "g"]
    assert runs[-1] in ({"r1", "r2", "o1", "o2", "f1"}, {"r1", "r2", "o1", "o2", "f2"})
    assert all({"r1", "r2"} <= inputs for inputs in runs)


def test_what_came_last_of_an_optional_link_is_used_until_something_newer_comes() -> None:
    play = Play()
    play.node("o")
    play.node("r", lambda n: {"n": n + 1, "more": n < 2}, inputs={"n": 0}, force_start_node=True)
    play.link("r", "r", {"n": "n"}, when={"more": True})
    play.node("g")
    play.link("o", "g", {"o": "out"}, required=False)
    play.link("r", "g", {"n": "n"}, required=True)
    log = [inputs for node, inputs in play.run()[1] if node == "g"]
    assert log == [{"o": "o", "n": n} for n in (1, 2, 3)]


def test_merge_order_required_cached_other() -> None:
    play = Play()
    for name in ("required", "cached", "other"):
        play.node(name)
    play.node("g", inputs={"x": "default"})
    play.link("other", "g", {"x": "out", "z": "out"}, required=False)
    play.link("cached", "g", {"x": "out", "y": "out"}, required=False, cache_if_optional=True)
    play.link("required", "g", {"x": "out", "y": "out", "z": "out"})
    assert play.run()[1][-1] == ("g", {"x": "other", "y": "cached", "z": "other"})


def test_a_required_conditional_link_is_waited_for_to_the_end() -> None:
    play = Play()
    play.node("a", lambda: {"go": False})
    play.node("b")
    play.node("c")
    play.link("a", "c", when={"go": True}, required=True)
    play.link("b", "c")
    assert [n for n, _ in play.run()[1]] == ["a", "b"]


# -- errors


def test_an_error_link_hands_over_the_error_and_the_linked_inputs() -> None:
    play = Play()
    play.node("a", lambda: {"x": 1})
    play.node("b", fails, inputs={"default": 1})
    play.node("after")
    play.node("handler")
    play.link("a", "b", {"x": "x"})
    play.link("b", "after")
    play.link("b", "handler", on_error=True, map_all_data=True)
    scheduler, log = play.run()
    (name, inputs) = log[-1]
    assert name == "handler"
    assert len(log) == 3
    assert set(inputs) == {"x", "WorkflowException", "WorkflowExceptionInstance"}
    assert inputs["WorkflowException"]["errorMessage"] == "no"
    assert isinstance(inputs["WorkflowExceptionInstance"], ZeroDivisionError)
    assert scheduler.errors == {}


def test_an_error_that_nothing_handles_stops_what_follows_and_nothing_else() -> None:
    play = Play()
    for name, function in (("a", fails), ("b", None), ("c", None), ("x", None), ("y", None)):
        play.node(name, function)
    play.link("a", "b")
    play.link("b", "c")
    play.link("x", "c")
    play.link("x", "y")
    scheduler, log = play.run()
    assert [n for n, _ in log] == ["a", "x", "y"]
    assert list(scheduler.errors) == ["a"]


def test_a_join_does_not_fire_on_half_of_its_inputs_after_an_error() -> None:
    play = branches(1)
    play.link("a", "d", {"v": "v"})
    play.functions["b"] = fails
    scheduler, log = play.run()
    assert [n for n, _ in log] == ["a", "b"]
    assert list(scheduler.errors) == ["b"]


@pytest.mark.parametrize("error", [True, False])
def test_error_branch_and_normal_branch_join(error: bool) -> None:
    play = Play()
    for name in ("in", "check", "a", "b", "rescue", "out"):
        play.node(name)
    if error:
        play.functions["check"] = fails
    play.link("in", "check")
    play.link("check", "a")
    play.link("check", "b")
    play.link("check", "rescue", on_error=True)
    for name in ("a", "b", "rescue"):
        play.link(name, "out", {name: "out"})
    expected = {"rescue": "rescue"} if error else {"a": "a", "b": "b"}
    assert [x for x in play.run()[1] if x[0] == "out"] == [("out", expected)]


def test_an_error_handler_aside_does_not_fire_what_lacks_an_input() -> None:
    play = Play()
    for name in ("a", "b", "c", "d", "log"):
        play.node(name)
    play.functions["a"] = fails
    play.link("a", "log", on_error=True)
    play.link("a", "b")
    play.link("b", "d")
    play.link("c", "d")
    assert [n for n, _ in play.run()[1]] == ["a", "c", "log"]


def test_each_error_fires_the_handler() -> None:
    play = Play()
    for name in "ab":
        play.node(name, fails)
    play.node("handler")
    for name in "ab":
        play.link(name, "handler", on_error=True, map_all_data=True)
    assert [n for n, _ in play.run()[1]] == ["a", "b", "handler", "handler"]


def test_nested_error_handlers() -> None:
    play = Play()
    play.node("a", fails)
    play.node("inner", fails)
    play.node("outer")
    play.link("a", "inner", on_error=True)
    play.link("inner", "outer", on_error=True)
    scheduler, log = play.run()
    assert [n for n, _ in log] == ["a", "inner", "outer"]
    assert not scheduler.errors


# -- parts of a workflow


def line(*ids: str) -> Play:
    play = Play()
    for name in ids:
        play.node(name)
    for source, target in pairwise(ids):
        play.link(source, target, {"x": "out"})
    return play


def test_run_from_here_takes_the_outputs_that_are_given() -> None:
    play = line("a", "b", "c")
    scheduler, log = play.run(given={"a": {"out": "kept"}}, only={"b", "c"})
    assert log == [("b", {"x": "kept"}), ("c", {"x": "b"})]
    assert scheduler.outputs == {"a": {"out": "kept"}, "b": {"out": "b"}, "c": {"out": "c"}}


def test_run_until_here() -> None:
    assert [n for n, _ in line("a", "b", "c").run(only={"a", "b"})[1]] == ["a", "b"]


def test_a_node_without_its_upstream_starts_with_what_it_has() -> None:
    assert line("a", "b", "c").run(only={"b"})[1] == [("b", {})]


def test_links_of_given_nodes_obey_their_conditions() -> None:
    play = Play()
    play.node("a")
    for name, value in (("b", 1), ("c", 2)):
        play.node(name)
        play.link("a", name, when={"v": value})
    assert [n for n, _ in play.run(given={"a": {"v": 2}})[1]] == ["c"]


def test_joins_wait_for_branches_of_given_nodes_that_run() -> None:
    play = branches(1)
    _, log = play.run(given={"a": {"v": 1}}, only={"b", "c", "d"})
    assert log == [("b", {}), ("d", {"b": "b"})]


def test_only_what_is_asked_for_is_kept() -> None:
    scheduler, _ = line("a", "b", "c").run(keep={"b"})
    assert list(scheduler.outputs) == ["b"]


# -- any graph


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_order_in_which_nodes_end_does_not_change_what_fires(data: st.DataObject) -> None:
    """In a graph without loops and errors, joins included."""
    n = data.draw(st.integers(2, 9))
    play = Play()
    for i in range(n):
        outputs = {"out": str(i), "v": data.draw(st.integers(0, 1))}
        play.node(str(i), lambda outputs=outputs, **_: outputs)
    for target in range(1, n):
        for source in data.draw(st.sets(st.integers(0, target - 1), max_size=3)):
            when = {"v": 1} if data.draw(st.booleans()) else {}
            play.link(str(source), str(target), {f"from{source}": "out"}, when=when)
    first, expected = play.run()
    chance = random.Random(data.draw(st.integers()))
    second, log = play.run(lambda due: chance.randrange(len(due)))
    assert sorted(map(str, log)) == sorted(map(str, expected))
    assert all(count <= 1 for count in first.firings.values())
    assert list(second.outputs.keys() - first.outputs.keys()) == []


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_delivery_is_left_lying_in_any_graph(data: st.DataObject) -> None:
    """With loops, conditions, errors and every kind of link."""
    n = data.draw(st.integers(2, 7))
    play = Play()
    turns = dict.fromkeys(map(str, range(n)), 0)

    def function(node: str, bad: bool) -> Callable[..., Any]:
        def call(**_: Any) -> dict[str, Any]:
            turns[node] += 1
            if bad and turns[node] % 2:
                fails()
            return {"out": node, "again": turns[node] < 3}

        return call

    for node in turns:
        play.node(node, function(node, data.draw(st.booleans())), force_start_node=node == "0")
    kinds = st.sampled_from([{}, {}, {"required": False}, {"required": True}, {"on_error": True}])
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    for source, target in data.draw(st.sets(pairs, max_size=12)):
        kind = dict(data.draw(kinds))
        if source >= target or data.draw(st.booleans()):
            kind.pop("on_error", None)
            kind["when"] = {"again": True}
        kind["cache_if_optional"] = data.draw(st.booleans())
        play.link(str(source), str(target), {f"from{source}": "out"}, **kind)
    chance = random.Random(data.draw(st.integers()))
    left = []

    def release(state: State) -> None:
        if state.ready and (state.seen or state.backlog):
            left.append(state.node.id)

    with patch.object(State, "release", release):
        scheduler, log = play.run(lambda due: chance.randrange(len(due)))
    assert left == []
    assert len(log) == sum(scheduler.firings.values())
    for state in scheduler._states.values():
        assert state.loop.settled
        assert not state.queue


def test_a_chain_of_20_000_nodes() -> None:
    play = Play()
    n = 20_000
    for i in range(n):
        play.workflow.add("x", id=i)
        if i:
            play.link(i - 1, i, {"x": "out"})  # type: ignore[arg-type]
    scheduler = Scheduler(play.workflow, keep=())
    due, fired = scheduler.start(), 0
    while due:
        fired += 1
        due += scheduler.finished(due.pop(), {"out": fired})
    assert fired == n
