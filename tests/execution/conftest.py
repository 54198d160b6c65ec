"""Executors that the tests of a module share, so that processes start once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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


@pytest.fixture(params=[*_MAKE, "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Those of this computer, which are fast."""
    yield from _executor(request)


@pytest.fixture(params=[*_MAKE, "processes", "dask"])
def every_executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    yield from _executor(request)


def _executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param in ("processes", "dask"):
        yield request.getfixturevalue(request.param)
        return
    with _MAKE[request.param]() as made:
        yield made
