"""The file of results: what a run produced, as it ended, and nothing of what never ran."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from threading import Event
from typing import Any

import h5py
import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas import load
from beamcanvas.errors import Cancelled, InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.executors import Executor
from beamcanvas.nexus.results import ResultsWriter, read_outputs
from beamcanvas.workflow import Workflow


def adding() -> Workflow:
    """first -> second, each adds one."""
    workflow = Workflow(id="adding")
    workflow.add(tasks.add, id="first", inputs={"a": 0, "b": 1})
    workflow.add(tasks.add, id="second", inputs={"b": 1})
    workflow.link("first", "second", {"a": "result"})
    return workflow


def test_the_file_holds_what_the_result_holds(tmp_path: Path, executor: Executor) -> None:
    result = run(adding(), {"first": {"a": 10}}, executor=executor, results=tmp_path / "r.h5")
    assert result.file == tmp_path / "r.h5"
    assert read_outputs(result.file) == result.nodes
    assert load(result.file).nodes["first"].default_inputs["a"] == 10
    with h5py.File(result.file) as file:
        assert file["entry/second/inputs/a"][()] == 11
        assert file["entry/second/status"].asstr()[()] == "done"


def test_the_file_holds_all_nodes_whatever_stays_in_memory(tmp_path: Path) -> None:
    result = run(adding(), outputs=[], results=tmp_path / "r.h5")
    assert not result.nodes
    assert read_outputs(tmp_path / "r.h5") == {"first": {"result": 1}, "second": {"result": 2}}


def test_what_is_written_is_not_kept_in_memory(tmp_path: Path) -> None:
    workflow = adding()
    first, second = workflow.nodes.values()
    with ResultsWriter(tmp_path / "r.h5", workflow) as writer:
        image = np.arange(10_000.0)
        alive = weakref.ref(image)
        writer.node(first, inputs={}, outputs={"result": image})
        writer.node(second, inputs={"a": image}, outputs={})
        del image
        gc.collect()
        assert alive() is None
    with h5py.File(tmp_path / "r.h5") as file:
        assert isinstance(file["entry/second/inputs"].get("a", getlink=True), h5py.SoftLink)


def test_a_failed_run_keeps_what_was_produced(tmp_path: Path, executor: Executor) -> None:
    workflow = adding()
    workflow.add("math.sqrt", id="bad", inputs={0: -1.0})
    with pytest.raises(TaskError) as failure:
        run(workflow, executor=executor, results=tmp_path / "r.h5")
    assert failure.value.result.file == tmp_path / "r.h5"
    assert read_outputs(tmp_path / "r.h5")["second"] == {"result": 2}
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["entry/bad/status"].asstr()[()] == "failed"
        assert "math domain error" in str(file["entry/bad/error/data"].asstr()[()])


def test_a_failure_that_was_handled_is_in_the_file(tmp_path: Path) -> None:
    workflow = Workflow(id="handled")
    workflow.add("math.sqrt", id="bad", inputs={0: -1.0})
    workflow.add(tasks.add, id="rescue", inputs={"a": 1, "b": 1})
    workflow.link("bad", "rescue", on_error=True)
    run(workflow, results=tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["entry/bad/status"].asstr()[()] == "failed"
        assert file["entry/rescue/status"].asstr()[()] == "done"


def test_a_cancelled_run_keeps_what_was_produced(tmp_path: Path) -> None:
    cancelled = Event()

    def after_the_first(event: dict[str, Any]) -> None:
        if event["node_id"] == "first" and event["type"] == "end":
            cancelled.set()

    with pytest.raises(Cancelled):
        run(adding(), events=[after_the_first], cancelled=cancelled, results=tmp_path / "r.h5")
    assert read_outputs(tmp_path / "r.h5") == {"first": {"result": 1}}


def test_a_run_that_produced_nothing_leaves_the_old_file(tmp_path: Path) -> None:
    run(adding(), results=tmp_path / "r.h5")
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled) as stop:
        run(adding(), cancelled=cancelled, results=tmp_path / "r.h5")
    assert stop.value.result.file is None
    with pytest.raises(TaskError):
        run(adding(), {"first": {"a": "text"}}, results=tmp_path / "r.h5")
    with pytest.raises(InputError):
        run(adding(), executor="nowhere", results=tmp_path / "r.h5")
    assert read_outputs(tmp_path / "r.h5")["second"] == {"result": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5"]


def test_a_file_that_cannot_be_written_stops_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    seen: list[Any] = []
    with pytest.raises(InputError, match="this is a folder"):
        run(adding(), events=[seen.append], results=tmp_path / "folder")
    assert not seen
