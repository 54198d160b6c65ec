"""Loading graphs of 10 000 nodes: from JSON text to a validated flat graph.

    python benchmarks/load_graph.py [NODES]

Each shape is loaded here and by ewokscore in turn, in one process; CPU time, the best of
several. ewokscore analyses branches in exponential time, so it gets them once.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import ewokscore

from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import loads
from beamcanvas.workflow.validation import check

Links = list[tuple[int, int]]


def independent(size: int) -> Links:
    return []


def fan_out(size: int) -> Links:
    return [(0, i) for i in range(1, size)]


def branches(size: int) -> Links:
    """Chains of ten nodes."""
    return [(i - 1, i) for i in range(size) if i % 10]


def as_json(size: int, links: Links) -> str:
    task = "ewokscore.tests.examples.tasks.sumtask.SumTask"
    nodes = [
        {
            "id": f"node{i}",
            "task_type": "class",
            "task_identifier": task,
            "default_inputs": [{"name": "a", "value": i}],
        }
        for i in range(size)
    ]
    mapping = [{"source_output": "result", "target_input": "a"}]
    graph = {"id": "benchmark", "label": "benchmark", "schema_version": "1.2"}
    spelled = [
        {"source": f"node{source}", "target": f"node{target}", "data_mapping": mapping}
        for source, target in links
    ]
    return json.dumps({"graph": graph, "nodes": nodes, "links": spelled})


def here(text: str) -> Workflow:
    return check(loads(text))


def seconds(load: Callable[[str], Any], text: str) -> float:
    start = time.process_time()
    loaded = load(text)
    taken = time.process_time() - start
    del loaded
    return taken


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    logging.disable(logging.CRITICAL)
    print(f"{size} nodes, CPU seconds  beamcanvas  ewokscore  ratio")
    for shape, rounds in ((independent, 5), (fan_out, 5), (branches, 1)):
        text = as_json(size, shape(size))
        ours, theirs = [], []
        for _ in range(rounds):
            ours += [seconds(here, text) for _ in range(3)]
            theirs.append(seconds(ewokscore.load_graph, text))
        ratio = min(ours) / min(theirs)
        print(f"{shape.__name__:24} {min(ours):10.3f} {min(theirs):10.3f} {ratio:6.3f}")


if __name__ == "__main__":
    main()
