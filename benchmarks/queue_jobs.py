"""How long a workflow takes from submit to result through a queue, against ewoksjob.

    python benchmarks/queue_jobs.py [--peer PYTHON] [--jobs N]

One Redis is broker and result backend of both; each has one worker with two places that is
warm. A workflow of one node that adds two numbers is submitted and its result waited for, N
times, theirs and ours in turns: the median and the longest. Then 200 are submitted at once,
and all are waited for. Both with a record of the run in an SQLite file (our history, their
handler of events), and without.

``--peer`` is an interpreter with ewoksjob[redis]; by default this one. ``redis-server`` is
needed.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from beamcanvas.execution.conformance.tasks import add
from beamcanvas.execution.jobs import Board, open_board, submit
from beamcanvas.workflow import Workflow

MANY = 200
THEIRS = """
import json, sys, time
from ewoksjob.client import submit
graph = {"graph": {"id": "one"}, "nodes": [
    {"id": "1", "task_type": "class",
     "task_identifier": "ewokscore.tests.examples.tasks.sumtask.SumTask",
     "default_inputs": [{"name": "a", "value": 1}, {"name": "b", "value": 1}]}]}
handler = {"class": "ewokscore.events.handlers.Sqlite3EwoksEventHandler",
           "arguments": [{"name": "uri", "value": "file:" + sys.argv[1]}]}
for line in sys.stdin:
    count, kept = json.loads(line)
    options = {"execinfo": {"handlers": [handler]}} if kept else {}
    begin = time.perf_counter()
    futures = [submit(args=(graph,), kwargs=options) for _ in range(count)]
    for future in futures:
        assert future.result(timeout=120) == {"result": 2}
    print(json.dumps(time.perf_counter() - begin), flush=True)
"""
CONFIGURATION = """
CELERY = {{"broker_url": "{url}/1", "result_backend": "{url}/2", "result_serializer": "pickle",
           "accept_content": ["application/json", "application/x-python-serialize"],
           "task_serializer": "pickle", "broker_connection_retry_on_startup": True}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--jobs", type=int, default=50)
    options = parser.parse_args()
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        url = opened.enter_context(redis(folder))
        peer = opened.enter_context(theirs(options.peer, folder, url))
        board = opened.enter_context(ours(folder, f"{url}/0"))
        took: dict[tuple[str, bool], list[float]] = {}
        for i in range(options.jobs + 5):
            for kept in (True, False):
                pair = {"beamcanvas": once(board, 1, kept), "ewoksjob": asked(peer, 1, kept)}
                for name, seconds in pair.items() if i >= 5 else ():
                    took.setdefault((name, kept), []).append(1000 * seconds)
        print(f"{'one after the other, in ms':40}{'median':>10}{'least':>10}{'longest':>10}")
        for (name, kept), found in took.items():
            middle = statistics.median(found)
            print(f"{title(name, kept):40}{middle:10.1f}{min(found):10.1f}{max(found):10.1f}")
        for kept in (True, False):
            ratio = statistics.median(took["ewoksjob", kept])
            ratio /= statistics.median(took["beamcanvas", kept])
            print(f"{title('ewoksjob / beamcanvas', kept):40}{ratio:10.2f}")
        print(f"\n{f'{MANY} at once, in ms for each':40}")
        for kept in (True, False):
            pair = {"beamcanvas": once(board, MANY, kept), "ewoksjob": asked(peer, MANY, kept)}
            for name, seconds in pair.items():
                print(f"{title(name, kept):40}{1000 * seconds / MANY:10.1f}")
            ratio = pair["ewoksjob"] / pair["beamcanvas"]
            print(f"{title('ewoksjob / beamcanvas', kept):40}{ratio:10.2f}")


def title(name: str, kept: bool) -> str:
    return f"{name}, {'recorded' if kept else 'not recorded'}"


def once(board: Board, count: int, kept: bool) -> float:
    workflow = Workflow(id="one")
    workflow.add(add, id="1", inputs={"a": 1, "b": 1})
    begin = time.perf_counter()
    wanted = [{"all": False}]
    jobs = [submit(workflow, broker=board, outputs=wanted, history=kept) for _ in range(count)]
    for job in jobs:
        assert job.result(120).outputs == {"1": {"result": 2}}
    return time.perf_counter() - begin


def asked(peer: subprocess.Popen[str], count: int, kept: bool) -> float:
    assert peer.stdin is not None
    assert peer.stdout is not None
    print(json.dumps([count, kept]), file=peer.stdin, flush=True)
    return float(json.loads(peer.stdout.readline()))


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with ended(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)):
        time.sleep(1)
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def ours(folder: Path, url: str) -> Iterator[Board]:
    command = [sys.executable, "-m", "beamcanvas", "worker", "--broker", url, "--concurrency", "2"]
    variables = {**os.environ, "BEAMCANVAS_HISTORY": str(folder / "history.db")}
    worker = subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with ended(worker), open_board(url) as board:
        assert worker.stdout is not None
        worker.stdout.readline()
        yield board


@contextmanager
def theirs(python: str, folder: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    configuration = folder / "configuration.py"
    configuration.write_text(CONFIGURATION.format(url=url))
    variables = {**os.environ, "EWOKS_CONFIG_URI": str(configuration)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    worker = subprocess.Popen(
        [python, "-m", "ewoksjob", "worker", "-c", "2"], env=variables, cwd=folder, **quiet
    )
    with ended(worker):
        client = subprocess.Popen(
            [python, "-c", THEIRS, str(folder / "events.db")],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with ended(client):
            yield client


@contextmanager
def ended(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
