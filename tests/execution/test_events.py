"""What a run tells while it goes on, and to whom."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import running_tasks as tasks
from test_run import adding, failing

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance.graphs import acyclic1
from beamcanvas.execution.events import FIELDS, Event
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.handlers.terminal import Terminal
from beamcanvas.workflow import Workflow


def told_by(workflow: Workflow, **options: Any) -> list[Event]:
    told: list[Event] = []
    run(workflow, events=[told.append], raise_on_error=False, **options)
    return told


def short(events: list[Event]) -> list[str]:
    return [" ".join(filter(None, (e["context"], e["node_id"], e["type"]))) for e in events]


def test_order_of_a_chain(executor: Executor) -> None:
    nodes = [f"node {n} {t}" for n in ("first", "second", "third") for t in ("start", "end")]
    assert short(told_by(adding(), executor=executor)) == [
        "job start",
        "workflow start",
        *nodes,
        "workflow end",
        "job end",
    ]


def test_number_of_events_of_a_graph(executor: Executor) -> None:
    assert len(told_by(acyclic1()[0], executor=executor)) == 2 * 6 + 4


def test_fields(executor: Executor) -> None:
    told = told_by(adding(), executor=executor, job_id="job7")
    assert all(set(e) == {*FIELDS, "message"} for e in told)
    assert {(e["job_id"], e["host_name"], e["engine"]) for e in told} == {
        ("job7", socket.gethostname(), "beamcanvas")
    }
    times = [datetime.fromisoformat(e["time"]) for e in told]
    assert times == sorted(times)
    assert all(t.tzinfo is not None for t in times)
    assert [e["workflow_id"] for e in told] == [None, *["adding"] * 8, None]
    assert {e["task_id"] for e in told if e["context"] == "node"} == {
        "beamcanvas.execution.conformance.tasks.add"
    }
    assert [e["error"] for e in told if e["type"] == "end"] == [False] * 5
    assert [e["error"] for e in told if e["type"] == "start"] == [None] * 5


def test_process_of_a_node(processes: Executor) -> None:
    told = told_by(adding(), executor=processes)
    assert {e["process_id"] for e in told if e["context"] != "node"} == {os.getpid()}
    assert os.getpid() not in {e["process_id"] for e in told if e["context"] == "node"}


def test_each_run_has_a_job_of_its_own() -> None:
    assert told_by(adding())[0]["job_id"] != told_by(adding())[0]["job_id"]


def test_a_failure_is_told_with_its_cause_and_traceback(executor: Executor) -> None:
    told = told_by(failing(), executor=executor)
    failed = [e for e in told if e["error"]]
    assert [e["context"] for e in failed] == ["node", "workflow", "job"]
    assert failed[0]["error_message"] == "Intentional error"
    assert failed[1]["error_message"].startswith("Node 'Bad one' (a), task ")
    assert all("add_or_fail" in e["error_traceback"] for e in failed)
    assert "node b start" not in short(told)
    assert "node d end" in short(told)


def test_a_failure_that_is_handled_is_none_of_the_workflow() -> None:
    workflow = failing()
    workflow.add(tasks.nothing, id="handler", default_error_node=True)
    failed = [e for e in told_by(workflow) if e["error"]]
    assert [e["node_id"] for e in failed] == ["a"]


def test_causes_in_a_circle_end() -> None:
    workflow = Workflow()
    workflow.add("running_tasks.raise_circle", id="a")
    assert next(e["error_message"] for e in told_by(workflow) if e["error"]) == "two"


def test_a_handler_that_fails_does_not_break_the_run(caplog: pytest.LogCaptureFixture) -> None:
    calls, told = [], []

    def bad(event: Event) -> None:
        calls.append(event)
        raise OSError("disk full")

    result = run(adding(), events=[bad, told.append])
    assert result.outputs == {"result": 3}
    assert len(calls) == 1
    assert len(told) == 10
    assert "gets no more" in caplog.text


def test_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "beamcanvas.run"):
        run(failing(), events=["log"], raise_on_error=False)
    lines = [(r.levelname, r.message) for r in caplog.records if r.name == "beamcanvas.run"]
    assert ("INFO", "workflow 'failing' started") in lines
    assert ("ERROR", "node 'a' failed: Intentional error") in lines
    assert ("INFO", "node 'd' finished") in lines


def test_sqlite(tmp_path: Path, executor: Executor) -> None:
    path = tmp_path / "new" / "events.db"
    told: list[Event] = []
    with pytest.raises(TaskError):
        run(failing(), events=[f"sqlite:{path}", told.append], executor=executor)
    connection = sqlite3.connect(path)
    columns = connection.execute("PRAGMA table_info(ewoks_events)").fetchall()
    assert {name: kind for _, name, kind, *_ in columns} == FIELDS
    rows = connection.execute("SELECT * FROM ewoks_events").fetchall()
    connection.close()
    assert len(rows) == len(told)
    for row, event in zip(rows, told, strict=True):
        for value, name in zip(row, FIELDS, strict=True):
            read = json.loads(value) if isinstance(value, bytes) else value
            assert read == event[name]


def test_sqlite_events_are_there_at_once_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    seen: list[int] = []

    def read(event: Event) -> None:
        with sqlite3.connect(path) as reader:
            seen.append(reader.execute("SELECT count(*) FROM ewoks_events").fetchone()[0])

    run(adding(), events=[f"sqlite:{path}", read])
    assert seen == list(range(1, 11))
    assert [p.name for p in tmp_path.iterdir()] == ["e.db"]


def test_sqlite_appends_job_after_job(tmp_path: Path) -> None:
    for job in ("one", "two"):
        run(adding(), events=[f"sqlite:{tmp_path / 'e.db'}"], job_id=job)
    with sqlite3.connect(tmp_path / "e.db") as connection:
        query = "SELECT job_id, count(*) FROM ewoks_events GROUP BY job_id"
        assert connection.execute(query).fetchall() == [("one", 10), ("two", 10)]


@pytest.mark.peer
def test_sqlite_is_what_ewoks_writes_and_reads(tmp_path: Path) -> None:
    pytest.importorskip("ewokscore")
    from ewokscore import execute_graph
    from ewoksutils.event_utils import FIELD_TYPES
    from ewoksutils.sqlite3_utils import select

    handler = {
        "class": "ewokscore.events.handlers.Sqlite3EwoksEventHandler",
        "arguments": [{"name": "uri", "value": f"file:{tmp_path / 'theirs.db'}"}],
    }
    from beamcanvas.workflow.formats import to_dict

    execute_graph(to_dict(adding()), execinfo={"job_id": "job", "handlers": [handler]})
    run(adding(), events=[f"sqlite:{tmp_path / 'ours.db'}"], job_id="job")
    found = {}
    for who in ("theirs", "ours"):
        with sqlite3.connect(tmp_path / f"{who}.db") as connection:
            found[who] = list(select(connection, "ewoks_events", FIELD_TYPES))
    same = ("host_name", "process_id", "user_name", "job_id", "context", "workflow_id", "type",
            "error", "error_message", "error_traceback", "node_id", "progress")  # fmt: skip
    theirs, ours = ([[e[f] for f in same] for e in found[who]] for who in ("theirs", "ours"))
    assert ours == theirs
    assert [list(e) for e in found["ours"]] == [list(e) for e in found["theirs"]]


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("sqlit:x.db", "no handler of events 'sqlit'. Did you mean 'sqlite'?"),
        ("sqlite", "can't be made"),
        ("sqlite:/dev/null/x.db", "can't be written to '/dev/null/x.db'"),
    ],
)
def test_a_wrong_handler_is_named_before_anything_runs(handler: str, words: str) -> None:
    with pytest.raises(InputError) as info:
        run(failing(), events=[handler])
    assert words in str(info.value)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 200)
    with pytest.raises(InputError, match="not a database"):
        run(adding(), events=[f"sqlite:{path}"])
    assert path.read_text() == "my notes " * 200


@pytest.mark.parametrize("tty", [True, False])
def test_terminal(tty: bool) -> None:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, force_terminal=tty, width=100)
    workflow = failing()
    workflow.add(tasks.steps, id="slow [step]", inputs={"n": 3})
    run(workflow, events=[Terminal(console)], raise_on_error=False)
    text = out.getvalue()
    assert "failing" in text
    assert "failed, " in text  # how many; why is told by who ran it
    assert "Intentional error" not in text
