"""What is made of the answers of real slurmrestds, old and new."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replay import TOKEN, Replay

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance import CHECKS
from beamcanvas.execution.conformance.tasks import add, ramp, steps, total_of
from beamcanvas.execution.executors import make_executor
from beamcanvas.execution.slurm import Slurm, SlurmRuns
from beamcanvas.execution.slurm.access import Seen
from beamcanvas.execution.slurm.rest import Rest
from beamcanvas.execution.slurm.settings import Settings
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.rules import ANY


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SLURM_JWT", raising=False)
    monkeypatch.setenv("BEAMCANVAS_SLURM_TOKEN", TOKEN)
    monkeypatch.setenv("BEAMCANVAS_SLURM_FOLDER", str(tmp_path / "jobs"))
    monkeypatch.setattr("beamcanvas.execution.slurm.courier.SOON", 0.2)


@pytest.fixture(params=[38, 42])
def server(request: pytest.FixtureRequest) -> Iterator[Replay]:
    with Replay(request.param) as replay:
        yield replay


def two(first: str = "first", **resources: Any) -> Workflow:
    workflow = Workflow(id="two")
    how = {"execution": {"resources": resources}}
    workflow.add(add, id="1", label=first, inputs={"a": 1}, extra=how)
    workflow.add(add, id="2", label="beside", inputs={"a": 2})
    return workflow


# -- words that changed from version to version


def test_the_newest_version_that_both_know_is_spoken(server: Replay) -> None:
    assert Rest(Settings.of([f"url={server.url}/"])).version == server.version


def test_a_job_is_asked_for_in_the_words_of_the_version(server: Replay) -> None:
    asked = {"cores": 2, "memory": 1.5, "gpus": 1, "partition": "gpu", "time": 90}
    with Slurm(url=server.url, account="mx", qos="fast", time=5) as executor:
        assert run(two(**asked), executor=executor).nodes["1"] == {"result": 1}
    by_name = {said["name"]: said for said in server.submitted}
    said = by_name["first"]
    assert {said[n] for n in ("partition", "account", "qos")} == {"gpu", "mx", "fast"}
    assert said["cpus_per_task"] == 2
    if server.version == 38:
        assert (said["memory_per_node"], said["time_limit"], said["gres"]) == (1536, 90, "gpu:1")
        assert said["environment"]["OMP_NUM_THREADS"] == "2"
        assert by_name["beside"]["time_limit"] == 5
    else:
        assert said["memory_per_node"] == {"set": True, "infinite": False, "number": 1536}
        assert said["time_limit"]["number"] == 90
        assert said["tres_per_node"] == "gres/gpu:1"
        assert "OMP_NUM_THREADS=2" in said["environment"]
        assert by_name["beside"]["time_limit"]["number"] == 5
    assert "cpus_per_task" not in by_name["beside"]


@pytest.mark.parametrize(
    ("fate", "seen"),
    [
        ("NEVER", Seen("PENDING", "PartitionTimeLimit")),
        ("RUNNING", Seen("RUNNING")),
        ("COMPLETED", Seen("COMPLETED")),
        ("FAILED", Seen("FAILED", "NonZeroExitCode", 3)),
    ],
)
def test_how_a_job_is_means_the_same_in_all(server: Replay, fate: str, seen: Seen) -> None:
    server.fates["first"] = fate
    with Slurm(url=server.url) as executor:
        job = executor.jobs.send(_Nothing(), "first", ANY)
        way = executor.jobs._courier._access
        end = time.monotonic() + 5
        while job.id is None and time.monotonic() < end:
            time.sleep(0.01)
        found = way.look([str(job.id), "99999"])
    assert {n: (s.state, s.code) for n, s in found.items()} == {job.id: (seen.state, seen.code)}
    if seen.state != "RUNNING":
        assert found[str(job.id)].reason == seen.reason


class _Nothing:
    """An order that nobody carries out."""


# -- runs


@pytest.mark.parametrize("name", ["acyclic2", "arrays"])
def test_graphs_of_the_table(server: Replay, name: str) -> None:
    with Slurm(url=server.url) as executor:
        CHECKS[f"graph {name}"](executor)
        assert list(executor.jobs) == []
    assert not any((Path(Settings.of().folder)).iterdir())


@pytest.mark.parametrize("check", ["failures", "progress", "cancel", "cancel stubborn"])
def test_what_every_executor_does(check: str) -> None:
    with Replay(38) as server, Slurm(url=server.url) as executor:
        CHECKS[check](executor)


@pytest.mark.parametrize("check", ["graph cyclic1", "graph wide", "events", "failures", "cancel"])
def test_a_workflow_as_one_job(check: str) -> None:
    with Replay(42) as server, SlurmRuns(url=server.url) as executor:
        CHECKS[check](executor)


def test_a_whole_job_takes_what_its_nodes_take(server: Replay) -> None:
    workflow = two(cores=2, memory=4)
    workflow.nodes["2"].extra["execution"] = {"resources": {"cores": 1, "gpus": 1, "time": 9}}
    with make_executor(f"slurm:url={server.url},whole,time=30,inside=threads:2") as executor:
        assert run(workflow, executor=executor).nodes["2"] == {"result": 2}
    (said,) = server.submitted
    assert said["name"] == "two"
    assert said["cpus_per_task"] == 2
    assert "gpu:1" in str(said)
    assert "30" in str(said["time_limit"])


def test_files_of_results_and_of_kept_ones_are_written_in_the_job(tmp_path: Path) -> None:
    with Replay(42) as server, SlurmRuns(url=server.url) as executor:
        options: Any = {"executor": executor, "cache": tmp_path / "kept"}
        result = run(two(), results=tmp_path / "all.h5", **options)
    assert result.file == tmp_path / "all.h5"
    assert result.file.exists()
    assert any((tmp_path / "kept").rglob("*"))


def test_only_what_is_asked_for_is_read_and_the_rest_goes(server: Replay) -> None:
    workflow = Workflow(id="arrays")
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(total_of, id="total")
    workflow.link("ramp", "total", {"image": "image"})
    with Slurm(url=server.url) as executor:
        result = run(workflow, executor=executor, outputs=[{"all": False}])
        assert result.outputs == {"sum": 120000 * 119999 / 2}
        del result
        assert [f.name for f in executor.jobs.folder.iterdir() if f.suffix == ".value"] == []


def test_nodes_that_follow_each_other_share_a_job(server: Replay) -> None:
    workflow = two()
    for i in range(3, 7):
        workflow.add(add, id=str(i), inputs={"b": 1})
        workflow.link("2" if i == 3 else str(i - 1), str(i), {"a": "result"})
    with Slurm(url=server.url) as executor:
        assert run(workflow, executor=executor).nodes["6"] == {"result": 6}
    assert [said["name"] for said in server.submitted] == ["first", "beside"]


def test_jobs_are_looked_at_all_at_once_and_seldom(server: Replay) -> None:
    workflow = Workflow(id="many")
    for i in range(4):
        workflow.add(add, id=str(i), inputs={"a": i})
    with Slurm(url=server.url) as executor:
        run(workflow, executor=executor)
    assert server.asked["POST job/submit"] == 4
    looks = sum(n for name, n in server.asked.items() if name.startswith("GET jobs"))
    assert looks < 25


def test_the_log_is_whole_when_a_job_says_that_it_is_done(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from beamcanvas.execution.slurm.on_node import Desk
print("so it is")
Desk(Path({str(tmp_path)!r}), "1").finish("finished")
os._exit(0)  # whoever reads the log now gets what there is
"""
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONUNBUFFERED"}
    with (tmp_path / "1.log").open("wb") as log:
        subprocess.run([sys.executable, "-c", script], stdout=log, check=True, env=environment)
    assert (tmp_path / "1.log").read_text() == "so it is\n"


def test_what_a_job_prints_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    workflow = Workflow(id="print")
    workflow.add("builtins.print", id="one", inputs={0: "so it is"})
    with Replay(38) as server, caplog.at_level("INFO"), Slurm(url=server.url) as executor:
        run(workflow, executor=executor)
    assert "so it is" in caplog.text


# -- faults


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("TIMEOUT", r"Job 10\d of SLURM took longer than the 1 min that it may take"),
        ("NODE_FAIL", r"The node of the cluster that ran job 10\d of SLURM failed"),
        ("CANCELLED", r"Job 10\d of SLURM was cancelled, not by this run"),
        ("NEVER", r"SLURM will never begin job 10\d: PartitionTimeLimit"),
        ("REFUSED", r"SLURM refused the job: .*[Ii]nvalid partition name"),
        ("SIGNALLED", r"Job 10\d of SLURM ended by signal 11 \(SIGSEGV\)"),
        ("COMPLETED", r"left nothing in /.*: do the nodes see that folder\?"),
    ],
)
def test_a_job_that_comes_to_grief_takes_its_node_alone(
    server: Replay, fate: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamcanvas.execution.slurm.jobs.LATE", 0.2)
    server.fates["first"] = fate
    workflow = two(time=1)
    if fate != "NODE_FAIL":
        del workflow.nodes["2"]
    with Slurm(url=server.url) as executor, pytest.raises(TaskError, match=words) as info:
        run(workflow, executor=executor)
    assert "Node 'first'" in str(info.value)
    others = {n: {"result": int(n)} for n in workflow.nodes if n != "1"}
    assert info.value.result.nodes == others


def test_a_crash_is_told_with_the_end_of_its_log() -> None:
    workflow = Workflow(id="crash")
    workflow.add("os.abort", id="one")
    words = r"signal 6 \(SIGABRT\); the last line of its log: the module is loaded$"
    setup = "echo the module is loaded"
    with (
        Replay(42) as server,
        Slurm(url=server.url, setup=setup) as executor,
        pytest.raises(TaskError, match=words),
    ):
        run(workflow, executor=executor)


def test_a_disk_that_is_full_is_told() -> None:
    workflow = Workflow(id="large")
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    with (
        Replay(38) as server,
        Slurm(url=server.url, setup="ulimit -f 200") as executor,
        pytest.raises(TaskError, match=r"'ramp'.* can't be sent .*: .* File too large"),
    ):
        run(workflow, executor=executor)


def test_a_crash_in_a_job_for_all_takes_its_node_alone() -> None:
    workflow = two()
    workflow.add("os.abort", id="3")
    with (
        Replay(42) as server,
        SlurmRuns(url=server.url) as executor,
        pytest.raises(TaskError, match="ended by signal 6") as info,
    ):
        run(workflow, executor=executor)
    assert set(info.value.result.nodes) == {"1", "2"}


def test_a_job_for_all_that_is_lost_ends_the_run(
    server: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamcanvas.execution.slurm.jobs.LATE", 0.2)
    server.fates["two"] = "NODE_FAIL"
    told: list[dict[str, Any]] = []
    words = r"The node of the cluster .* failed"
    with SlurmRuns(url=server.url) as executor, pytest.raises(TaskError, match=words):
        run(two(), executor=executor, events=[told.append])
    assert told[-1]["error_message"].startswith("The node of the cluster")


def test_a_scheduler_that_is_away_for_a_while_is_waited_for(server: Replay) -> None:
    with Slurm(url=server.url) as executor:
        server.is_down = True
        threading.Timer(0.5, lambda: setattr(server, "is_down", False)).start()
        assert run(two(), executor=executor).nodes["2"] == {"result": 2}


@pytest.mark.parametrize("how", ["down", "gone"])
def test_a_scheduler_that_stays_away_ends_the_run_with_its_name(server: Replay, how: str) -> None:
    with Slurm(url=server.url, patience=0.5) as executor:
        if how == "down":
            server.is_down = True
        else:
            server.stop()
        words = r"(can't reach the scheduler|No slurmrestd answers at http).* silent for"
        with pytest.raises(TaskError, match=words):
            run(two(), executor=executor)


def test_results_come_though_nobody_answers_any_more(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    workflow = Workflow(id="one")
    waiting = f"for i in range(200):\n  if __import__('os').path.exists({str(gate)!r}): break\n"
    (tmp_path / "wait.py").write_text(f"import time\n{waiting}  time.sleep(0.05)\n")
    workflow.add(str(tmp_path / "wait.py"), id="one", task_type="script")
    with Replay(38) as server, Slurm(url=server.url) as executor:

        def go_away() -> None:
            end = time.monotonic() + 10
            while not server.jobs and time.monotonic() < end:
                time.sleep(0.02)
            server.is_down = True
            gate.touch()

        threading.Thread(target=go_away).start()
        assert run(workflow, executor=executor).nodes["one"]["return_code"] == 0


# -- who isn't let in


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("other", r"(either its scheduler is away, or the token of|doesn't let) '\w+'"),
        ("", "slurmrestd asks for a token: `scontrol token` gives one"),
        (f"h.{base64.urlsafe_b64encode(json.dumps({'exp': 1e9}).encode()).decode()}.s", "ended"),
    ],
)
def test_a_token_that_is_not_taken(server: Replay, token: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Slurm(url=server.url, token=token)


def test_a_token_is_read_again_from_its_file(server: Replay, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"SLURM_JWT={TOKEN}\n")
    with Slurm(url=server.url, token_file=file) as executor:
        file.write_text("old")
        threading.Timer(0.3, file.write_text, [TOKEN]).start()
        time.sleep(0.4)
        assert run(two(), executor=executor).nodes["2"] == {"result": 2}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slurm:partitio=a", "slurm:partitio=a: there is no such setting. Did you mean 'partition"),
        ("slurm:cores=two", "slurm:cores=two: it should be a whole number from 1"),
        ("slurm:url=host:6820", "url=host:6820: that of slurmrestd begins with http"),
        ("slurm:token=secret", "A token isn't given on the command line, where others see it"),
        ("slurm:url=http://127.0.0.1:1", "No slurmrestd answers at http://127.0.0.1:1: "),
        ("slurm", "There is no way to SLURM: neither the address of a slurmrestd"),
    ],
)
def test_settings_that_mean_nothing(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match=words):
        make_executor(text)


def test_who_answers_and_is_no_slurmrestd() -> None:
    with Replay(38) as server:
        server.reply = lambda _: (200, "<html>")  # type: ignore[method-assign]
        with pytest.raises(InputError, match="answers as no slurmrestd does"):
            Slurm(url=server.url)


def test_a_workflow_is_not_taken_apart_where_it_is_run_as_a_whole() -> None:
    workflow = two()
    with Replay(38) as server:
        workflow.nodes["1"].extra["execution"] = {"executor": f"slurm:url={server.url},whole"}
        with pytest.raises(InputError, match="runs a workflow as a whole, and not 'first' alone"):
            run(workflow)


def test_progress_of_a_job_is_told_as_it_comes(server: Replay) -> None:
    workflow = Workflow(id="one")
    workflow.add(steps, id="one", inputs={"n": 4})
    told: list[dict[str, Any]] = []
    with SlurmRuns(url=server.url) as executor:
        run(workflow, executor=executor, events=[told.append])
    assert [e["progress"] for e in told if e["type"] == "progress"] == [25, 50, 75, 100]
    assert {e["job_id"] for e in told} == {told[0]["job_id"]}
