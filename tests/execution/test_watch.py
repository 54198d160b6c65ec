"""A workflow that follows a file: passes on the newest data only, an end, and what fails."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from beamcanvas.errors import InputError
from beamcanvas.execution.watch import watch
from beamcanvas.task import Param, task
from beamcanvas.workflow import Workflow

FINISHED: list[int] = []


@dataclass(frozen=True)
class Lines:
    """What a file holds by now."""

    count: int
    growing: bool


@task(output="lines")
def read(
    file: Annotated[Path, Param(path="open")], growing: bool = False, ends: bool = True
) -> Lines:
    """Count lines; a line END ends the file."""
    text = file.read_text() if file.exists() else ""
    return Lines(len(text.splitlines()), growing and not (ends and "END" in text))


@task(output="count")
def slow(lines: Lines, seconds: float = 0.0, allowed: int = 10**9) -> int:
    """Take some time with it."""
    time.sleep(seconds)
    if lines.count > allowed:
        raise InputError(f"{lines.count} lines are too many.")
    FINISHED.append(lines.count)
    return lines.count


@task(output="value")
def once() -> float:
    """Something that doesn't follow from the file."""
    return time.time()


@task(output="both")
def join(count: int, value: float) -> tuple[int, float]:
    """Take both."""
    return count, value


@task(output="text")
def plain(file: Annotated[Path, Param(path="open")]) -> str:
    """Know nothing of growing files."""
    return file.read_text()


def following(file: Path, seconds: float = 0.0, **settings) -> Workflow:
    workflow = Workflow(id="following")
    workflow.add(read, id="read", inputs={"file": str(file)})
    workflow.add(slow, id="slow", inputs={"seconds": seconds, **settings})
    workflow.add(once, id="once")
    workflow.add(join, id="join")
    workflow.link("read", "slow", {"lines": "lines"})
    workflow.link("slow", "join", {"count": "count"})
    workflow.link("once", "join", {"value": "value"})
    return workflow


def writer(file: Path, lines: int, pause: float, end: bool = True) -> threading.Thread:
    def write() -> None:
        with file.open("a") as out:
            for number in range(lines):
                out.write("END\n" if end and number == lines - 1 else f"{number}\n")
                out.flush()
                time.sleep(pause)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_passes_end_with_the_file_and_skip_what_is_old(tmp_path):
    file = tmp_path / "data.txt"
    FINISHED.clear()
    passes = []
    thread = writer(file, 40, 0.01)
    last = watch(following(file, 0.06), every=0.01, on_pass=passes.append)
    thread.join()
    assert last.is_last
    assert last.result.nodes["join"]["both"][0] == 40
    assert sorted(set(FINISHED)) == FINISHED  # each newer than the one before
    assert 2 <= len(FINISHED) < 20  # not one for each of the 40 changes
    values = {done.result.nodes["join"]["both"][1] for done in passes}
    assert len(values) == 1  # what doesn't follow from the file ran once
    assert [done.number for done in passes] == list(range(1, len(passes) + 1))


def test_a_file_that_does_not_say_ends_when_it_rests(tmp_path):
    file = tmp_path / "data.txt"
    thread = writer(file, 5, 0.02, end=False)
    passes = []
    last = watch(following(file), every=0.01, rest=0.3, on_pass=passes.append)
    thread.join()
    assert last.is_last
    assert passes[-2].result.nodes["read"]["lines"].growing
    assert last.result.nodes["read"]["lines"] == Lines(5, False)


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path):
    file = tmp_path / "later.txt"
    passes = []
    thread = threading.Timer(0.15, lambda: file.write_text("END\n"))
    thread.start()
    last = watch(following(tmp_path / "other"), file, every=0.01, on_pass=passes.append)
    assert passes[0].result.nodes["read"]["lines"].count == 0
    assert last.result.nodes["slow"]["count"] == 1


def test_a_failure_is_told_and_the_next_pass_tries_again(tmp_path):
    file = tmp_path / "data.txt"
    file.write_text("1\n2\n3\n")
    passes = []

    def on_pass(done) -> None:
        passes.append(done)
        if len(passes) == 1:
            file.write_text("END\n")

    watch(following(file, allowed=2), every=0.01, on_pass=on_pass)
    assert "3 lines are too many" in str(passes[0].failures["slow"])
    assert not passes[1].failures
    assert passes[1].result.nodes["join"]["both"][0] == 1


def test_it_is_stopped(tmp_path):
    file = tmp_path / "data.txt"
    file.write_text("1\n")
    workflow = Workflow(id="plain")
    workflow.add(plain, id="plain", inputs={"file": str(file)})
    flag = threading.Event()
    passes = []
    threading.Timer(0.4, flag.set).start()
    threading.Timer(0.1, lambda: file.write_text("22\n")).start()
    last = watch(workflow, every=0.01, cancelled=flag, on_pass=passes.append)
    assert [done.result.nodes["plain"]["text"] for done in passes] == ["1\n", "22\n"]
    assert not last.is_last


def test_which_node_is_meant(tmp_path):
    workflow = following(tmp_path / "a")
    workflow.add(plain, id="second", inputs={"file": "b"})
    with pytest.raises(InputError, match=r"Several nodes read files: .* --node"):
        watch(workflow)
    with pytest.raises(InputError, match="There is no node 'third'"):
        watch(workflow, node="third")
    del workflow.nodes["second"].default_inputs["file"]
    with pytest.raises(InputError, match="no file to follow"):
        watch(workflow, node="second")
    none = Workflow(id="none")
    none.add(once, id="once")
    with pytest.raises(InputError, match="reads a file"):
        watch(none)


def test_libraries_of_the_steps_are_there_before_the_first_pass(tmp_path, monkeypatch):
    """A package says what its tasks need later; what isn't installed is left to the tasks."""
    package = tmp_path / "steps_with_libraries"
    package.mkdir()
    (package / "__init__.py").write_text(
        'LIBRARIES = ("not_installed_anywhere", "steps_with_libraries.heavy")\n'
        "import sys\n"
        "from pathlib import Path\n"
        "from typing import Annotated\n"
        "from beamcanvas.task import Param, task\n"
        '@task(output="loaded")\n'
        'def read(file: Annotated[Path, Param(path="open")], growing: bool = False) -> bool:\n'
        '    return "steps_with_libraries.heavy" in sys.modules\n'
    )
    (package / "heavy.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "a.dat"
    file.touch()
    workflow = Workflow(id="one")
    workflow.add(
        "steps_with_libraries.read",
        id="read",
        inputs={"file": str(file)},
        task_type="generated",
    )
    workflow.nodes["read"].task_generator = "beamcanvas.task.ewoks.task_class"
    seen = []
    watch(workflow, rest=0.1, on_pass=lambda p: seen.append(p.result.nodes["read"]["loaded"]))
    assert seen[0] is True
