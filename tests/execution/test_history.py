"""What is kept of every run, and finding it again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import running_tasks as tasks

from beamcanvas.cli import main
from beamcanvas.errors import Cancelled, InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.history import History
from beamcanvas.workflow import Workflow


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "history.db"
    monkeypatch.setenv("BEAMCANVAS_HISTORY", str(path))
    return path


def adding(name: str = "adding", **inputs: object) -> Workflow:
    workflow = Workflow(id=name)
    workflow.add(tasks.add, id="first", inputs={"a": 1, **inputs})
    workflow.add(tasks.steps, id="second", inputs={"n": 2})
    workflow.link("first", "second")
    return workflow


def test_a_run_is_kept_with_its_nodes_and_values(file: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.h5"
    given = {"first": {"b": 5}}
    result = run(adding(), given, events=["history"], results=results, executor="threads")
    assert result.job_id is not None
    kept = History().run(result.job_id[:6])
    assert (kept.job_id, kept.state, kept.error) == (result.job_id, "done", None)
    assert (kept.workflow_id, kept.executor) == ("adding", "threads")
    assert kept.results == str(results)
    assert kept.versions.keys() >= {"python", "beamcanvas"}
    assert kept.seconds is not None
    assert [(n.node_id, n.progress, n.error) for n in kept.nodes] == [
        ("first", None, None),
        ("second", 100, None),
    ]
    again = History().workflow(result.job_id)
    assert again.nodes["first"].default_inputs == {"a": 1, "b": 5}
    assert run(again).nodes["first"] == {"result": 6}


def test_failures_and_stops_are_told_apart(file: Path) -> None:
    with pytest.raises(TaskError):
        run(adding("bad", a="text"), events=["history"], job_id="one")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        run(adding(), events=["history"], job_id="two", cancelled=stop)
    history = History()
    assert {r.job_id: r.state for r in history.runs()} == {"one": "failed", "two": "stopped"}
    kept = history.run("one")
    assert kept.nodes[0].error == "Add: 'a' should be a number, not 'text'."
    assert "Traceback" in (kept.nodes[0].traceback or "")
    assert "Node 'first'" in (kept.error or "")


def test_a_run_whose_process_was_killed_is_lost_and_what_it_told_is_kept(file: Path) -> None:
    code = (
        "import os\n"
        "from beamcanvas.execution import run\n"
        "from beamcanvas.workflow import Workflow\n"
        "w = Workflow(id='killed')\n"
        "w.add('math.sqrt', id='good', inputs={0: 4.0})\n"
        "w.add('os.kill', id='end', inputs={0: os.getpid(), 1: 9})\n"
        "w.link('good', 'end')\n"
        "run(w, events=['history'], job_id='killed')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9
    kept = History().run("killed")
    assert kept.state == "lost"
    assert [(n.node_id, n.ended is None) for n in kept.nodes] == [("good", False), ("end", True)]
    assert [r.job_id for r in History().runs(state="lost")] == ["killed"]


def test_many_write_at_once_and_nothing_is_lost(file: Path) -> None:
    def some(name: str) -> None:
        for i in range(10):
            run(adding(), events=["history"], job_id=f"{name}-{i}")

    writers = [threading.Thread(target=some, args=(str(n),)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = History().runs()
    assert len(found) == 60
    assert {r.state for r in found} == {"done"}
    with sqlite3.connect(file) as connection:
        (events,) = connection.execute("SELECT count(*) FROM ewoks_events").fetchone()
    assert events == 60 * (4 + 4 + 2)


def test_filters(file: Path) -> None:
    for name in ("powder", "spectra"):
        run(adding(name), events=["history"], job_id=name)
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE beamcanvas_runs SET started = '2026-01-02T03:00:00+00:00', user_name = 'ann', "
            "host_name = 'id31' WHERE job_id = 'powder'"
        )
    history = History()

    def found(**how: object) -> list[str]:
        return [r.job_id for r in history.runs(**how)]  # type: ignore[arg-type]

    assert found() == ["spectra", "powder"]
    assert found(workflow="owd") == ["powder"]
    assert found(user="ann") == found(host="id31") == ["powder"]
    assert found(until="2026-01-03") == found(state="done", until="2026-01-03") == ["powder"]
    assert found(since="2026-01-02T02:59:59+00:00", until="2026-01-02T03:00:01+00:00") == ["powder"]
    assert found(since="2026-01-03") == found(limit=1) == ["spectra"]
    assert found(workflow="'; DROP TABLE beamcanvas_runs --") == []
    with pytest.raises(InputError, match="'yesterday' is no time"):
        found(since="yesterday")


def test_what_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(InputError, match="there is no history here: nothing ran yet"):
        History().runs()
    run(adding(), events=["history"], job_id="ab1")
    run(adding(), events=["history"], job_id="ab2")
    with pytest.raises(InputError, match="There is no run 'c'"):
        History().run("c")
    with pytest.raises(InputError, match="Several runs begin with 'ab'; give more of the id"):
        History().run("ab")
    file.write_text("no database, but a text that is long enough to be read as one" * 20)
    with pytest.raises(InputError, match="this is not a history of runs"):
        History().runs()


# -- on the command line


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    folder = tmp_path / "scheme"
    folder.mkdir()
    workflow = Workflow(id="roots")
    workflow.add("math.sqrt", id="root", inputs={0: 4.0})
    return workflow.save(folder / "roots.json")


def test_every_run_of_the_command_line_is_kept(
    file: Path, scheme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(scheme), "-j", "first"]) == 0
    assert main(["run", str(scheme), "-j", "unseen", "--no-history"]) == 0
    assert main(["run", str(scheme), "-j", "bad", "-pn", "root:0=-1"]) == 1
    capsys.readouterr()
    assert main(["history"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "Run",
        "Began",
        "State",
        "Took",
        "Workflow",
        "User",
        "Host",
        "Error",
    ]
    assert [line.split()[0] for line in lines[1:]] == ["bad", "first"]
    assert main(["history", "--state", "failed", "--json"]) == 0
    assert [r["job_id"] for r in json.loads(capsys.readouterr().out)] == ["bad"]
    assert main(["history", "show", "bad"]) == 0
    shown = capsys.readouterr().out
    assert f"roots ({scheme})" in shown
    assert "math domain error" in shown


def test_run_again_and_save(
    file: Path, scheme: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(scheme), "-j", "first", "-pn", "root:0=9"]) == 0
    assert main(["history", "run", "first"]) == 0
    again = capsys.readouterr().out.strip()
    assert History().run(again).state == "done"
    assert History().workflow(again).nodes["root"].default_inputs == {0: 9}
    saved = tmp_path / "again.ows"
    assert main(["history", "save", "first", str(saved)]) == 0
    assert run(saved).outputs == {"return_value": 3.0}
    assert main(["history", "save", "first", str(saved)]) == 2
    assert main(["history", "show"]) == 2


def test_a_history_that_can_not_be_written_stops_nobody(
    scheme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEAMCANVAS_HISTORY", os.devnull + "/history.db")
    assert main(["run", str(scheme)]) == 0
    assert "This run isn't kept in your history." in capsys.readouterr().err
