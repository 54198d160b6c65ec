"""The command line: each command, its output and its exit code."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from beamcanvas.cli import main
from beamcanvas.nexus.results import read_outputs
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load

STEPS = """
import sys, time
from pathlib import Path
from typing import Annotated
import numpy as np
from beamcanvas.errors import InputError
from beamcanvas.task import SILENT, Param, Progress, task

@task
def add(a: Annotated[float, Param(ge=0, unit="mm")], b: float = 1.0) -> float:
    print("adding")
    return a + b

@task
def ramp(n: int = 100) -> np.ndarray:
    return np.arange(n)

@task
def read(file: Annotated[Path, Param(path="open")]) -> str:
    return file.read_text()

class Doubtful(str):
    @property
    def warnings(self):
        return self.splitlines()

@task
def doubt(words: str = "", more: str = "") -> Doubtful:
    return Doubtful(words + more)

@task
def crash(a: float = 0) -> float:
    raise RuntimeError("it broke\\nin two lines")

@task
def refuse(a: float = 0) -> float:
    raise InputError("That is no image.")

@task
def sleep(seconds: float, progress: Progress = SILENT) -> float:
    Path("sleeping").touch()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress(0.5)
        time.sleep(0.01)
    return seconds
"""


class Folder:
    """A folder with tasks and workflows, where the commands run."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys
        (path / "steps.py").write_text(STEPS)

    def save(self, name: str, *nodes: tuple[str, str, dict], links: Any = ()) -> str:
        workflow = Workflow(id="demo", label="A demo")
        for node_id, function, inputs in nodes:
            label = node_id.upper()
            workflow.add(f"steps.py::{function}", id=node_id, label=label, inputs=inputs)
        for source, target, data in links:
            workflow.link(source, target, data)
        workflow.save(self.path / name)
        return name

    def run(self, *words: str) -> tuple[int, str, str]:
        code = main(words)
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, capsys)


@pytest.fixture
def two(here: Folder) -> str:
    """``first`` feeds ``second``."""
    return here.save(
        "two.json",
        ("first", "add", {"a": 1}),
        ("second", "add", {"b": 10}),
        links=[("first", "second", {"a": "result"})],
    )


# -- run


def test_run_prints_one_json_document_and_nothing_else(here: Folder, two: str) -> None:
    code, out, err = here.run("run", two, "--json")
    assert code == 0
    assert json.loads(out) == {"second": {"result": 12.0, "return_value": 12.0}}
    assert "adding" in err


def test_what_is_doubtful_is_told_once(here: Folder) -> None:
    file = here.save(
        "doubts.json",
        ("a", "doubt", {"more": "It is dark.\n"}),
        ("b", "doubt", {"more": "It is\t cold.\n"}),
        links=[("a", "b", {"words": "result"})],
    )
    code, _, err = here.run("run", file)
    assert (code, err) == (0, "note: A: It is dark.\nnote: B: It is cold.\n")


def test_also_programs_that_a_task_starts_keep_off_the_document(here: Folder) -> None:
    workflow = Workflow(id="echo")
    workflow.add("echo", id="e", task_type="script", inputs={0: "noise"})
    workflow.save(here.path / "echo.json")
    run = subprocess.run(
        [sys.executable, "-m", "beamcanvas", "run", "echo.json", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout)["e"]["return_code"] == 0
    assert "noise" in run.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-p", "first:a=5"], 16),
        (["-p", "FIRST:a=5"], 16),
        (["-p", "a=5"], 16),
        (["-pn", "first:a=5"], 16),
        (["-pl", "SECOND:b=20"], 22),
        (["-pt", "add:b=0"], 1),
        (["-ps", "b=0"], 11),
        (["-pa", "b=0"], 1),
        (["-pa", "b=0", "-p", "second:b=3"], 1),  # in ewoks' order: -pa is applied last
        (["-p", 'first:a="5"'], 16),  # text that reads as a number is one to the task
        (["-p", "first:0=5"], 16),
        (["--inputs", "inputs.json"], 103),
        (["--inputs", "inputs.json", "-p", "first:a=1"], 102),
        (["--inputs", "list.json"], 31),
        (["--executor", "threads"], 12),
    ],
)
def test_inputs_come_from_flags_and_files(
    here: Folder, two: str, words: list[str], expected: float
) -> None:
    Path("inputs.json").write_text('{"first": {"a": 2}, "SECOND": {"b": 100}}')
    Path("list.json").write_text('[{"id": "first", "name": "a", "value": 20}]')
    if words[-1] == "first:0=5":  # by position what the file gives by name: not both
        workflow = load(two)
        workflow.nodes["first"].default_inputs = {}
        workflow.save(two)
    code, out, _ = here.run("run", two, "--json", "--merge-outputs", *words)
    assert code == 0
    assert json.loads(out)["result"] == expected


def test_names_with_colons_and_equal_signs_can_be_addressed(here: Folder) -> None:
    file = here.save("odd.json", ("a", "add", {"a": 0}), ("a:b=c", "add", {"a": 0}))
    code, out, _ = here.run("run", file, "--json", "-p", "a:b=c:b=5", "-p", "a:b=7")
    assert code == 0
    found = json.loads(out)
    assert (found["a"]["result"], found["a:b=c"]["result"]) == (7, 5)


def test_outputs_none_end_and_all(here: Folder, two: str) -> None:
    assert here.run("run", two)[1].replace("adding\n", "") == ""
    _, out, _ = here.run("run", two, "--outputs", "end")
    assert "second.result = 12.0" in out.splitlines()
    _, out, _ = here.run("run", two, "--outputs", "all", "--json")
    assert set(json.loads(out)) == {"first", "second"}
    _, out, _ = here.run("run", two, "--outputs", "none", "--json")
    assert out == ""


def test_large_arrays_are_references_into_the_results(here: Folder) -> None:
    file = here.save("ramp.json", ("r", "ramp", {}), ("s", "ramp", {"n": 3}))
    code, out, err = here.run("run", file, "--json", "--results", "out/r.h5")
    assert code == 0
    found = json.loads(out)
    assert found["s"]["result"] == [0, 1, 2]
    reference = found["r"]["result"]
    assert (reference["shape"], reference["dtype"]) == ([100], "int64")
    url = pytest.importorskip("silx.io.url").DataUrl(reference["url"])
    data = pytest.importorskip("silx.io").get_data(url)
    assert data.tolist() == list(range(100))
    _, out, err = here.run("run", file, "--json")
    assert json.loads(out)["r"]["result"] == {"shape": [100], "dtype": "int64"}
    assert "--results" in err


def test_results_open_run_and_show_as_the_workflow(here: Folder, two: str) -> None:
    assert here.run("run", two, "-p", "first:a=5", "--results", "r.h5")[0] == 0
    assert read_outputs("r.h5")["second"]["result"] == 16
    assert "FIRST" in here.run("show", "r.h5")[1]
    code, out, _ = here.run("run", "r.h5", "--json")
    assert code == 0
    assert json.loads(out)["second"]["result"] == 16


def test_a_failed_task_is_one_sentence_and_what_was_produced_is_kept(here: Folder) -> None:
    file = here.save("mixed.json", ("good", "add", {"a": 1}), ("bad", "crash", {}))
    code, out, err = here.run("run", file, "--json", "--results", "r.h5")
    assert code == 1
    assert json.loads(out)["good"]["result"] == 2
    lines = [line for line in err.splitlines() if line != "adding"]
    assert len(lines) == 1
    assert "'BAD' (bad)" in lines[0]
    assert "it broke in two lines" in lines[0]
    assert read_outputs("r.h5")["good"]["result"] == 2
    with pytest.raises(Exception, match="it broke"):
        main(["run", file, "--traceback"])


def test_a_folder_is_no_workflow(here: Folder) -> None:
    Path("folder.ows").mkdir()
    file = Path("folder.ows").absolute()
    assert here.run("run", "folder.ows") == (2, "", f"{file} is a folder, not a workflow file.\n")


def test_a_task_that_refuses_its_input_is_bad_input(here: Folder) -> None:
    file = here.save("refuse.json", ("r", "refuse", {}))
    code, _, err = here.run("run", file)
    assert code == 2
    assert "That is no image." in err


def test_events_go_to_files_and_to_handlers_by_name(here: Folder, two: str) -> None:
    assert here.run("run", two, "--events", "a.db", "--events", "sqlite:b.db")[0] == 0
    for file in ("a.db", "b.db"):
        with sqlite3.connect(file) as database:
            assert database.execute("SELECT count(*) FROM ewoks_events").fetchone() == (8,)
    code, _, said = here.run("run", two, "--events", "sqlit:b.db")
    assert code == 2
    assert "neither an SQLite file" in said
    assert "Did you mean 'sqlite'?" in said


def test_events_and_job_id_are_written(here: Folder, two: str) -> None:
    assert here.run("run", two, "--events", "events.db", "-j", "job-7")[0] == 0
    with sqlite3.connect("events.db") as database:
        rows = database.execute("SELECT job_id, context, type FROM ewoks_events").fetchall()
    assert len(rows) == 8
    assert {row[0] for row in rows} == {"job-7"}


def test_ctrl_c_ends_a_run_cleanly(here: Folder) -> None:
    file = here.save("slow.json", ("good", "add", {"a": 1}), ("slow", "sleep", {"seconds": 60}))
    process = subprocess.Popen(
        [sys.executable, "-m", "beamcanvas", "run", file, "--events", "e.db", "--results", "r.h5"],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not Path("sleeping").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.strip() == "Interrupted."
    with sqlite3.connect("e.db") as database:
        rows = database.execute("SELECT context, type FROM ewoks_events").fetchall()
    rows = [row for row in rows if row[1] != "progress"]
    assert rows[-2:] == [("workflow", "end"), ("job", "end")]
    assert len(rows) == 8
    assert read_outputs("r.h5")["good"]["result"] == 2


# -- the others


def test_run_each_goes_through_files_and_goes_on_where_it_was(here: Folder) -> None:
    for name in ("a", "b"):
        Path(f"{name}.txt").write_text(name)
    file = here.save("read.json", ("r", "read", {}), ("n", "ramp", {}))
    each = ("run-each", file, "a.txt", "b.txt", "c.txt", "--folder", "out", "--takes", "R:file")
    assert here.run(*each) == (2, "", "There is no file c.txt.\n")
    Path("c.txt").mkdir()
    code, out, err = here.run(*each, "-p", "n:n=4")
    assert code == 1
    assert err.splitlines()[-1] == "1 of 3 files failed."
    assert out.splitlines()[:2] == ["a: done", "b: done"]
    assert out.splitlines()[2].startswith("c: failed. R: ")
    assert out.splitlines()[3] == f"2 of 3 done, see {Path('out/states.csv')}"
    assert read_outputs("out/b.h5")["r"]["result"] == "b"
    assert len(read_outputs("out/b.h5")["n"]["result"]) == 4
    assert here.run(*each[:4], *each[5:])[:2] == (
        0,
        f"a: done before\nb: done before\n2 of 2 done, see {Path('out/states.csv')}\n",
    )
    assert here.run(*each[:4], *each[5:], "--again")[1].startswith("a: done\n")
    code, _, err = here.run(*each[:4], "--folder", "out")
    assert (code, "2 steps start the scheme (R, N)" in err) == (2, True)


def test_show_lists_inputs_and_what_is_missing(here: Folder) -> None:
    file = here.save(
        "show.json",
        ("one", "add", {"b": 5}),
        ("two", "add", {}),
        links=[("one", "two", {"a": "result"})],
    )
    code, out, err = here.run("show", file)
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["ONE", "a", "MISSING"] in rows
    assert ["ONE", "b", "5", "set"] in rows
    assert ["TWO", "a", "ONE.result"] in rows
    assert ["TWO", "b", "1.0", "default"] in rows
    assert "1 required input has no value." in out
    assert err == ""


def test_show_has_the_unit_that_another_input_decides_on(here: Folder) -> None:
    values = {"unit": "q_nm^-1", "radial_min": 5.0}
    workflow = Workflow(id="radial")
    workflow.add("beamcanvas.powder.integrate_1d", id="one", inputs=values)
    workflow.save("q.json")
    _, out, _ = here.run("show", "q.json")
    assert "5.0 nm⁻¹" in out


def test_show_needs_no_task(here: Folder) -> None:
    workflow = Workflow(id="gone")
    workflow.add("not_installed_here.f", id="x", inputs={"a": 1})
    workflow.save("gone.json")
    code, out, err = here.run("show", "gone.json")
    assert code == 0
    assert ["x", "a", "1", "set"] in [line.split() for line in out.splitlines()]
    assert "'not_installed_here' is not installed" in err


def test_convert_keeps_paths_valid(here: Folder) -> None:
    Path("data.txt").write_text("hello")
    file = here.save("read.json", ("r", "read", {"file": "data.txt"}))
    assert here.run("convert", file, "elsewhere/read.yaml")[0] == 0
    code, out, _ = here.run("run", "elsewhere/read.yaml", "--json")
    assert (code, json.loads(out)["r"]["result"]) == (0, "hello")
    assert here.run("convert", file, ".yaml")[0] == 0
    assert load("read.yaml").nodes["r"].default_inputs == {"file": "data.txt"}


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".ows", ".h5"])
def test_convert_writes_every_format(here: Folder, two: str, suffix: str) -> None:
    assert here.run("convert", two, f"copy{suffix}") == (0, "", "")
    assert load(f"copy{suffix}") == load(two)


def test_tutorials_are_listed_and_copied(here: Folder) -> None:
    assert "powder" in here.run("tutorials")[1]
    code, out, _ = here.run("tutorials", "powder", "--to", "mine")
    assert code == 0
    scheme = Path(out.strip())
    assert scheme.with_name("index.md").is_file()
    assert here.run("tutorials", "powder", "--to", "mine")[1] == out  # unchanged: the same copy
    scheme.write_text("mine")
    code, out, _ = here.run("tutorials", "powder", "--to", "mine")
    assert (code, Path(out.strip()).parent.name) == (0, "powder_2")
    assert scheme.read_text() == "mine"


def test_tasks_are_filtered_by_a_pattern(here: Folder) -> None:
    code, out, _ = here.run("tasks", "no task is called so")
    assert (code, out) == (0, "")
    pytest.importorskip("ewokscore")
    _, out, _ = here.run("tasks", "SUM*")
    assert "ewokscore.tests.examples.tasks.sumtask.SumTask" in out
    assert "CondSumTask" not in out


def test_validate_names_all_problems(here: Folder, two: str) -> None:
    code, out, _ = here.run("validate", two)
    assert code == 0
    assert "nothing is wrong" in out
    workflow = load(two)
    workflow.nodes["first"].default_inputs = {"c": 1}
    workflow.add("not_installed_here.f", id="third")
    workflow.save(two)
    code, _, err = here.run("validate", two)
    assert code == 2
    assert len(err.splitlines()) >= 2
    assert "not_installed_here" in err
    assert "'c'" in err


def test_help_and_version(here: Folder) -> None:
    for words in (["--help"], ["run", "--help"], ["--version"]):
        code, out, err = here.run(*words)
        assert (code, err) == (0, "")
        assert "beamcanvas" in out


def test_open_hands_the_file_to_the_canvas(
    here: Folder, two: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import ModuleType

    opened: list[list[str]] = []
    module = ModuleType("beamcanvas.canvas.app")
    module.main = lambda words: opened.append(words) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "beamcanvas.canvas.app", module)
    for words in ([], ["open"], [two], ["open", two]):
        assert here.run(*words)[0] == 0
    assert opened == [[], [], [two], [two]]
    assert here.run("rnu", two)[0] == 2


def test_a_run_imports_no_library_that_it_does_not_use(here: Folder) -> None:
    workflow = Workflow(id="plain")
    workflow.add("builtins.max", id="m", inputs={0: 1, 1: 2})
    workflow.save("plain.json")
    code = (
        "import sys; from beamcanvas.cli import main\n"
        "main(['run', 'plain.json', '--json', '--no-history'])\n"
        "heavy = {'numpy', 'pydantic', 'networkx', 'h5py', 'rich', 'yaml', 'AnyQt', 'silx',\n"
        "    'sqlite3', 'asyncio', 'ewokscore'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_watch_follows_a_file_to_its_end(tmp_path, capsys):
    from beamcanvas.spectroscopy import read_spectra
    from beamcanvas.spectroscopy.simulated import simulate_scan

    tutorial = Path(__file__).parents[1] / "tutorials" / "spectroscopy"
    foil = read_spectra([tutorial / "EXAFS_Cu.dat"])
    file = simulate_scan(tmp_path / "a.h5", foil, points=300, sleep=lambda _: None)
    scheme = str(tutorial / "exafs_plot.ows")
    out = f"Save as NeXus:file={tmp_path / 'out.h5'}"
    assert main(["watch", scheme, "--source", str(file), "-p", out]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("pass 1, ")
    assert "the last: " in line
    assert "overview: E0 898" in line
    assert (tmp_path / "out.h5").exists()
    assert main(["watch", scheme, "--source", str(file), "--node", "Gone"]) == 2
    assert "There is no node 'Gone'" in capsys.readouterr().err
    assert main(["watch", scheme, "--every", "0"]) == 2
