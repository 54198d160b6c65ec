"""A scheme run for many files: each has its results, and one that fails stops nobody."""

from __future__ import annotations

import csv
from pathlib import Path
from threading import Timer
from time import monotonic
from typing import Annotated, Any

import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.execution.many import run_for_each
from beamcanvas.nexus.results import read_outputs
from beamcanvas.task import Param, Progress, task
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save


@task
def read_number(file: Path) -> float:
    try:
        return float(Path(file).read_text())
    except ValueError:
        raise InputError(f"{file}: this is no number.") from None


@task
def inverse(x: float) -> float:
    if x == 0:
        raise InputError("0 has no inverse.")
    return 1 / x


@task
def keep_number(x: float, *, file: Annotated[Path, Param(path="save")]) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(str(x))
    return file


@task
def wait(x: float, progress: Progress) -> float:
    from time import sleep

    while True:
        progress(None)
        sleep(0.01)


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    workflow = Workflow(label="Inverse")
    first = workflow.add(read_number, id="read", label="Read")
    second = workflow.add(inverse, id="inverse")
    workflow.link(first, second, {"x": "result"})
    return Path(save(workflow, tmp_path / "inverse.json"))


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    folder = tmp_path / "numbers"
    folder.mkdir()
    for name, text in (("a", "4"), ("b", "0"), ("c", "none")):
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_a_line_for_each_file_with_the_state_of_each_step(
    scheme: Path, numbers: Path, tmp_path: Path
) -> None:
    messages: list[str] = []
    seen: list[list[str]] = []
    looks: list[Any] = []

    def report(_: float | None, words: str) -> None:
        messages.append(words)
        seen.append([row["inverse"][:4] for row in looks[-1]()["states"]])

    done = run_for_each(
        scheme,
        source=numbers,
        pattern="*.txt",
        folder=tmp_path / "out",
        progress=Progress(report, show=looks.append),
    )
    assert ["done", "wait", "wait"] in seen  # the table is seen while it is filled
    short = [(r["File"], r["Read"][:4], r["inverse"][:4], r["Problem"]) for r in done.states]
    assert short == [
        ("a", "done", "done", ""),
        ("b", "done", "fail", "inverse: 0 has no inverse."),
        ("c", "fail", "not ", f"Read: {numbers / 'c.txt'}: this is no number."),
    ]
    assert done.verdict.startswith("1 of 3 done, 2 failed: b: inverse: 0 has no inverse")
    with done.table.open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == done.states
    assert read_outputs(tmp_path / "out" / "a.h5")["inverse"]["result"] == 0.25
    assert "b (2 of 3)" in messages


def test_what_was_done_is_not_done_again(scheme: Path, numbers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_for_each(scheme, source=numbers, folder=out)
    before = (out / "a.h5").stat().st_mtime_ns
    (numbers / "b.txt").write_text("2")
    again = run_for_each(scheme, source=numbers, folder=out)
    assert (out / "a.h5").stat().st_mtime_ns == before
    assert [r["inverse"][:11] for r in again.states] == ["done before", "done, 0.0 s", "not run"]
    run_for_each(scheme, files=[numbers / "a.txt"], folder=out, existing="replace")
    assert (out / "a.h5").stat().st_mtime_ns > before


def test_what_a_step_saves_is_each_files_own(numbers: Path, tmp_path: Path) -> None:
    workflow = Workflow()
    first = workflow.add(read_number, id="read")
    last = workflow.add(keep_number, id="keep", inputs={"file": "kept/number.txt"})
    workflow.link(first, last, {"x": "result"})
    scheme = Path(save(workflow, tmp_path / "keep.json"))
    run_for_each(scheme, source=numbers, folder=tmp_path / "out")
    kept = {p.name: p.read_text() for p in (tmp_path / "kept").iterdir()}
    assert kept == {"number_a.txt": "4.0", "number_b.txt": "0.0"}


def test_files_of_one_name_in_two_folders(scheme: Path, numbers: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.txt").write_text("8")
    done = run_for_each(
        scheme, files=[numbers / "a.txt", tmp_path / "more" / "a.txt"], folder=tmp_path / "out"
    )
    assert [r["File"] for r in done.states] == ["a", "a_2"]


def test_what_cannot_be_run(scheme: Path, numbers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="There are no files"):
        run_for_each(scheme, folder=out)
    with pytest.raises(InputError, match="no files like"):
        run_for_each(scheme, source=numbers, pattern="x*", folder=out)
    with pytest.raises(InputError, match="no such folder"):
        run_for_each(scheme, source=tmp_path / "nowhere", folder=out)
    with pytest.raises(InputError, match="no step 'Open', but Read, inverse"):
        run_for_each(scheme, source=numbers, step="Open", folder=out)
    with pytest.raises(InputError, match=r"All 1 runs failed\. c: Read"):
        run_for_each(scheme, files=[numbers / "c.txt"], folder=out)
    two = Workflow()
    two.add(read_number, id="one")
    two.add(read_number, id="other")
    save(two, tmp_path / "two.json")
    with pytest.raises(InputError, match=r"2 steps start the scheme \(one, other\)"):
        run_for_each(tmp_path / "two.json", source=numbers, folder=out)


def test_cancelling_stops_the_run_under_way(numbers: Path, tmp_path: Path) -> None:
    workflow = Workflow()
    first = workflow.add(read_number, id="read")
    workflow.link(first, workflow.add(wait, id="wait"), {"x": "result"})
    save(workflow, tmp_path / "wait.json")
    stop: list[bool] = []
    Timer(0.3, lambda: stop.append(True)).start()
    started = monotonic()
    with pytest.raises(Cancelled):
        run_for_each(
            tmp_path / "wait.json",
            source=numbers,
            folder=tmp_path / "out",
            progress=Progress(is_cancelled=lambda: bool(stop)),
        )
    assert monotonic() - started < 5
    left = [p.name for p in (tmp_path / "out").glob("*.h5")]
    assert left == ["a_failed.h5"]  # which is run again the next time
