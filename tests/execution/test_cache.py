"""What ran before isn't run again: what counts as the same, and what is never trusted."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import running_tasks as tasks

from beamcanvas.cli import main
from beamcanvas.errors import InputError
from beamcanvas.execution import run
from beamcanvas.execution.cache import Cache
from beamcanvas.execution.cache.digest import _Digest, fingerprint
from beamcanvas.execution.conformance.tasks import ramp, shift, total_of
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.work import Work
from beamcanvas.workflow import Workflow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "kept"


def counting(path: Path, **inputs: Any) -> Workflow:
    """'count' writes into a file how often it is called."""
    workflow = Workflow(id="counting")
    workflow.add(tasks.count_calls, id="count", inputs={"file": str(path), "x": 1, **inputs})
    workflow.add(tasks.add, id="add", inputs={"b": 10})
    workflow.link("count", "add", {"a": "result"})
    return workflow


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], int]:
    """How often 'count' was called. The name has no folder, so that it isn't read as a file."""
    return lambda: len((tmp_path / "calls").read_text())


def test_what_ran_is_not_run_again(
    executor: Executor, folder: Path, tmp_path: Path, calls: Callable[[], int]
) -> None:
    workflow = counting(tmp_path / "calls-of")
    told: list[dict[str, Any]] = []
    for _ in range(3):
        result = run(workflow, executor=executor, cache=folder, events=[told.append])
        assert result.nodes == {"count": {"result": 1}, "add": {"result": 11}}
    assert calls() == 1
    ends = [e["node_id"] for e in told if e["type"] == "end" and e["context"] == "node"]
    assert ends == ["count", "add"] * 3
    run(workflow, {"count": {"x": 2}}, executor=executor, cache=folder)
    assert calls() == 2
    run(workflow, {"add": {"b": 5}}, executor=executor, cache=folder)
    assert calls() == 2


def test_large_values_are_kept_wherever_they_were_made(executor: Executor, folder: Path) -> None:
    workflow = Workflow()
    workflow.add(ramp, id="ramp", inputs={"rows": 300, "columns": 400})
    workflow.add(shift, id="shifted", inputs={"offset": 1.0})
    workflow.add(total_of, id="total")
    workflow.link("ramp", "shifted", {"image": "image"})
    workflow.link("shifted", "total", {"image": "image"})
    first = run(workflow, executor=executor, cache=folder)
    again = run(workflow, executor=executor, cache=folder)
    assert first.outputs == again.outputs == {"sum": 120000 * 120001 / 2}
    np.testing.assert_array_equal(first.nodes["shifted"]["image"], again.nodes["shifted"]["image"])
    assert len(list(Cache(folder).entries())) == 3


def test_the_items_of_a_map_that_ran_are_not_run_again(
    folder: Path, tmp_path: Path, calls: Callable[[], int]
) -> None:
    workflow = counting(tmp_path / "calls-of", x=[1, 2, 3])
    workflow.nodes["count"].extra["execution"] = {"map": "x"}
    workflow.nodes["add"].extra["execution"] = {"map": "a"}
    assert run(workflow, cache=folder).outputs == {"result": [11, 12, 13]}
    workflow.nodes["count"].default_inputs["x"] = [3, 4, 1]
    assert run(workflow, cache=folder).outputs == {"result": [13, 14, 11]}
    assert calls() == 4


def test_loops_and_long_chains_of_what_is_kept(folder: Path) -> None:
    workflow = Workflow()
    workflow.add(tasks.add, id="0", inputs={"a": 0, "b": 1})
    for i in range(1, 1500):
        workflow.add(tasks.add, id=str(i), inputs={"b": 0})
        workflow.link(str(i - 1), str(i), {"a": "result"})
    for _ in range(2):
        assert run(workflow, cache=folder).outputs == {"result": 1}
    assert len(list(Cache(folder).entries())) == 2


# -- what is the same


class Colour(Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Image:
    pixels: Any
    name: str


VALUES = [
    None, False, 0, 0.0, -0.0, 0j, "", b"", "0", 1, True, 1.0, [], (), {}, set(), [[]], [[], []],
    [1, 2], (1, 2), [[1], 2], [[1, 2]], {"a": 1}, {"a": 2}, {"b": 1}, Colour.RED, Colour.GREEN,
    np.zeros(4), np.zeros((2, 2)), np.zeros(4, "f"), np.zeros(8, "f"), np.zeros(0),
    np.zeros((0, 3)),
    np.array([1]), np.array([1, 0], np.int32), np.float64(1), np.array(["a"]), np.array([None]),
    Image(np.zeros(4), "a"), Image(np.zeros(4), "b"), Image(np.zeros((2, 2)), "a"), Path("a"),
]  # fmt: skip


def digest(value: Any, folder: Path = Path()) -> str:
    made = _Digest(folder)
    made.add(value)
    return made.hex()


def test_no_two_values_are_mistaken_for_each_other() -> None:
    digests = [digest(value) for value in VALUES]
    assert len(set(digests)) == len(VALUES)
    assert digests == [digest(pickle.loads(pickle.dumps(value))) for value in VALUES]


def test_the_layout_of_an_array_in_memory_does_not_count() -> None:
    array = np.arange(12.0).reshape(3, 4)
    assert digest(array) == digest(np.asfortranarray(array)) == digest(array[:, ::1])
    assert digest(array) != digest(array.T)


def test_a_file_that_changed_counts(tmp_path: Path) -> None:
    file = tmp_path / "image.edf"
    absent = digest("image.edf", tmp_path), digest(file)
    file.write_text("one")
    first = digest("image.edf", tmp_path), digest(file)
    os.utime(file, ns=(1, 1))
    second = digest("image.edf", tmp_path), digest(file)
    assert len({*absent, *first, *second}) == 6


def work(identifier: str, **inputs: Any) -> Work:
    return Work(0, "one", "method", identifier, None, inputs, frozenset(), Path())


def test_the_code_of_a_task_counts(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"

    def of(text: str) -> str | None:
        file.write_text(text)
        return fingerprint(work(f"{file}::double", x=1))

    first = of("def double(x):\n    return 2 * x\n")
    moved = of("# a remark\n\ndef double(x):\n    return 2 * x\n")
    other = of("def double(x):\n    return x + x\n")
    number = of("def double(x):\n    return 3 * x\n")
    assert first == moved
    assert len({first, other, number, None}) == 4


@pytest.mark.parametrize(
    ("task", "inputs"),
    [
        (tasks.nothing, {}),
        (tasks.writes, {"file": "somewhere.txt"}),
        ("not.there", {}),
    ],
)
def test_what_is_never_kept(task: Any, inputs: dict[Any, Any]) -> None:
    workflow = Workflow()
    node = workflow.add(task, id="one", inputs=inputs)
    made = Work(
        0, "one", node.task_type, node.task_identifier, node.task_generator, dict(inputs),
        frozenset(), Path(),
    )  # fmt: skip
    assert fingerprint(made) is None


# -- what is not trusted


def kept(folder: Path) -> Path:
    run(counting(folder.parent / "calls-of"), cache=folder)
    (file,) = (e.file for e in Cache(folder).entries() if e.title == "count")
    return file


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",)


def test_a_file_of_somebody_else_is_not_read(
    folder: Path, tmp_path: Path, calls: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = kept(folder)
    head, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n" + rest[:32] + pickle.dumps({"result": Evil()}))
    run(counting(tmp_path / "calls-of"), cache=folder)
    assert not Path("evil").exists()
    assert calls() == 2


@pytest.mark.parametrize("size", [0, 10, 100, -1])
def test_a_file_that_was_cut_short_is_not_read(
    folder: Path, tmp_path: Path, calls: Callable[[], int], size: int
) -> None:
    file = kept(folder)
    file.write_bytes(file.read_bytes()[:size])
    run(counting(tmp_path / "calls-of"), cache=folder)
    assert calls() == 2


def test_the_key_is_for_the_user_alone(folder: Path) -> None:
    kept(folder)
    assert (folder.parent / "data" / "beamcanvas" / "cache.key").stat().st_mode & 0o777 == 0o600


def test_what_can_not_be_written_stops_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise InputError("No space left on the device.")

    monkeypatch.setattr(Cache, "keep", full)
    assert run(counting(folder.parent / "calls-of"), cache=folder).outputs == {"result": 11}
    assert "No more results are kept. No space left" in caplog.text


# -- on the command line


def test_list_and_clean(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scheme = counting(tmp_path / "calls-of").save(tmp_path / "scheme.json")
    assert main(["run", str(scheme), "--cache", str(folder)]) == 0
    assert main(["cache", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0].rpartition(".")[2] for line in lines[1:]] == ["add", "count_calls"]
    assert main(["cache", str(folder), "--clean", "--unused", "1"]) == 0
    assert capsys.readouterr().out.startswith("0 results removed")
    assert main(["cache", str(folder), "--clean", "--task", "*.add"]) == 0
    assert capsys.readouterr().out.startswith("1 results removed")
    assert [e.title for e in Cache(folder).entries()] == ["count"]
    assert main(["cache", str(tmp_path / "nowhere")]) == 2
