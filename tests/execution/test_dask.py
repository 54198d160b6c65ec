"""Nodes on a dask cluster: what stays there, what comes back, and workers that die."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance.tasks import ramp, stubborn, total_of
from beamcanvas.execution.executors import make_executor
from beamcanvas.workflow import Workflow

distributed = pytest.importorskip("distributed")

from beamcanvas.execution.executors.dask import Dask  # noqa: E402


def two_arrays() -> Workflow:
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(total_of, id="total")
    workflow.add(total_of, id="total of curve")
    workflow.link("ramp", "total", {"image": "image"})
    workflow.link("ramp", "total of curve", {"image": "curve"})
    return workflow


def counted(executor: Dask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    fetched: list[Any] = []
    gather = executor._client.gather

    def spy(futures: Any, **options: Any) -> Any:
        fetched.extend(futures)
        return gather(futures, **options)

    monkeypatch.setattr(executor._client, "gather", spy)
    return fetched


def test_only_what_is_asked_for_comes_back(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = counted(dask, monkeypatch)
    wanted = {"total": {"sum": 120000 * 119999 / 2}, "total of curve": {"sum": 400 * 399 / 2}}
    result = run(two_arrays(), executor=dask, outputs=[{"all": False}], merge_outputs=False)
    assert result.outputs == wanted
    assert result.inputs == {"total": {}, "total of curve": {}}
    assert fetched == []
    result = run(two_arrays(), executor=dask, outputs=[{"id": "ramp", "name": "curve"}])
    np.testing.assert_array_equal(result.outputs["curve"], np.arange(400.0))
    assert len(fetched) == 2  # the outputs of one node


def test_outputs_are_let_go_on_the_workers(dask: Dask) -> None:
    run(two_arrays(), executor=dask)
    end = time.monotonic() + 10
    while any(dask._client.has_what().values()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(dask._client.has_what().values())


def test_an_address_and_a_client_that_are_there(dask: Dask) -> None:
    address = dask._client.scheduler.address
    assert run(two_arrays(), executor=f"dask:{address}").outputs == {"sum": 400 * 399 / 2}
    with distributed.Client(address, set_as_default=False) as client:
        with Dask(client) as executor:
            assert run(two_arrays(), executor=executor).outputs == {"sum": 400 * 399 / 2}
        assert client.submit(sum, [1, 2]).result() == 3  # it isn't ours to close


def test_a_worker_that_dies_of_a_task_takes_that_node_alone() -> None:
    workflow = Workflow()
    workflow.add(tasks.where, id="start")
    workflow.add(tasks.segfault, id="bad")
    workflow.link("start", "bad")
    for i in range(4):
        workflow.add(tasks.add, id=str(i), inputs={"a": i})
        workflow.link("start", str(i))
    with Dask(1) as executor, pytest.raises(TaskError, match=r"'bad'.* worker .* died") as info:
        run(workflow, executor=executor)
    result = info.value.result
    assert set(result.errors) == {"bad"}
    assert {n: v["result"] for n, v in result.nodes.items() if n != "start"} == {
        str(i): i for i in range(4)
    }


def test_what_a_lost_worker_held_is_made_again(dask: Dask, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(tasks.where, id="where")
    workflow.add(stubborn, id="wait", inputs={"begun": str(begun), "seconds": 2.0})
    workflow.add(total_of, id="total")
    workflow.link("ramp", "where")
    workflow.link("where", "wait")
    workflow.link("ramp", "total", {"image": "image"})
    workflow.link("wait", "total")
    holder: list[int] = []

    def kill() -> None:
        while not begun.exists():
            time.sleep(0.02)
        held = {k: v for k, v in dask._client.has_what().items() if v}
        busy = {k for k, v in dask._client.processing().items() if v}
        pids = dask._client.run(os.getpid, workers=[w for w in held if w not in busy])
        for pid in pids.values():
            holder.append(pid)
            os.kill(pid, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    result = run(workflow, executor=dask, outputs=[{"id": "total"}])
    killing.join()
    assert result.outputs == {"sum": 120000 * 119999 / 2}


def test_who_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beamcanvas.execution.executors.dask.clusters.PATIENCE", 0.5)
    with pytest.raises(InputError, match=r"No scheduler of dask answers at tcp://127\.0\.0\.1:1"):
        make_executor("dask:tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("threads:many", "how many nodes run at once should be a whole number"),
        ("processes:0", "how many nodes run at once should be a whole number"),
        ("dask:slurm:many", "the number of jobs should be a whole number"),
        ("inline:2", "The executor 'inline:2' can't be made"),
    ],
)
def test_arguments_that_mean_nothing_are_errors(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_executor(text)


def test_how_many_nodes_run_at_once() -> None:
    with make_executor("threads:3") as threads, make_executor("processes:2") as processes:
        assert threads._size == 3  # type: ignore[attr-defined]
        assert processes._size == 2  # type: ignore[attr-defined]
