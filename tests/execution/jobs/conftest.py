"""Boards, and workers of them in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from workers import RunningWorker, redis_url

from beamcanvas.execution.jobs import Board, open_board

StartWorker = Callable[..., RunningWorker]


ADDRESSES = ("file", pytest.param("redis", marks=pytest.mark.service("redis")))


@pytest.fixture(scope="session", params=ADDRESSES)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where jobs stand: in a new file, and in a Redis."""
    if request.param == "file":
        return str(tmp_path_factory.mktemp("jobs") / "jobs.db")
    return redis_url()


@pytest.fixture(scope="session")
def board(address: str) -> Iterator[Board]:
    with open_board(address) as opened:
        yield opened


@pytest.fixture
def queue() -> str:
    """A queue that nobody else uses, as a Redis may be shared."""
    return uuid4().hex[:8]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of the workers."""
    return tmp_path_factory.mktemp("history") / "history.db"


@pytest.fixture(scope="session")
def served(address: str, history: Path) -> Iterator[str]:
    """A queue of which one worker takes one job at a time."""
    name = uuid4().hex[:8]
    worker = RunningWorker(address, history, "--concurrency", "1", "--queue", name)
    yield name
    worker.kill()


@pytest.fixture
def start_worker(address: str, history: Path) -> Iterator[StartWorker]:
    """Starts workers, which end with the test."""
    started: list[RunningWorker] = []

    def start(queue: str, places: int = 1) -> RunningWorker:
        options = ("--concurrency", str(places), "--queue", queue)
        worker = RunningWorker(address, history, *options)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
