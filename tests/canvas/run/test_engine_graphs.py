"""The canvas and a headless run give the same outputs for the same graph."""

from __future__ import annotations

import pytest
import tasks_for_canvas as tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamcanvas.canvas.run.node_run import State
from beamcanvas.execution import run
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load, to_dict

pytestmark = pytest.mark.gui

EWOKS_GRAPHS = (
    "empty",
    "acyclic1",
    "acyclic2",
    "acyclic3",
    "demo",
    "cyclic1",
    "triangle1",
    "self_trigger",
)


def on_canvas(workflow: Workflow, qtbot):
    from AnyQt.QtCore import QCoreApplication, QEvent

    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

    scheme = new_scheme()
    try:
        draw(workflow, scheme, catalogue())
        scheme.engine.run_all()
        qtbot.waitUntil(lambda: not scheme.engine.is_running, timeout=20000)
        return scheme.engine.results(), {n.id: n.run.state for n in scheme.nodes}
    finally:
        QCoreApplication.sendEvent(scheme, QEvent(QEvent.Type.Close))
        scheme.deleteLater()


def headless(workflow: Workflow):
    return run(workflow, raise_on_error=False).nodes


@pytest.mark.peer
@pytest.mark.parametrize("name", EWOKS_GRAPHS)
def test_ewoks_own_graphs(name, configured, qtbot):
    graphs = pytest.importorskip("ewokscore.tests.examples.graphs")
    graph, _ = graphs.get_graph(name)
    workflow = load(graph)
    results, states = on_canvas(workflow, qtbot)
    assert results == headless(load(graph))
    assert {n for n, s in states.items() if s is State.DONE} == set(results)


@st.composite
def graphs(draw) -> Workflow:
    """Random graphs without loops; some links follow a condition, some nodes fail."""
    workflow = Workflow(id="random")
    n = draw(st.integers(1, 7))
    for i in range(n):
        kind = draw(st.sampled_from([tasks.add_until, tasks.add_until, tasks.fail]))
        inputs = {"a": float(draw(st.integers(0, 9)))}
        if kind is tasks.add_until:
            inputs |= {"b": 1.0, "limit": float(draw(st.integers(0, 20)))}
        workflow.add(kind, id=f"n{i}", inputs=inputs)
    for target in range(1, n):
        sources = draw(st.lists(st.integers(0, target - 1), max_size=2, unique=True))
        free = (
            ["a"] if workflow.nodes[f"n{target}"].task_identifier.endswith("fail") else ["a", "b"]
        )
        for source in sources:
            failing = workflow.nodes[f"n{source}"].task_identifier.endswith("fail")
            if failing:
                workflow.link(f"n{source}", f"n{target}", on_error=draw(st.booleans()))
            else:
                when = {"too_small": True} if draw(st.booleans()) else None
                data = {free.pop(): "result"} if free else {}
                workflow.link(f"n{source}", f"n{target}", data, when=when)
    return workflow


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(workflow=graphs())
def test_random_graphs(workflow, configured, qtbot):
    before = to_dict(workflow)
    results, _ = on_canvas(workflow, qtbot)
    assert results == headless(workflow)
    assert to_dict(workflow) == before
