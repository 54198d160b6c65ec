"""Executors that the tests of a module share, so that processes start once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from workers import RunningWorker, redis_url

from beamcanvas.execution.executors import Executor
from beamcanvas.execution.executors.inline import Inline
from beamcanvas.execution.executors.processes import Processes
from beamcanvas.execution.executors.threads import Threads

_MAKE = {"inline": Inline, "threads": lambda: Threads(2)}


@pytest.fixture(scope="session")
def processes() -> Iterator[Executor]:
    with Processes(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def dask() -> Iterator[Executor]:
    pytest.importorskip("distributed")
    from beamcanvas.execution.executors.dask import Dask

    with Dask(2) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def celery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    folder = tmp_path_factory.mktemp("celery")
    yield from _celery(str(folder / "jobs.db"), folder)


@pytest.fixture(scope="session")
def celery_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    pytest.importorskip("celery")
    yield from _celery(redis_url(), tmp_path_factory.mktemp("celery"))


def _celery(address: str, folder: Path) -> Iterator[Executor]:
    from beamcanvas.execution.jobs.executor import Celery

    queue = folder.name  # a Redis may be shared
    worker = RunningWorker(address, folder / "history.db", "--concurrency", "2", "--queue", queue)
    with Celery(queue, address) as made:
        yield made
    worker.kill()


@pytest.fixture(params=[*_MAKE, "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Those of this computer, which are fast."""
    yield from _executor(request)


_SHARED = ("processes", "dask", "celery", "celery_redis")
_REDIS = pytest.param("celery_redis", marks=pytest.mark.service("redis"))


@pytest.fixture(params=[*_MAKE, "processes", "dask", "celery", _REDIS])
def every_executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    yield from _executor(request)


def _executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param in _SHARED:
        yield request.getfixturevalue(request.param)
        return
    with _MAKE[request.param]() as made:
        yield made
