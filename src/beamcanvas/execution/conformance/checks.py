"""The checks: every graph of the table, and what a run may rely on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, TypeAlias

import numpy as np

from ...errors import Cancelled, TaskError
from ...workflow import Workflow
from ..executors import Executor
from ..run import Result, run
from . import tasks
from .graphs import FAILURES, GRAPHS, OUTPUTS

Check: TypeAlias = Callable[[Executor], None]

#: seconds that a cancel may take, with what a busy machine adds
_SOON = 5.0


def check_executor(executor: Executor) -> None:
    """Run all checks.

    Raises
    ------
    AssertionError
        What it doesn't do, in one sentence.
    """
    for check in CHECKS.values():
        check(executor)


def graph(name: str, executor: Executor) -> None:
    """A graph of the table gives what it should."""
    workflow, expected = GRAPHS[name]()
    result = run(workflow, executor=executor, raise_on_error=False)
    for node_id, outputs in expected.items():
        _same(result.nodes.get(node_id), outputs, f"outputs of node {node_id!r} of '{name}'")
    _same(set(result.errors), FAILURES.get(name, set()), f"failures of '{name}'")
    if name in OUTPUTS:
        _same(result.outputs, OUTPUTS[name], f"outputs of '{name}'")


def end_results_alone(executor: Executor) -> None:
    """When outputs are asked for, these are what comes back."""
    workflow, _ = GRAPHS["arrays"]()
    result = run(workflow, executor=executor, outputs=[{"all": False}], merge_outputs=False)
    sum_ = 120000 * 119999 / 2
    wanted = {"total": {"sum": sum_}, "total shifted": {"sum": sum_ + 120000}}
    _same(result.outputs, wanted, "outputs that were asked for")
    _same(result.nodes, wanted, "outputs that were kept")
    named = [{"id": "ramp", "name": "curve", "new_name": "x"}]
    _same(
        run(workflow, executor=executor, outputs=named).outputs,
        {"x": np.arange(400.0)},
        "an output that was asked for by its name",
    )
    _same(run(workflow, executor=executor, outputs=[]).outputs, {}, "outputs when none is wanted")


def inputs_are_told(executor: Executor) -> None:
    """The inputs of the nodes are those that the links handed over."""
    workflow, _ = GRAPHS["arrays"]()
    result = run(workflow, executor=executor)
    image = np.arange(120000.0).reshape(300, 400)
    _same(result.inputs["total"], {"image": image}, "inputs of a node")


def events(executor: Executor) -> None:
    """Each node starts before it ends, once, after those that feed it ended."""
    workflow, _ = GRAPHS["wide"]()
    told: list[dict[str, Any]] = []
    result = run(workflow, executor=executor, events=[told.append])
    news = [(e["node_id"], e["type"]) for e in told if e["context"] == "node"]
    _same(len(news), 2 * len(workflow.nodes), "number of events of the nodes")
    place = {item: i for i, item in enumerate(news)}
    for link in workflow.links:
        source, target = place[str(link.source), "end"], place[str(link.target), "start"]
        _must(source < target, f"node {link.target} started before node {link.source} ended")
    for node_id, (start, end) in result.times.items():
        _must(start <= end, f"node {node_id} ended before it started")


def progress(executor: Executor) -> None:
    """Progress arrives in order, between the start and the end of the node."""
    told: list[dict[str, Any]] = []
    run(_one(tasks.steps, n=4), executor=executor, events=[told.append])
    seen = [e["progress"] for e in told if e["type"] == "progress"]
    _same(seen, [25, 50, 75, 100], "progress that was told")


def failures(executor: Executor) -> None:
    """Whatever a task raises is a failure of its node alone, in words that survive."""
    workflow = _one(tasks.raise_two_parts)
    workflow.add(tasks.leave, id="leave")
    workflow.add(f"{tasks.__name__}.not_there", id="missing")
    workflow.add(tasks.add, id="wrong", inputs={"a": "no number"})
    workflow.add(tasks.add, id="good", inputs={"a": 1})
    try:
        run(workflow, executor=executor)
    except TaskError as error:
        result: Result = error.result
        said = " ".join(error.problems)
    else:
        raise AssertionError("Tasks that fail were not told.")
    _same(set(result.errors), {"one", "leave", "missing", "wrong"}, "nodes that failed")
    _same(result.nodes, {"good": {"result": 1}}, "outputs beside the failures")
    for words in ("one and two", "SystemExit", "not_there", "no number"):
        _must(words in said, f"the words '{words}' of an error are missing in: {said}")


def cancel(executor: Executor) -> None:
    """A task that looks at its progress ends when it is cancelled; the next run is served."""
    _cancelled(_one(tasks.patient), executor)


def cancel_stubborn(executor: Executor) -> None:
    """A cancel doesn't wait for a task that doesn't look."""
    _cancelled(_one(tasks.stubborn), executor)


def _cancelled(workflow: Workflow, executor: Executor) -> None:
    one = workflow.nodes["one"]
    workflow.add(tasks.add, id="after", inputs={"a": 1})
    workflow.link("one", "after")
    flag = threading.Event()
    asked = [0.0]
    with TemporaryDirectory() as folder:
        begun = Path(folder, "begun")
        one.default_inputs["begun"] = str(begun)

        def watch() -> None:
            end = monotonic() + 60
            while not begun.exists() and monotonic() < end:
                flag.wait(0.01)
            asked[0] = monotonic()
            flag.set()

        threading.Thread(target=watch, daemon=True).start()
        try:
            run(workflow, executor=executor, cancelled=flag)
        except Cancelled as stopped:
            seconds = monotonic() - asked[0]
            _same(stopped.result.nodes, {}, "outputs of a run that was cancelled")
        else:
            raise AssertionError("A run went to its end though it was cancelled.")
    _must(seconds < _SOON, f"a cancel took {seconds:.1f} s")
    again = run(_one(tasks.add, a=1), executor=executor).outputs
    _same(again, {"result": 1}, "outputs of the run after a cancel")


def _one(task: Callable[..., Any], **inputs: Any) -> Workflow:
    workflow = Workflow(id="one")
    node = workflow.add(task, id="one")
    for name, value in inputs.items():
        node.default_inputs[name] = value
    return workflow


def _same(found: object, expected: object, what: str) -> None:
    _must(_equal(found, expected), f"{what}: {found!r}, not {expected!r}")


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise AssertionError(words)


def _equal(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down, for arrays too."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_equal(a[n], b[n]) for n in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        same = type(a) is type(b) and len(a) == len(b)
        return same and all(map(_equal, a, b))
    return bool(a == b)


#: by name, in the order from simple to hard
CHECKS: dict[str, Check] = {
    **{f"graph {name}": partial(graph, name) for name in GRAPHS},
    **{
        check.__name__.replace("_", " "): check
        for check in (
            end_results_alone,
            inputs_are_told,
            events,
            progress,
            failures,
            cancel,
            cancel_stubborn,
        )
    },
}
