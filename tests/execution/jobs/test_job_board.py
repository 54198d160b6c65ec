"""Boards as such: what is begun once, what is remembered, and what goes wrong with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import job_tasks
import pytest
from running_tasks import add
from test_job_worker import lines, one, until
from workers import RunningWorker

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.jobs import Board, BoardError, Job, Submitted, open_board, submit
from beamcanvas.execution.jobs import board as boards
from beamcanvas.execution.jobs.executor import Celery
from beamcanvas.execution.jobs.job import Attendant
from beamcanvas.execution.jobs.runner import Runner
from beamcanvas.execution.jobs.sqlite_board import SqliteBoard
from beamcanvas.execution.jobs.where import address as usual_address
from beamcanvas.execution.jobs.where import config_file
from beamcanvas.execution.jobs.worker import Worker


def test_a_job_is_begun_by_one_worker_and_ends_once(board: Board, queue: str) -> None:
    job = submit(one(add, a=1), broker=board, queue=queue).job()
    begun: list[str] = []

    def claim(worker: str) -> None:
        if board.claim(job.id, worker) is not None:
            begun.append(worker)

    threads = [threading.Thread(target=claim, args=(f"host:{i}:x",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
    now = board.find(job.id)
    assert (now.state, now.worker, now.attempt) == ("running", begun[0], 1)
    assert board.finish(now, "done", None, b"result")
    assert not board.finish(now, "failed", "too late", None)
    board.cancel(job.id)
    assert board.find(job.id).state == "done"
    assert board.result(job.id) == b"result"
    board.remove([job.id])
    assert board.job(job.id) is None


def test_who_is_away_a_short_time_keeps_its_job(
    board: Board, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Attendant("elsewhere:1:x", (queue,), 1)
    board.beat(elsewhere)
    assert board.is_served(queue)
    job = submit(one(add, a=1), broker=board, queue=queue).job()
    assert board.claim(job.id, elsewhere.id) is not None
    board.leave(elsewhere.id)  # as after a restart of the broker
    board.recover()
    assert board.objection(job.id, elsewhere.id) is None
    monkeypatch.setattr(boards, "LEASE", 0.0)
    board.recover()
    now = board.find(job.id)
    assert (now.state, now.worker, now.message) == ("queued", None, "again, as its worker died")
    assert board.objection(job.id, elsewhere.id) == "taken"
    board.cancel(job.id)


def test_nodes_of_a_program_that_died_are_not_done(board: Board, queue: str) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    parent = f"{os.uname().nodename}:{gone.pid}:x"
    board.submit(job := Job("node", "node", queue, parent, parent), b"")
    board.recover()
    assert board.find(job.id).state == "cancelled"


def test_a_job_that_the_broker_forgot_is_told(board: Board, queue: str) -> None:
    job = submit(one(add, a=1), broker=board, queue=queue)
    threading.Timer(0.2, board.remove, [[job.id]]).start()
    with pytest.raises(InputError, match="is no longer known at"):
        job.wait(60)


def test_what_is_lost_on_the_way_is_begun_all_the_same(board: Board, served: str) -> None:
    workflow = one(add, a=1)
    early = submit(workflow, broker=board, queue="nobody")
    payload = board.payload(early.id) or b""
    early.cancel()
    lost = Job("nobody was told", queue=served, submitted=time.time() - 60)
    board.add(lost, payload)
    half = Job("the answer was lost", queue="nobody")
    board.add(half, payload)
    worker = Worker(board, [served])
    for runner in worker._all:
        worker._runners.put(runner)
    assert board.claim(half.id, worker.attendant.id) is not None
    assert board.change(half.id, {"state": "running"}, {"queue": served})
    worker.look_for_lost()
    for job in (lost, half):
        assert Submitted(job, board).wait(60).state == "done"


def test_where_nobody_works_is_told(
    board: Board, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamcanvas.execution.jobs.executor.UNSERVED", 1.0)
    with (
        Celery(queue, board) as executor,
        pytest.raises(TaskError, match=f"No worker takes jobs of the queue '{queue}' at "),
    ):
        run(one(add, a=1), executor=executor)
    assert queue not in {job.queue for job in board.unfinished()}


def test_the_board_that_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BEAMCANVAS_BROKER", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert usual_address() == str(tmp_path / "data" / "beamcanvas" / "jobs.db")
    config_file().parent.mkdir()
    config_file().write_text("redis://control/3\n")
    assert usual_address() == "redis://control/3"
    monkeypatch.setenv("BEAMCANVAS_BROKER", "/tmp/jobs.db")
    assert usual_address() == "/tmp/jobs.db"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://user:secret@127.0.0.1:1/0", r"^redis://127\.0\.0\.1:1/0: no Redis answers"),
        ("redis://127.0.0.1:port/0", "this is no address of a Redis"),
        ("amqp://127.0.0.1", "a queue of jobs is at redis://HOST:PORT/NUMBER, or in a file"),
        ("/proc/jobs.db", "/proc/jobs.db: the jobs can't be kept here"),
        (__file__, "the jobs can't be kept here: file is not a database"),
    ],
)
def test_a_board_that_can_not_be_reached_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as info:
        open_board(url)
    assert "secret" not in str(info.value)


def test_a_file_that_everybody_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    open_board(str(path)).close()
    path.chmod(0o666)
    with pytest.raises(BoardError, match="everybody may write to this file"):
        open_board(str(path))


def test_a_job_of_another_version_is_told(board: Board, served: str) -> None:
    job = Job("strange", queue=served)
    board.submit(job, b"no order")
    with pytest.raises(TaskError, match="The job can't be read by this worker"):
        Submitted(job, board).result(60)


def test_a_full_disk_keeps_a_job_waiting_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    with SqliteBoard(path) as board, SqliteBoard(path) as of_worker:
        job = submit(one(add, a=1), broker=board, outputs=None)
        runner = Runner(of_worker, "here:1:x", threading.Event())
        runner.make_ready()
        connection = of_worker._connection

        def fill() -> None:
            connection.execute("CREATE TABLE filling (what)")
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            with suppress(sqlite3.OperationalError):
                while True:
                    connection.execute("INSERT INTO filling VALUES (zeroblob(10))")

        fill()
        with pytest.raises(BoardError, match=r"jobs\.db: the jobs can't be kept here: .* full"):
            of_worker.add(Job("another"), b"0" * 100_000)
        finish, tried = of_worker.finish, []

        def finish_later(*args: object) -> bool:
            tried.append(args)
            if len(tried) == 2:  # somebody makes room
                connection.execute("PRAGMA max_page_count = 100000")
            return finish(*args[:3], b"0" * 100_000)  # type: ignore[arg-type]

        of_worker.finish = finish_later  # type: ignore[method-assign]
        ended = runner.do(job.id)
        runner.close()
        assert len(tried) == 2
        assert ended is not None
        assert (ended.state, board.find(job.id).state) == ("done", "done")


class OwnRedis:
    """A Redis that keeps what it has, to be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        options = ["--port", str(self._port), "--dir", str(self._folder), "--appendonly", "yes"]
        command = ["redis-server", "--bind", "127.0.0.1", *options, "--appendfsync", "always"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers)

    def _answers(self) -> bool:
        try:
            with open_board(self.url):
                return True
        except BoardError:
            return False

    def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def own_redis(service: str, tmp_path: Path) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("The Redis of the tests runs elsewhere.")
    server = OwnRedis(tmp_path)
    yield server
    server.stop()


@pytest.mark.service("redis")
def test_a_broker_that_restarts_loses_nothing(own_redis: OwnRedis, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with open_board(own_redis.url) as board:
        queued = submit(one(job_tasks.once, file=str(file), name="queued"), broker=board)
        own_redis.stop()
        with pytest.raises(BoardError, match="no Redis answers"):
            board.jobs()
        own_redis.start()
        worker = RunningWorker(own_redis.url, tmp_path / "history.db", "--concurrency", "1")
        try:
            queued.result(60)
            running = submit(
                one(job_tasks.long, file=str(file), seconds=1.0), broker=board, outputs=None
            )
            until(lambda: len(lines(file)) == 2)
            threading.Timer(0.1, own_redis.stop).start()
            threading.Timer(1.5, own_redis.start).start()
            time.sleep(0.2)
            running.result(60)  # it ended while the broker was away
            after = submit(one(job_tasks.once, file=str(file), name="after"), broker=board)
            after.result(60)
        finally:
            worker.kill()
    assert [line.split()[0] for line in lines(file)] == ["queued", "begun", "ended", "after"]
