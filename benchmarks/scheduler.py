"""What a run costs for each trivial task, here and in ewoks' core engine, in one process.

    python benchmarks/scheduler.py [NODES]

A chain and a fan-out of 1000 nodes, each adding two integers: ours as ``@task`` functions
and theirs as ``ewokscore.Task`` classes, and their classes in our engine. CPU time of the
whole run of a graph that is loaded already, best of three. A chain is 900 long in both, with
``required`` on each link: ewokscore can't load a longer one, nor one that leaves it open.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from time import process_time

from beamcanvas.execution import run
from beamcanvas.task import task
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import from_dict

THEIRS = "ewokscore.tests.examples.tasks.sumtask.SumTask"
RUNS = 3


@task
def add(a: int, b: int = 0) -> int:
    return a + b


def graph(shape: str, nodes: int, ours: bool) -> dict:
    """A graph in ewoks' words."""
    how = {"task_type": "class", "task_identifier": THEIRS}
    if ours:
        how = {
            "task_type": "generated",
            "task_generator": "beamcanvas.task.ewoks.task_class",
            "task_identifier": f"{add.__module__}.add",
        }
    values = [{"name": "a", "value": 1}, {"name": "b", "value": 1}]
    data = [{"source_output": "result", "target_input": "a"}]
    return {
        "graph": {"id": shape},
        "nodes": [{"id": str(i), "default_inputs": values, **how} for i in range(nodes)],
        "links": [
            {
                "source": str(i - 1 if shape == "chain" else 0),
                "target": str(i),
                "data_mapping": data,
                "required": True,
            }
            for i in range(1, nodes)
        ],
    }


def cost(call: Callable[[], object], nodes: int) -> float:
    """Microseconds of CPU for each node."""
    best = float("inf")
    for _ in range(RUNS):
        gc.collect()
        begin = process_time()
        call()
        best = min(best, process_time() - begin)
    return 1e6 * best / nodes


def main() -> None:
    logging.disable(logging.CRITICAL)
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    from ewokscore import execute_graph, load_graph

    print(f"{'':22}{'us of CPU per task':>20}{'ewokscore is slower by':>26}")
    for shape in ("chain", "fan-out"):
        nodes = min(size, 900) if shape == "chain" else size
        mapping = graph(shape, nodes, ours=False)
        loaded = load_graph(mapping)
        quiet = cost(lambda loaded=loaded: execute_graph(loaded, execinfo=False), nodes)
        theirs = cost(lambda loaded=loaded: execute_graph(loaded), nodes)
        print(f"{shape + ', ewokscore':22}{theirs:12.1f} ({quiet:.0f} without events)")
        own: Workflow = from_dict(graph(shape, nodes, ours=True))
        foreign = from_dict(mapping)
        for name, workflow, events in (
            ("ours, no events", own, ()),
            ("ours, events logged", own, ("log",)),
            ("ours, their tasks", foreign, ()),
        ):
            mine = cost(lambda w=workflow, e=events: run(w, events=e), nodes)
            against = theirs if events else quiet
            print(f"  {name:20}{mine:12.1f}{against / mine:26.1f}")


if __name__ == "__main__":
    main()
