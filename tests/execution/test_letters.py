"""What crosses between processes: small values in the pipe, large ones in shared memory."""

from __future__ import annotations

import gc
import os
import pickle
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas.errors import TaskError
from beamcanvas.execution import run
from beamcanvas.execution.conformance.tasks import ramp, total_of
from beamcanvas.execution.executors import Executor, letters
from beamcanvas.execution.executors.letters import Letter, Memory, Parcel, received, views
from beamcanvas.workflow import Workflow


def sent(value: Any) -> tuple[bytes, Any]:
    ours, theirs = Pipe()
    with ours, theirs:
        letter = Letter()
        data = letter.pickled(value)
        letter.send(ours, data)
        return received(theirs)


def opened(data: bytes, buffers: Any) -> Any:
    return pickle.loads(data, buffers=views(buffers))


def descriptors() -> int:
    """Those of memory that is shared."""
    links = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return sum("memfd:beamcanvas" in link for link in links)


def test_large_arrays_are_not_in_the_pickle() -> None:
    values = {"image": np.arange(90000.0), "other": np.ones((300, 300), "f"), "few": np.arange(5)}
    data, buffers = sent(values)
    assert len(data) < 1000
    assert len(buffers) == 2
    found = opened(data, buffers)
    for name, array in values.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_who_reads_it_may_change_it() -> None:
    data, buffers = sent(np.zeros(90000))
    first = opened(data, buffers)
    memory = buffers[0].memory
    first += 1
    again = np.frombuffer(os.pread(memory.descriptor, memory.size, 0))
    assert first.sum() == 90000
    assert not again[:90000].any()


def test_a_parcel_is_handed_on_as_it_came() -> None:
    data, buffers = sent(np.arange(90000.0))
    parcel = Parcel(data, buffers)
    letter = Letter()
    letter.pickled({"image": [parcel, parcel]})
    assert {part.memory for part in letter._parts.values()} == {buffers[0].memory}
    data, buffers = sent({"image": [parcel, parcel]})
    found = opened(data, buffers)["image"]
    np.testing.assert_array_equal(found[0], np.arange(90000.0))
    np.testing.assert_array_equal(found[1], np.arange(90000.0))
    assert parcel.value() is parcel.value()


def test_nothing_is_left_behind() -> None:
    gc.collect()
    held, before = Memory.held, descriptors()
    value = opened(*sent(np.arange(90000.0)))
    assert descriptors() > before
    del value
    gc.collect()
    assert Memory.held == held
    assert descriptors() == before


def test_what_would_need_too_many_descriptors_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_MOST", Memory.held)
    data, buffers = sent(np.arange(90000.0))
    assert isinstance(buffers[0], bytearray)
    parcel = Parcel(data, buffers)
    np.testing.assert_array_equal(opened(*sent(parcel)), np.arange(90000.0))


# -- in runs


def test_a_task_that_changes_its_input_changes_it_for_nobody_else(processes: Executor) -> None:
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(tasks.add_in_place, id="shifted", inputs={"offset": 1.0})
    workflow.add(total_of, id="total")
    workflow.link("ramp", "shifted", {"image": "image"})
    workflow.link("ramp", "total", {"image": "image"})
    workflow.link("shifted", "total")
    result = run(workflow, executor=processes)
    assert result.outputs == {"sum": 120000 * 119999 / 2}
    assert result.nodes["shifted"]["image"][0, 0] == 1.0
    result.nodes["shifted"]["image"][:] = 0  # what came back is one's own


def test_what_is_not_asked_for_is_never_read_here(
    processes: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Parcel] = []
    value = Parcel.value
    monkeypatch.setattr(Parcel, "value", lambda parcel: [read.append(parcel), value(parcel)][1])
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(tasks.add_in_place, id="shifted", inputs={"offset": 1.0})
    workflow.link("ramp", "shifted", {"image": "image"})
    result = run(workflow, executor=processes, outputs=[{"all": False}])
    assert len(read) == 1
    assert result.outputs["image"][-1, -1] == 120000.0


def test_what_can_only_be_read_elsewhere_is_a_failure_of_its_node(processes: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.foreign, id="foreign")
    workflow.add(tasks.add, id="add", inputs={"a": 1})
    with pytest.raises(TaskError, match=r"'foreign'.* can't be read in this process") as info:
        run(workflow, executor=processes)
    assert info.value.result.nodes == {"add": {"result": 1}}
    assert run(workflow, executor=processes, outputs=[{"id": "add"}]).outputs == {"result": 1}


def test_what_can_not_be_read_by_the_next_process_is_named(processes: Executor) -> None:
    workflow = Workflow()
    workflow.add(tasks.collect, id="one", inputs={"a": tasks.Foreign()})
    with pytest.raises(TaskError, match="inputs can't be read in another process: it is at home"):
        run(workflow, executor=processes)
