"""Where nodes run: at the same time, elsewhere, and stopped when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import running_tasks as tasks

from beamcanvas.errors import Cancelled, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.executors.inline import Inline
from beamcanvas.execution.executors.processes import Processes
from beamcanvas.execution.executors.threads import Threads
from beamcanvas.workflow import Workflow


def one(task: object, **inputs: object) -> Workflow:
    workflow = Workflow(id="one")
    workflow.add(task, id="one", inputs=inputs)  # type: ignore[arg-type]
    return workflow


def test_nodes_of_a_pool_run_in_its_processes(processes: Executor) -> None:
    workflow = Workflow()
    for i in range(6):
        workflow.add(tasks.where, id=str(i))
    found = {v["result"] for v in run(workflow, executor=processes).nodes.values()}
    again = {v["result"] for v in run(workflow, executor=processes).nodes.values()}
    assert os.getpid() not in found
    assert len(found | again) <= 2


@pytest.mark.parametrize("make", [Threads, Processes])
def test_independent_nodes_run_at_the_same_time(make: type[Executor], tmp_path: Path) -> None:
    """Each waits for the file of the other."""
    workflow = Workflow()
    for mine, other in (("a", "b"), ("b", "a")):
        inputs = {"mine": str(tmp_path / mine), "other": str(tmp_path / other)}
        workflow.add("running_tasks.meet", id=mine, inputs=inputs)
    with make(2) as executor:  # type: ignore[call-arg]
        run(workflow, executor=executor)


@contextmanager
def cancelled_when(begun: Path) -> Iterator[threading.Event]:
    """An event that is set once the file is there."""
    event = threading.Event()

    def watch() -> None:
        while not begun.exists() or not begun.read_text():
            time.sleep(0.01)
        event.set()

    watching = threading.Thread(target=watch)
    watching.start()
    yield event
    watching.join()


def test_cancel(executor: Executor, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    workflow = one(tasks.patient, begun=str(begun))
    workflow.add(tasks.add, id="after", inputs={"b": 1})
    workflow.add(tasks.add, id="before", inputs={"a": 1})
    workflow.link("before", "one")
    workflow.link("one", "after", {"a": "result"})
    told: list[dict] = []
    with cancelled_when(begun) as event, pytest.raises(Cancelled) as info:
        run(workflow, executor=executor, cancelled=event, events=[told.append])
    assert info.value.result.nodes == {"before": {"result": 1}}
    assert [(e["context"], e["node_id"], e["error"]) for e in told if e["type"] == "end"] == [
        ("node", "before", False),
        ("node", "one", True),
        ("workflow", None, True),
        ("job", None, True),
    ]
    # and it is ready for the next run
    assert run(one(tasks.add, a=1), executor=executor).outputs == {"result": 1}


@pytest.mark.parametrize("make", [Threads, Processes])
def test_what_does_not_answer_a_cancel_is_left_or_terminated(
    make: type[Executor], tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    workflow = one(tasks.stubborn, begun=str(begun), seconds=8.0)
    with make(1) as executor:  # type: ignore[call-arg]
        with cancelled_when(begun) as event, pytest.raises(Cancelled):
            run(workflow, executor=executor, cancelled=event)
        assert run(one(tasks.add, a=1), executor=executor).outputs == {"result": 1}
    if make is Processes:
        with pytest.raises(ProcessLookupError):
            os.kill(int(begun.read_text()), 0)


@pytest.mark.parametrize(
    ("task", "words"), [(tasks.crash, "with exit code 3"), (tasks.segfault, "by signal 11")]
)
def test_a_process_that_ends_by_itself_is_a_failure_of_its_node(task: object, words: str) -> None:
    workflow = one(task)
    workflow.add(tasks.add, id="other", inputs={"a": 1})
    workflow.add(tasks.add, id="next")
    workflow.link("other", "next", {"a": "result"})
    with Processes(1) as executor, pytest.raises(TaskError, match=f"ended {words}") as info:
        run(workflow, executor=executor)
    assert info.value.result.nodes == {"other": {"result": 1}, "next": {"result": 1}}


def test_an_input_that_can_not_travel_is_named(processes: Executor) -> None:
    workflow = one(tasks.collect, a=1, b=lambda: None)
    with pytest.raises(TaskError, match="The input 'b', a function, can't be sent") as info:
        run(workflow, executor=processes)
    assert "'one'" in str(info.value)


def test_an_output_that_can_not_travel_is_named(processes: Executor) -> None:
    with pytest.raises(TaskError, match="The output 'result', a function, can't be sent"):
        run(one(tasks.lambda_out), executor=processes)


def test_an_error_that_can_not_travel_keeps_its_words(processes: Executor) -> None:
    with pytest.raises(TaskError, match="TwoPartError: one and two") as info:
        run(one(tasks.raise_two_parts), executor=processes)
    assert "raise_two_parts" in info.value.__cause__.__notes__[0]


def test_progress_crosses_every_border(executor: Executor) -> None:
    told: list[dict] = []
    run(one(tasks.steps, n=4), executor=executor, events=[told.append])
    progress = [(e["progress"], e["message"]) for e in told if e["type"] == "progress"]
    assert progress == [(25, "step 1"), (50, "step 2"), (75, "step 3"), (100, "step 4")]


def test_progress_is_thinned() -> None:
    told: list[dict] = []
    run(one(tasks.steps, n=5000), executor=Inline(), events=[told.append])
    assert 100 <= sum(e["type"] == "progress" for e in told) < 200


SCRIPT = """
import sys
from beamcanvas.execution import run
from beamcanvas.workflow import Workflow
import running_tasks as tasks

if __name__ == "__main__":
    workflow = Workflow(id="interrupted")
    workflow.add(tasks.patient, id="one", inputs={"begun": sys.argv[2]})
    def tell(event):
        print(event["context"], event["type"], event["error"], flush=True)
    try:
        run(workflow, executor=sys.argv[1], events=[tell])
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("name", ["inline", "threads", "processes"])
def test_ctrl_c_ends_a_run_cleanly(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    begun = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, script, name, begun],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        start_new_session=True,
    )
    assert process.stdout is not None
    first = [process.stdout.readline().strip() for _ in range(3)]
    with cancelled_when(begun) as event:
        event.wait(30)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=30)
    assert [*first, *out.splitlines()] == [
        "job start None",
        "workflow start None",
        "node start None",
        "node end True",
        "workflow end True",
        "job end True",
        "interrupted",
    ]
    assert err == ""
