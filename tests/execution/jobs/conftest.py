"""Boards, and workers of them in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workers import RunningWorker, redis_url

from beamcanvas.execution.jobs import Board, open_board

StartWorker = Callable[..., RunningWorker]


@pytest.fixture(params=["file", pytest.param("redis", marks=pytest.mark.service("redis"))])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where jobs stand: in a new file, and in a Redis."""
    return str(tmp_path / "jobs.db") if request.param == "file" else redis_url()


@pytest.fixture
def board(address: str) -> Iterator[Board]:
    with open_board(address) as opened:
        yield opened


@pytest.fixture
def start_worker(address: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers, which end with the test."""
    started: list[RunningWorker] = []

    def start(*options: str) -> RunningWorker:
        worker = RunningWorker(address, tmp_path / "history.db", *options)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
