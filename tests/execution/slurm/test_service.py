"""Against a real SLURM of one node (tools/services/slurm)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beamcanvas.errors import Cancelled, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance import CHECKS
from beamcanvas.execution.conformance.tasks import add, ramp, stubborn, total_of
from beamcanvas.execution.executors import make_executor
from beamcanvas.execution.slurm import Slurm, SlurmRuns
from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.service("slurm")


def scontrol(*words: str) -> str:
    done = subprocess.run(["scontrol", *words], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(autouse=True)
def _settings(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLURM_CONF", os.environ["BEAMCANVAS_TEST_SLURM_CONF"])
    monkeypatch.setenv("BEAMCANVAS_SLURM_FOLDER", str(tmp_path / "jobs"))
    monkeypatch.setattr("beamcanvas.execution.slurm.courier.SOON", 0.5)


@pytest.fixture(params=["rest", "commands"])
def slurm(request: pytest.FixtureRequest, service: str) -> Iterator[Slurm]:
    said: dict[str, Any] = {}
    if request.param == "rest":
        said = {"url": service, "token": scontrol("token", "username=root", "lifespan=600")}
    with Slurm(**said) as executor:
        yield executor


@pytest.mark.parametrize("check", ["graph acyclic2", "graph arrays", "cancel"])
def test_each_node_is_a_job(slurm: Slurm, check: str) -> None:
    CHECKS[check](slurm)


@pytest.mark.parametrize(
    "check", ["graph cyclic1", "graph error_handler", "graph wide", "events", "cancel stubborn"]
)
def test_a_workflow_is_one_job(check: str) -> None:
    with SlurmRuns() as executor:
        CHECKS[check](executor)


def test_a_job_takes_what_its_node_asks_for(slurm: Slurm) -> None:
    workflow = Workflow(id="one")
    how = {"cores": 2, "memory": 0.5, "gpus": 1, "partition": "short", "time": 1}
    workflow.add("os.getenv", id="job", inputs={0: "SLURM_JOB_ID"})
    workflow.add("os.getenv", id="threads", inputs={0: "OMP_NUM_THREADS"})
    for node in workflow.nodes.values():
        node.extra["execution"] = {"resources": how}
    result = run(workflow, executor=slurm)
    assert result.nodes["threads"]["return_value"] == "2"
    said = scontrol("show", "job", result.nodes["job"]["return_value"])
    for words in (
        "Partition=short",
        "TimeLimit=00:01:00",
        "CPUs/Task=2",
        "MinMemoryNode=512M",
        "gpu:1",
    ):
        assert words in said


def test_a_job_that_is_refused_or_crashes(slurm: Slurm) -> None:
    workflow = Workflow(id="three")
    workflow.add(add, id="nowhere", inputs={"a": 1})
    workflow.nodes["nowhere"].extra["execution"] = {"resources": {"partition": "nowhere"}}
    workflow.add("os.abort", id="aborted")
    workflow.add(add, id="good", inputs={"a": 1})
    with pytest.raises(TaskError) as info:
        run(workflow, executor=slurm)
    said = " ".join(info.value.problems)
    assert "SLURM refused the job" in said
    assert "partition" in said
    assert "signal 6 (SIGABRT)" in said
    assert info.value.result.nodes == {"good": {"result": 1}}


def test_who_is_cancelled_leaves_no_job(slurm: Slurm, tmp_path: Path) -> None:
    begun, flag = tmp_path / "begun", threading.Event()
    workflow = Workflow(id="slow")
    for i in range(6):
        workflow.add(stubborn, id=str(i), inputs={"begun": f"{begun}{i}", "seconds": 30})
    asked = [0.0]

    def stop() -> None:
        while not Path(f"{begun}0").exists():
            time.sleep(0.02)
        asked[0] = time.monotonic()
        flag.set()

    threading.Thread(target=stop).start()
    with pytest.raises(Cancelled):
        run(workflow, executor=slurm, cancelled=flag)
    assert time.monotonic() - asked[0] < 3
    slurm.close()
    end = time.monotonic() + 5
    while going() and time.monotonic() < end:
        time.sleep(0.1)
    assert not going()


def going() -> str:
    out = subprocess.run(["squeue", "--noheader"], check=True, capture_output=True, text=True)
    return out.stdout


def test_workers_of_dask_as_jobs(tmp_path: Path, service: str) -> None:
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask_jobqueue")
    workflow = Workflow(id="arrays")
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(total_of, id="total")
    workflow.add("os.getenv", id="job", inputs={0: "SLURM_JOB_ID"})
    workflow.link("ramp", "total", {"image": "image"})
    how = {
        "cores": 1, "memory": "500MB", "processes": 1, "walltime": "00:05:00", "interface": "lo",
        "log-directory": str(tmp_path), "local-directory": str(tmp_path),
    }  # fmt: skip
    with (
        dask.config.set({"jobqueue.slurm": {**dask.config.get("jobqueue.slurm", {}), **how}}),
        make_executor("dask:slurm:1") as executor,
    ):
        result = run(workflow, executor=executor)
    assert result.nodes["total"] == {"sum": 120000 * 119999 / 2}
    assert result.nodes["job"]["return_value"].isdecimal()
