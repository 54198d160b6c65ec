"""What workers do with jobs: run them, end them, and survive what goes wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import job_tasks
import pytest
from conftest import StartWorker
from running_tasks import add, add_or_fail

from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.history import History
from beamcanvas.execution.jobs import Board, Submitted, submit
from beamcanvas.execution.jobs.executor import Celery
from beamcanvas.workflow import Workflow


def one(task: Callable[..., Any], **inputs: Any) -> Workflow:
    workflow = Workflow(id="one")
    workflow.add(task, id="one", inputs=dict(inputs.items()))
    return workflow


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def until(holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.02)
    return found


def is_there(process: str) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_workflow_is_run_and_kept_in_the_history(
    board: Board, served: str, tmp_path: Path, history: Path
) -> None:
    workflow = Workflow(id="sum")
    workflow.add(add, id="first", inputs={"a": 1}, label="First")
    workflow.add(add, id="second", inputs={"b": 10})
    workflow.link("first", "second", {"a": "result"})
    early = submit(
        workflow, {"First": {"b": 5}}, broker=board, queue=served, outputs=[{"all": False}]
    )
    assert early.result(60).outputs == {"second": {"result": 16}}
    results = tmp_path / "out.h5"
    late = submit(workflow, broker=board, queue=served, outputs=None, results=results)
    outcome = late.result(60)
    assert outcome.outputs == {"first": {"result": 1}, "second": {"result": 11}}
    assert outcome.file == results
    assert results.exists()
    job = late.job()
    assert (job.state, job.attempt, job.fraction) == ("done", 1, 1.0)
    kept = History(history).run(late.id)
    assert (kept.state, [node.node_id for node in kept.nodes]) == ("done", ["first", "second"])
    assert submit(workflow, broker=board, queue=served).result(60).outputs == {}


def test_what_fails_is_told_and_the_next_job_is_done(
    board: Board, served: str, tmp_path: Path, history: Path
) -> None:
    workflow = one(add_or_fail, raise_error=True)
    workflow.add(add, id="good", inputs={"a": 1})
    failing = submit(workflow, broker=board, queue=served, outputs=None)
    crashing = submit(one(job_tasks.segfault), broker=board, queue=served)
    full = submit(one(job_tasks.fill_disk), broker=board, queue=served)
    strange = submit(one(add, a=1), broker=board, queue=served, executor="desk")
    good = submit(one(add, a=1), broker=board, queue=served)
    with pytest.raises(TaskError, match=r"Node 'one', .* Intentional error") as info:
        failing.result(60)
    assert info.value.result.outputs == {"good": {"result": 1}}
    with pytest.raises(TaskError, match="The process that ran it ended by signal 11"):
        crashing.result(60)
    with pytest.raises(TaskError, match=r"No space left on device: '/data/scan\.h5'"):
        full.result(60)
    with pytest.raises(TaskError, match="There is no executor 'desk'") as info:
        strange.result(60)
    assert isinstance(info.value.__cause__, InputError)
    assert good.result(60).problems == ()
    kept = History(history)
    crashed = kept.run(crashing.id)
    assert (kept.run(full.id).state, kept.run(good.id).state) == ("failed", "done")
    assert [(node.state, node.error) for node in crashed.nodes] == [("failed", crashed.error)]


@pytest.mark.parametrize("task", [job_tasks.long, job_tasks.polite], ids=["stubborn", "polite"])
def test_cancelling_ends_what_runs_and_what_waits_never_starts(
    task: Callable[..., Any], board: Board, served: str, tmp_path: Path, history: Path
) -> None:
    running = submit(one(task, file=str(tmp_path / "running")), broker=board, queue=served)
    waiting = submit(one(task, file=str(tmp_path / "waiting")), broker=board, queue=served)
    begun = until(lambda: lines(tmp_path / "running"))
    waiting.cancel()
    running.cancel()
    for job in (waiting, running):
        with pytest.raises(TaskError, match="was cancelled"):
            job.result(60)
    processes = begun[0].split()[1:]
    if task is job_tasks.long:  # with the program that it started
        until(lambda: not any(map(is_there, processes)))
    assert submit(one(add, a=1), broker=board, queue=served).result(60)
    assert lines(tmp_path / "running") == begun
    assert not (tmp_path / "waiting").exists()
    kept = History(history).run(running.id)
    assert (kept.state, kept.nodes[0].ended is not None) == ("stopped", True)


def test_a_worker_ends_what_another_one_began_meanwhile(
    board: Board, served: str, tmp_path: Path
) -> None:
    job = submit(one(job_tasks.long, file=str(tmp_path / "f")), broker=board, queue=served)
    processes = until(lambda: lines(tmp_path / "f"))[0].split()[1:]
    assert board.change(job.id, {"state": "running"}, {"worker": "elsewhere:1:x"})
    until(lambda: not any(map(is_there, processes)))
    assert (job.job().state, job.job().worker) == ("running", "elsewhere:1:x")
    assert board.finish(job.job(), "done", None, None)


def test_what_takes_too_long_is_ended(board: Board, served: str, tmp_path: Path) -> None:
    job = submit(
        one(job_tasks.long, file=str(tmp_path / "f")),
        broker=board,
        queue=served,
        executor="processes:1",
        timeout=2.0,
    )
    with pytest.raises(TaskError, match="It took longer than the 2 s that it may take"):
        job.result(60)
    assert job.job().state == "failed"
    for line in lines(tmp_path / "f"):  # the processes of its process too
        until(lambda line=line: not any(map(is_there, line.split()[1:])))


def test_a_job_whose_worker_is_killed_is_begun_once_more(
    board: Board, start_worker: StartWorker, queue: str, tmp_path: Path, history: Path
) -> None:
    file = tmp_path / "file"
    first = start_worker(queue)
    job = submit(one(job_tasks.long_the_first_time, file=str(file)), broker=board, queue=queue)
    process = until(lambda: lines(file))[0].split()[1]
    first.kill()
    until(lambda: not is_there(process))  # what it ran ends with it
    start_worker(queue)
    job.result(60)
    assert (job.job().state, job.job().attempt) == ("done", 2)
    assert Counter(line.split()[0] for line in lines(file)) == {"begun": 2, "ended": 1}
    kept = History(history).run(job.id)
    assert kept.state == "done"


def test_a_node_whose_worker_is_killed_is_begun_once_more(
    board: Board,
    start_worker: StartWorker,
    queue: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("beamcanvas.execution.jobs.executor.BEAT", 0.2)
    file = tmp_path / "file"
    first = start_worker(queue)

    def another() -> None:
        until(lambda: lines(file))
        first.kill()
        start_worker(queue)

    thread = threading.Thread(target=another)
    thread.start()
    workflow = one(job_tasks.long_the_first_time, file=str(file))
    workflow.add(add, id="good", inputs={"a": 1})
    with Celery(queue, board) as executor:
        result = run(workflow, executor=executor)
    thread.join()
    assert result.nodes == {"one": {}, "good": {"result": 1}}
    assert Counter(line.split()[0] for line in lines(file)) == {"begun": 2, "ended": 1}


def test_a_job_that_kills_its_workers_is_lost(
    board: Board, start_worker: StartWorker, queue: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    job = submit(one(job_tasks.kill_worker, file=str(file)), broker=board, queue=queue)
    for _ in range(2):
        start_worker(queue).end()
        board.recover()
    with pytest.raises(TaskError, match=r"The worker .* that ran it died"):
        job.result(60)
    assert job.job().state == "lost"
    assert [line.split()[0] for line in lines(file)] == ["begun", "begun"]


def test_two_hundred_at_once_all_end_each_once(
    board: Board, start_worker: StartWorker, queue: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    for _ in range(2):
        start_worker(queue, 2)
    jobs = [
        submit(
            one(job_tasks.once, file=str(file), name=f"job {i}"),
            broker=board,
            queue=queue,
            history=False,
        )
        for i in range(200)
    ]
    states = Counter(job.wait(60).state for job in jobs)
    assert states == {"done": 200}
    assert Counter(lines(file)) == {f"job {i}": 1 for i in range(200)}
    assert queue not in {job.queue for job in board.unfinished()}


def test_a_node_goes_to_its_own_queue_and_ends_with_its_job(
    board: Board, served: str, start_worker: StartWorker, queue: str, tmp_path: Path
) -> None:
    start_worker(queue)
    file = tmp_path / "file"
    how = {"execution": {"executor": f"celery:{queue}"}}
    workflow = one(add, a=1)
    workflow.add(add, id="there", inputs={"b": 10}, extra=how)
    workflow.link("one", "there", {"a": "result"})
    assert submit(workflow, broker=board, queue=served, outputs=None).result(60).outputs[
        "there"
    ] == {"result": 11}
    workflow = one(job_tasks.long, file=str(file))
    workflow.nodes["one"].extra.update(how)
    job = submit(workflow, broker=board, queue=served)
    processes = until(lambda: lines(file))[0].split()[1:]
    job.cancel()
    with pytest.raises(TaskError, match="was cancelled"):
        job.result(60)
    until(lambda: not any(map(is_there, processes)))
    until(lambda: not board.children(job.id))


def test_the_first_interrupt_waits_and_the_second_hands_back(
    board: Board, start_worker: StartWorker, queue: str, tmp_path: Path
) -> None:
    worker = start_worker(queue)
    short = submit(
        one(job_tasks.long, file=str(tmp_path / "a"), seconds=0.5), broker=board, queue=queue
    )
    until(lambda: lines(tmp_path / "a"))
    worker.interrupt()
    assert "1 under way are waited for" in worker.end()
    assert (worker.process.returncode, short.job().state) == (0, "done")
    worker = start_worker(queue)
    long = submit(one(job_tasks.long, file=str(tmp_path / "b")), broker=board, queue=queue)
    processes = until(lambda: lines(tmp_path / "b"))[0].split()[1:]
    worker.interrupt()
    time.sleep(0.2)
    worker.interrupt()
    assert "handed back" in worker.end()
    assert (worker.process.returncode, long.job().state, long.job().attempt) == (0, "queued", 0)
    assert not any(map(is_there, processes))
    long.cancel()
    assert long.job().state == "cancelled"


def test_a_job_is_found_by_the_beginning_of_its_id(board: Board, queue: str) -> None:
    job = submit(one(add, a=1), broker=board, queue=queue)
    assert Submitted(job.id[:8], board).id == job.id
    job.cancel()
    with pytest.raises(InputError, match="There is no job 'xyz'"):
        Submitted("xyz", board)
