"""Our tasks in ewoks: what our graphs name runs under plain ``ewoks execute``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ewokscore")

TASKS = '''
from __future__ import annotations
from typing import Annotated, NamedTuple
from beamcanvas.task import SILENT, Param, Progress, task

class Parts(NamedTuple):
    whole: int
    rest: float

@task
def split(x: Annotated[float, Param(ge=0)], progress: Progress = SILENT) -> Parts:
    """Split a number."""
    progress(0.5)
    return Parts(int(x), x - int(x))

@task(output="sum")
def add(a: int, b: int = 1) -> int:
    return a + b
'''


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    (tmp_path / "lent_tasks.py").write_text(TASKS)
    ours = {"task_type": "generated", "task_generator": "beamcanvas.task.ewoks.task_class"}
    nodes = [
        {
            "id": "split",
            "task_identifier": "lent_tasks.split",
            "default_inputs": [{"name": "x", "value": 7.25}],
        },
        {"id": "add", "task_identifier": "lent_tasks.add"},
    ]
    links = [
        {
            "source": "split",
            "target": "add",
            "data_mapping": [{"source_output": "whole", "target_input": "a"}],
        }
    ]
    path = tmp_path / "graph.json"
    path.write_text(
        json.dumps(
            {
                "graph": {"id": "lent", "schema_version": "1.1"},
                "nodes": [{**ours, **node} for node in nodes],
                "links": links,
            }
        )
    )
    return path


@pytest.mark.peer
@pytest.mark.parametrize("engine", ["core", "ppf"])
def test_ewoks_runs_our_tasks(graph: Path, engine: str) -> None:
    pytest.importorskip("ewoks")
    command = [sys.executable, "-m", "ewoks", "execute", str(graph), "--engine", engine]
    if engine == "ppf":
        command += ["--merge-outputs", "-o", "pool_type=thread"]
    run = subprocess.run(
        [*command, "--outputs", "end"],
        cwd=graph.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "'sum': 8" in run.stdout


@pytest.mark.filterwarnings("ignore:Unexpected inputs")
def test_our_task_as_a_class_of_ewokscore(tmp_path: Path) -> None:
    from beamcanvas.task.ewoks import task_class

    file = tmp_path / "tasks.py"
    file.write_text(TASKS)
    split = task_class(f"{file}::split")
    assert split.required_input_names() == {"x"}
    assert split.output_names() == {"whole", "rest"}
    instance = split(inputs={"x": 1.5})
    instance.execute()
    assert instance.get_output_values() == {"whole": 1, "rest": 0.5}
    add = task_class(f"{file}::add")(inputs={"a": 1, "c": 5})
    add.execute()
    assert add.get_output_values() == {"sum": 2}
    wrong = split(inputs={"x": -1})
    with pytest.raises(RuntimeError, match="'x' should be at least 0, not -1"):
        wrong.execute()
