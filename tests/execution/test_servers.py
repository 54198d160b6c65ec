"""Events to servers: in ewoks' layout, and nothing lost or held up while a server is away."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import running_tasks as tasks

from beamcanvas.cli import main
from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.events import FIELDS, make_handler
from beamcanvas.execution.handlers import outbox
from beamcanvas.execution.handlers.history import HistoryHandler
from beamcanvas.execution.handlers.outbox import Outbox, without_password
from beamcanvas.execution.history import History
from beamcanvas.workflow import Workflow


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "beamcanvas"


def two(name: str = "two", **inputs: object) -> Workflow:
    workflow = Workflow(id=name)
    workflow.add(tasks.add, id="first", inputs={"a": 1, **inputs})
    workflow.add(tasks.add, id="second", inputs={"a": 2})
    workflow.link("first", "second", {"b": "result"})
    return workflow


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end
        sleep(0.01)


class Door:
    """A port in front of a server, that can be shut and opened."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._inside: list[socket.socket] = []
        self.is_open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                came, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_open:
                came.close()
                continue
            onward = socket.create_connection(self._to)
            self._inside += [came, onward]
            for pair in ((came, onward), (onward, came)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def shut(self) -> None:
        self.is_open = False
        for end in self._inside:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._inside.clear()

    def close(self) -> None:
        self.shut()
        self._listener.close()


@contextmanager
def door_to(url: str) -> Iterator[tuple[Door, str]]:
    """The door to a service, and the service's URL through it."""
    parts = urlsplit(url)
    made = Door(str(parts.hostname), int(parts.port or 0))
    yield made, url.replace(f":{parts.port}", f":{made.port}")
    made.close()


def shutting(gate: Door) -> Callable[[dict[str, Any]], None]:
    """Shuts the door while the first node runs, and opens it when the second does."""

    def shut(event: dict[str, Any]) -> None:
        if event["context"] == "node" and event["node_id"] == "first":
            gate.shut()
        if event["context"] == "node" and event["node_id"] == "second":
            gate.is_open = True

    return shut


# -- what waits


class Listener:
    """A server of a test: takes messages, unless it is away or hangs."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.away = False
        self.hangs = threading.Event()
        self.hangs.set()

    def send(self, messages: Any) -> None:
        self.hangs.wait()
        if self.away:
            raise ConnectionError("nobody is there")
        self.got += messages

    def close(self) -> None:
        pass


def test_messages_arrive_in_order_and_wait_while_the_server_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    server = Listener()
    box = Outbox("a server", server)
    box.put({"n": 0})
    until(lambda: len(server.got) == 1)
    server.away = True
    for n in range(1, 50):
        box.put({"n": n})
    until(lambda: "nobody is there" in caplog.text)
    server.away = False
    until(lambda: len(server.got) == 50)
    box.close()
    assert [m["n"] for m in server.got] == [*range(50)]
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]


def test_what_cant_be_sent_is_kept_for_the_next_run(
    own_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Listener()
    server.away = True
    box = Outbox("a server", server, patience=0.2)
    box.put({"n": 1})
    box.close()
    assert "1 events couldn't be sent to a server (nobody is there)" in caplog.text
    [file] = (own_folder / "unsent").iterdir()
    file.write_text(file.read_text() + '{"n": 1')  # a disk that was full
    server.away = False
    other = Outbox("another", server)
    other.put({"n": 3})
    other.close()
    assert server.got == [{"n": 3}]
    again = Outbox("a server", server)
    again.put({"n": 2})
    again.close()
    assert server.got == [{"n": 3}, {"n": 1}, {"n": 2}]
    assert file.read_text() == ""


def test_a_server_that_hangs_holds_up_nobody(own_folder: Path) -> None:
    server = Listener()
    server.hangs.clear()
    box = Outbox("a server", server, patience=0.1)
    began = monotonic()
    box.put({"n": 1})
    box.close()
    assert monotonic() - began < 5
    assert [*(own_folder / "unsent").iterdir()]
    server.hangs.set()


def test_news_of_progress_are_left_out_when_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_MOST", 3)
    server = Listener()
    server.hangs.clear()
    box = Outbox("a server", server)
    for n in range(9):
        box.put({"n": n, "type": "progress" if n % 2 else "end"})
    server.hangs.set()
    box.close()
    assert [m["n"] for m in server.got] == [0, 1, 2, 4, 6, 8]


def test_a_password_is_not_shown() -> None:
    assert without_password("redis://me:secret@host:1/0") == "redis://me:***@host:1/0"
    assert without_password("redis://host:1/0") == "redis://host:1/0"


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("redis:nowhere", "redis://"),
        ("redis:redis://h/0?ttl=soon", "ttl should be a number of seconds"),
        ("websocket:http://h", "ws://"),
    ],
)
def test_an_address_that_is_none(handler: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_handler(handler)


def test_a_slow_handler_in_a_thread_of_its_own(tmp_path: Path) -> None:
    from beamcanvas.execution.handlers.apart import Apart

    go, got = threading.Event(), []

    def slow(event: dict[str, Any]) -> None:
        go.wait()
        got.append(event)

    handler = Apart(lambda: slow)
    result = run(two(), events=[handler, f"apart:history:{tmp_path / 'apart.db'}"])
    assert got == []
    go.set()
    handler.join()
    assert len(got) == 8
    for thread in threading.enumerate():
        if thread.name == "events":
            thread.join()
    assert [r.state for r in History(tmp_path / "apart.db").runs()] == ["done"]
    assert History(tmp_path / "apart.db").run(str(result.job_id)).title == "two"


# -- Redis


@pytest.mark.service("redis")
def test_redis_has_ewoks_layout(service: str) -> None:
    import redis

    client = redis.Redis.from_url(service)
    run(two(), events=[f"redis:{service}", f"redis:{service}?ttl=100"], job_id="layout")
    keys = sorted(client.scan_iter("ewoks:layout:*"), key=lambda k: int(k.rsplit(b":", 1)[1]))
    assert len(keys) == 16
    events = [{n: json.loads(v) for n, v in client.hgetall(key).items()} for key in keys]
    assert all({name.encode() for name in FIELDS} == event.keys() for event in events)
    assert sorted(client.ttl(key) > 0 for key in keys) == [False] * 8 + [True] * 8
    starts = [e for e in events if e[b"type"] == "start" and e[b"context"] == "node"]
    assert {e[b"node_id"] for e in starts} == {"first", "second"}
    client.delete(*keys)


@pytest.mark.service("redis")
def test_redis_that_goes_away_in_a_run_misses_nothing(service: str) -> None:
    import redis

    with door_to(service) as (gate, url):
        run(two(), events=[f"redis:{url}", shutting(gate)], job_id="away")
    client = redis.Redis.from_url(service)
    keys = [*client.scan_iter("ewoks:away:*")]
    assert len(keys) == 8
    client.delete(*keys)


# -- a websocket


def test_a_websocket_gets_each_event(caplog: pytest.LogCaptureFixture) -> None:
    server = pytest.importorskip("websockets.sync.server")
    got: list[dict[str, Any]] = []

    def listen(connection: Any) -> None:
        got.extend(json.loads(text) for text in connection)

    with server.serve(listen, "127.0.0.1", 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        port = serving.socket.getsockname()[1]
        run(two(), events=[f"websocket:ws://127.0.0.1:{port}/events"])
        serving.shutdown()
    assert [(e["context"], e["type"], e["node_id"]) for e in got] == [
        ("job", "start", None), ("workflow", "start", None), ("node", "start", "first"),
        ("node", "end", "first"), ("node", "start", "second"), ("node", "end", "second"),
        ("workflow", "end", None), ("job", "end", None),
    ]  # fmt: skip


# -- PostgreSQL


@pytest.fixture
def database(service: str) -> Iterator[str]:
    """The URL of an empty database."""
    import psycopg

    name = f"test_{uuid4().hex}"
    with psycopg.connect(service, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield service.rpartition("/")[0] + f"/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.service("postgres")
def test_a_history_in_postgresql_answers_as_a_file_does(database: str, tmp_path: Path) -> None:
    file = tmp_path / "history.db"
    both = [f"history:{database}", f"history:{file}"]
    run(two("alpha_1"), {"first": {"b": 7}}, events=both, job_id="pg-1", executor="threads")
    with pytest.raises(TaskError):
        run(two("beta", a="text"), events=both, job_id="pg-2")
    there, here = History(database), History(file)
    for asked in (
        {}, {"workflow": "ALPHA_"}, {"workflow": "a%"}, {"state": "failed"}, {"user": "nobody"},
        {"since": "2020-01-01"}, {"until": "2020-01-01"}, {"limit": 1},
    ):  # fmt: skip
        assert there.runs(**asked) == here.runs(**asked)
    assert [r.job_id for r in there.runs()] == ["pg-2", "pg-1"]
    for job in ("pg-1", "pg-2"):
        assert there.run(job) == here.run(job)
        assert there.workflow(job) == here.workflow(job)
    assert there.run("pg-1").nodes[0].inputs == {"a": 1, "b": 7}
    assert there.run("pg-1").nodes[1].linked == {"b": "first.result"}
    with pytest.raises(InputError, match="no run 'other'"):
        there.run("other")


@pytest.mark.service("postgres")
def test_postgresql_that_goes_away_in_a_run_misses_nothing(database: str) -> None:
    with door_to(database) as (gate, url):
        run(two(), events=[f"history:{url}", shutting(gate)], job_id="away")
    kept = History(database).run("away")
    assert (kept.state, [n.state for n in kept.nodes]) == ("done", ["done", "done"])


@pytest.mark.service("postgres")
def test_what_postgresql_missed_comes_with_the_next_run(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beamcanvas.execution.handlers import postgres

    history = History(database)
    with door_to(database) as (gate, url):
        gate.shut()
        with monkeypatch.context() as patched:
            patched.setattr(postgres, "Outbox", lambda *said: Outbox(*said, patience=0.3))
            run(two(), events=[f"history:{url}"], job_id="missed")
        assert history.runs() == []
        gate.is_open = True
        run(two(), events=[f"history:{url}"], job_id="next")
    assert [n.state for n in history.run("missed").nodes] == ["done", "done"]


@pytest.mark.service("postgres")
def test_another_process_ends_a_run_that_could_not(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beamcanvas.execution.events import Events
    from beamcanvas.execution.jobs.aftermath import close_run

    monkeypatch.setenv("BEAMCANVAS_HISTORY", database)
    workflow = two()
    handler: Any = make_handler("history")
    told = Events([handler], workflow, "killed")
    told.begin(executor="inline")
    told.node_start(workflow.nodes["first"], 1.7e9, 1)
    handler.close()
    close_run("killed", "Its process was killed.")
    kept = History().run("killed")
    assert (kept.state, kept.error) == ("failed", "Its process was killed.")
    assert [(n.node_id, n.state) for n in kept.nodes] == [("first", "failed")]


@pytest.mark.service("postgres")
def test_the_command_reads_postgresql(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(two(), events=[f"history:{database}"], job_id="pg-shown")
    assert main(["history", "show", "pg-shown", "--history", database]) == 0
    assert "b from first.result" in capsys.readouterr().out
    assert main(["history", "--history", "postgresql://nobody@127.0.0.1:9/x"]) == 2
    assert "the history can't be read" in capsys.readouterr().err


# -- a file


def test_a_file_that_is_locked_holds_up_no_run_and_misses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beamcanvas.execution.handlers import sqlite

    monkeypatch.setattr(sqlite, "_WAIT", 0.05)
    file = tmp_path / "history.db"
    other: list[sqlite3.Connection] = []

    def lock(event: dict[str, Any]) -> None:
        if event["context"] == "node" and event["node_id"] == "first" and not other:
            other.append(sqlite3.connect(file, isolation_level=None))
            other[0].execute("BEGIN IMMEDIATE")
        if event["context"] == "job" and event["type"] == "end":
            other[0].close()

    run(two(), events=[lock, HistoryHandler(file)], job_id="locked")
    kept = History(file).run("locked")
    assert (kept.state, [n.state for n in kept.nodes]) == ("done", ["done", "done"])
    assert caplog.text.count("wait until it can be written") == 1


def test_a_full_disk_stops_no_run_and_keeps_what_was_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "history.db"
    handler = HistoryHandler(file)
    handler.patience = 0.1
    handler._connection.execute("PRAGMA max_page_count=1")  # as full as it can be
    workflow = two("a" * 20_000)
    result = run(workflow, events=[handler], job_id="full")
    assert result.outputs == {"result": 3}
    assert "database or disk is full" in caplog.text
    assert "events couldn't be written" in caplog.text
    assert History(file).runs() == []
