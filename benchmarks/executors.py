"""What a trivial task costs on each executor, against ewoks' engines, and a map against dask's.

    python benchmarks/executors.py [--peer PYTHON] [--nodes N]

A chain and a fan-out of N nodes, each adding two numbers; wall time of the whole run of a
graph that is loaded already, in ms for each node, the least of three, with workers that run
already wherever an engine can be given such. ``--peer`` is an interpreter with ewoksdask and
ewoksppf; by default this one. Theirs and ours take turns, so that both meet the same load.

The map: one node mapped over 1000 items on a cluster of dask, against ``client.map`` and
``client.gather`` of the same function on the same cluster.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from beamcanvas.execution import run
from beamcanvas.execution.conformance.tasks import add
from beamcanvas.execution.executors import make_executor
from beamcanvas.workflow import Workflow

RUNS = 3
SHAPES = ("chain", "fan-out")
#: ours, and theirs that a user would use instead
AGAINST = {
    "inline": ("core",),
    "threads:2": ("ppf, 2 threads", "dask, threads"),
    "processes:2": ("ppf, 2 processes", "dask, processes"),
    "pypushflow:thread:2": ("ppf, 2 threads",),
    "pypushflow:2": ("ppf, 2 processes",),
    "dask:2": ("dask, processes", "dask, cluster of 2"),
}
THEIRS = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from ewokscore import load_graph, execute_graph as core
from ewoksdask import execute_graph as dask
from ewoksppf import execute_graph as ppf

def graph(shape, n):
    values = [{"name": "a", "value": 1}, {"name": "b", "value": 1}]
    task = {"task_type": "class",
            "task_identifier": "ewokscore.tests.examples.tasks.sumtask.SumTask"}
    data = [{"source_output": "result", "target_input": "a"}]
    return {"graph": {"id": shape},
            "nodes": [{"id": str(i), "default_inputs": values, **task} for i in range(n)],
            "links": [{"source": str(i - 1 if shape == "chain" else 0), "target": str(i),
                       "required": True, "data_mapping": data} for i in range(1, n)]}

if __name__ == "__main__":
    from distributed import LocalCluster
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0")
    pool = {"scaling_workers": False, "max_workers": 2}
    engines = {
        "core": (core, {}, 1),
        "ppf, 2 threads": (ppf, {"pool_type": "thread", **pool}, 1),
        "ppf, 2 processes": (ppf, {"pool_type": "process", **pool}, 1),
        "dask, threads": (dask, {"scheduler": "multithreading"}, 1),
        "dask, processes": (dask, {"scheduler": "multiprocessing"}, 4),
        "dask, cluster of 2": (dask, {"scheduler": cluster.scheduler_address}, 1),
    }
    for line in sys.stdin:
        shape, name, nodes = json.loads(line)
        execute, options, fewer = engines[name]
        nodes //= fewer  # it is slow
        loaded = load_graph(graph(shape, nodes))
        begin = time.perf_counter()
        execute(loaded, **options)
        print(json.dumps(1000 * (time.perf_counter() - begin) / nodes), flush=True)
"""


def graph(shape: str, nodes: int) -> Workflow:
    workflow = Workflow(id=shape)
    workflow.add(add, id="0", inputs={"a": 1, "b": 1})
    for i in range(1, nodes):
        workflow.add(add, id=str(i), inputs={"b": 1})
        workflow.link(str(i - 1 if shape == "chain" else 0), str(i), {"a": "result"})
    return workflow


def cost(call: Callable[[], object]) -> float:
    """In ms."""
    begin = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--nodes", type=int, default=200)
    options = parser.parse_args()
    with ExitStack() as stack:
        peer = stack.enter_context(
            subprocess.Popen(
                [options.peer, "-c", THEIRS], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
        assert peer.stdin is not None
        assert peer.stdout is not None

        def theirs(shape: str, name: str) -> float:
            peer.stdin.write(json.dumps([shape, name, options.nodes]) + "\n")
            peer.stdin.flush()
            return float(json.loads(peer.stdout.readline()))

        print(f"{'':30}{'ms per task':>12}{'ewoks is slower by':>22}")
        for name, others in AGAINST.items():
            executor = stack.enter_context(make_executor(name))
            run(graph("fan-out", 20), executor=executor)  # starts what starts late
            for shape in SHAPES:
                workflow = graph(shape, options.nodes)
                ours, least = float("inf"), dict.fromkeys(others, float("inf"))
                for _ in range(RUNS):
                    took = cost(lambda w=workflow, e=executor: run(w, executor=e, outputs=[]))
                    ours = min(ours, took / options.nodes)
                    for other in others:
                        least[other] = min(least[other], theirs(shape, other))
                print(f"{f'{name}, {shape}':30}{ours:12.2f}")
                for other, took in least.items():
                    print(f"{'  ewoks: ' + other:30}{took:12.2f}{took / ours:20.1f} x")
            if name == "dask:2":
                the_map(executor)
        peer.stdin.close()


def plus_one(a: float) -> float:
    return a + 1


def the_map(executor: object) -> None:
    """1000 items on the cluster of an executor."""
    client = executor._client  # type: ignore[attr-defined]
    workflow = Workflow(id="map")
    how = {"execution": {"map": "a"}}
    workflow.add(add, id="0", inputs={"a": list(range(1000)), "b": 1}, extra=how)
    ours = theirs = float("inf")
    for _ in range(RUNS):
        ours = min(ours, cost(lambda: run(workflow, executor=executor)))  # type: ignore[arg-type]
        theirs = min(
            theirs, cost(lambda: client.gather(client.map(plus_one, range(1000), pure=False)))
        )
    print(f"{'a map of 1000 items':30}{ours / 1000:12.2f}")
    print(f"{'  client.map':30}{theirs / 1000:12.2f}{theirs / ours:20.2f} x")


if __name__ == "__main__":
    main()
