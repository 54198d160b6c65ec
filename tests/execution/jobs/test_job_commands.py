"""``beamcanvas submit``, ``status``, ``cancel`` and ``worker``, as one types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import job_tasks
import pytest
from running_tasks import add, add_or_fail
from test_job_worker import lines, one, until

from beamcanvas.cli import main
from beamcanvas.execution.jobs import Board
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save


@pytest.fixture
def sum_file(tmp_path: Path) -> str:
    workflow = Workflow(id="sum")
    workflow.add(add, id="first", inputs={"a": 1})
    workflow.add(add, id="second", inputs={"b": 10})
    workflow.link("first", "second", {"a": "result"})
    return str(save(workflow, tmp_path / "sum.json"))


def test_submit_and_wait(
    address: str, served: str, sum_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--broker", address, "--queue", served]
    assert main(["submit", sum_file, "-p", "first:b=4", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out) == {"second": {"result": 15}}
    other = str(save(one(add, a=1), tmp_path / "other.json"))
    results = tmp_path / "results"
    assert main(["submit", sum_file, other, "--results", str(results), "--wait", *where]) == 0
    jobs = capsys.readouterr().out.split()
    assert sorted(file.name for file in results.iterdir()) == ["other.h5", "sum.h5"]
    assert main(["status", jobs[0][:8], "--broker", address]) == 0
    told = capsys.readouterr().out
    assert jobs[0] in told
    assert "state:     done" in told
    assert main(["status", "--queue", served, "--json", "--broker", address]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {job["id"]: job["state"] for job in told["jobs"] if job["id"] in jobs} == dict.fromkeys(
        jobs, "done"
    )
    assert (served,) in {tuple(worker["queues"]) for worker in told["workers"]}
    assert main(["status", "--broker", address]) == 0
    assert jobs[1][:8] in capsys.readouterr().out


def test_what_failed_is_told_by_the_exit_code(
    address: str, served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--broker", address, "--queue", served]
    good = str(save(one(add, a=1), tmp_path / "good.json"))
    bad = str(save(one(add_or_fail, raise_error=True), tmp_path / "bad.json"))
    assert main(["submit", good, bad, "--wait", *where]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"{bad}: Node 'one', task")
    assert told.endswith("Intentional error\n")
    wrong = str(save(one(add, a="x"), tmp_path / "wrong.json"))
    assert main(["submit", wrong, "--wait", *where]) == 2
    assert "number" in capsys.readouterr().err


def test_cancel(
    address: str, served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--broker", address]
    file = tmp_path / "file"
    scheme = str(save(one(job_tasks.long, file=str(file)), tmp_path / "long.json"))
    assert main(["submit", scheme, scheme, "--queue", served, *where]) == 0
    running, waiting = capsys.readouterr().out.split()
    until(lambda: lines(file))
    assert main(["cancel", waiting, running, *where]) == 0
    assert capsys.readouterr().out == f"{waiting}  cancelled\n{running}  cancelled\n"
    assert main(["cancel", running[:8], *where]) == 2
    assert "has ended already: it is cancelled" in capsys.readouterr().err
    assert main(["cancel", "xyz", *where]) == 2
    assert "There is no job 'xyz'" in capsys.readouterr().err
    assert len(lines(file)) == 1


def test_nobody_works_for_a_queue(
    board: Board, address: str, queue: str, sum_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", sum_file, "--queue", queue, "--broker", address]) == 0
    told = capsys.readouterr()
    assert f"no worker takes jobs of the queue '{queue}'" in told.err
    assert main(["status", "--state", "queued", "--queue", queue, "--broker", address]) == 0
    assert f"beamcanvas worker --queue {queue}" in capsys.readouterr().err
    assert main(["cancel", told.out.strip(), "--broker", address]) == 0


def test_run_with_the_executor(
    address: str,
    served: str,
    sum_file: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BEAMCANVAS_BROKER", address)
    assert main(["run", sum_file, "--executor", f"celery:{served}", "--json", "--no-history"]) == 0
    assert json.loads(capsys.readouterr().out) == {"second": {"result": 11}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["submit", "nowhere.ows"], "nowhere.ows"),
        (["submit", "SUM", "-p", "third:b=4"], "there is no node 'third'"),
        (["submit", "SUM", "--timeout", "-1"], "The timeout should be a number of seconds above 0"),
        (["submit", "SUM", "--broker", "redis://127.0.0.1:1"], "no Redis answers there"),
        (["submit", "SUM", "SUM", "--results", "out.h5"], "several workflows write to a folder"),
        (["worker", "--concurrency", "0"], "--concurrency should be a whole number from 1"),
        (["worker", "--queue", ","], "there should be the name of a queue"),
        (["worker", "--broker", "redis://127.0.0.1:1"], "no Redis answers there"),
        (["cancel"], "Which job?"),
        (["cancel", "--all", "--broker", "/proc/jobs.db"], "the jobs can't be kept here"),
        (["status", "--broker", "amqp://127.0.0.1"], "a queue of jobs is at redis://"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str],
    said: str,
    sum_file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BEAMCANVAS_BROKER", str(tmp_path / "jobs.db"))
    monkeypatch.chdir(tmp_path)
    assert main([sum_file if word == "SUM" else word for word in words]) == 2
    told = capsys.readouterr().err.splitlines()
    assert said in told[-1]
    assert all(line.startswith("note: ") for line in told[:-1])


def test_an_interrupt_leaves_the_job_and_says_how_to_end_it(
    board: Board, address: str, queue: str, sum_file: str
) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-m", "beamcanvas", "submit", sum_file, "--wait", "--queue", queue],
        env={**os.environ, "BEAMCANVAS_BROKER": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout is not None
    job = waiting.stdout.readline().strip()
    waiting.send_signal(2)
    _, told = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert f"To end them: beamcanvas cancel {job}" in told
    assert told.endswith("Interrupted.\n")
    assert board.find(job).state == "queued"
    board.cancel(job)
