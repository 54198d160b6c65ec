"""The ``.flow`` format: one attribute a line, so that two versions compare line by line.

::

    [graph]
    "id": "monitor"

    [node]
    "id": "read"
    "task_identifier": "beamline_sample.scan.read_scan"

    [link]
    "source": "read"
    "target": "normalise"
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from beamcanvas import Workflow, WorkflowError
from beamcanvas.output_file import replacing
from beamcanvas.workflow.formats import dumps, from_dict
from beamcanvas.workflow.formats.file import read_text

name = "flow"
suffixes = (".flow",)


def read(path: Path) -> Workflow:
    """The workflow in a file. Nothing that it names is imported."""
    nodes: list[Any] = []
    links: list[Any] = []
    graph: dict[str, Any] = {}
    document: dict[str, Any] = {"graph": graph, "nodes": nodes, "links": links}
    block = document
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line in ("[node]", "[link]"):
            block = {}
            (nodes if line == "[node]" else links).append(block)
        elif line == "[graph]":
            block = graph
        elif line.strip():
            try:
                block.update(json.loads("{" + line + "}"))
            except ValueError:
                raise WorkflowError(f"line {number} is no attribute: {line!r}.") from None
    return from_dict(document)


def write(workflow: Workflow, path: Path) -> None:
    """Write the workflow to a file, whole or not at all."""
    document = json.loads(dumps(workflow))
    graph, nodes, links = (document.pop(key) for key in ("graph", "nodes", "links"))
    blocks = [
        _lines(document),
        "[graph]\n" + _lines(graph),
        *("[node]\n" + _lines(node) for node in nodes),
        *("[link]\n" + _lines(link) for link in links),
    ]
    with replacing(path) as (_, new):
        new.write_text("\n".join(filter(None, blocks)), encoding="utf-8")


def _lines(block: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)}: {json.dumps(value)}\n" for key, value in block.items())
