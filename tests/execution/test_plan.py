"""What a workflow takes and gives under its own names, and what a run would do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import running_tasks as tasks

from beamcanvas.cli import main
from beamcanvas.errors import InputError, WorkflowError
from beamcanvas.execution import run
from beamcanvas.execution.plan import plan
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.flat import flatten
from beamcanvas.workflow.formats import load
from beamcanvas.workflow.interface import interface_of

FACE = {
    "inputs": [
        {"name": "length", "node": "first", "input": "x", "help": "of the arm"},
        {"name": "offset", "node": "second", "input": "b"},
    ],
    "outputs": [{"name": "reach", "node": "second", "output": "result"}],
}


def faced() -> Workflow:
    workflow = Workflow(id="faced", extra={"interface": FACE})
    workflow.add(tasks.bounded, id="first", inputs={"x": 2.0})
    workflow.add(tasks.add, id="second", label="Add", inputs={"b": 10})
    workflow.link("first", "second", {"a": "result"})
    return workflow


# -- the interface


def test_values_and_outputs_by_public_name() -> None:
    workflow = faced()
    face = interface_of(flatten(workflow))
    given = face.given({"length": 5, "offset": 1})
    assert run(workflow, given, outputs=face.wanted()).outputs == {"reach": 6}
    with pytest.raises(InputError, match=r"no input 'lenght'. Did you mean 'length'"):
        face.given({"lenght": 5})


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".ows"])
def test_every_format_keeps_it(suffix: str, tmp_path: Path) -> None:
    again = load(faced().save(tmp_path / f"faced{suffix}"))
    assert again.extra["interface"] == FACE


@pytest.mark.parametrize(
    ("face", "words"),
    [
        ([], "it should be a mapping, not []."),
        ({"inputs": 5}, "its inputs should be a list, not 5."),
        ({"outputs": [{"name": "x"}]}, "an output has a name, a node and an output"),
        ({"inputs": [{"name": "x", "node": "third", "input": "a"}]}, "of no node: 'third'."),
        ({"inputs": [FACE["inputs"][0]] * 2}, "there are two inputs 'length'."),
    ],
)
def test_what_it_says_wrong_is_told_before_anything_runs(face: Any, words: str) -> None:
    workflow = faced()
    workflow.extra["interface"] = face
    with pytest.raises(WorkflowError) as info:
        run(workflow)
    assert str(info.value).startswith("The interface of the workflow: ")
    assert words in str(info.value)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(faced().save(tmp_path / "faced.json"))
    assert main(["run", file, "-p", "length=5", "--outputs", "declared", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"reach": 15.0}
    assert main(["run", file, "--help-for"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["length", "float", "(mm)", "2.0", "of", "the", "arm"] in lines
    assert ["offset", "float", "10"] in lines
    assert ["reach", "float"] in lines


def test_a_workflow_that_declares_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow = faced()
    del workflow.extra["interface"]
    assert main(["run", str(workflow.save(tmp_path / "plain.json")), "--help-for"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["first:x", "float", "(mm)", "2.0"] in lines
    assert ["Add.result", "float"] in lines


# -- the dry run


def test_what_would_run_and_what_may() -> None:
    workflow = faced()
    workflow.add(tasks.add, id="perhaps", inputs={"b": 1})
    workflow.add(tasks.add, id="after")
    workflow.add(tasks.describe_error, id="handler")
    workflow.link("second", "perhaps", {"a": "result"}, when={"result": 12.0})
    workflow.link("perhaps", "after", {"a": "result"})
    workflow.link("second", "handler", map_all_data=True, on_error=True)
    found = plan(workflow, {"first": {"x": 3}})
    assert {s.node.id: s.state for s in found.steps} == {
        "first": "runs", "second": "runs", "perhaps": "may run", "after": "may run",
        "handler": "may run",
    }  # fmt: skip
    assert found.steps[0].inputs == {"x": 3}
    assert found.steps[1].linked == {"a": "first.result"}
    assert found.problems == []


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    workflow = Workflow()
    workflow.path = tmp_path / "scheme.json"
    workflow.add(tasks.path_is, id="open", inputs={"path": "image.edf"})
    workflow.add(tasks.add, id="add")
    assert plan(workflow).problems == [
        "The node 'add', a: the input 'a' is missing.",
        f"The node 'open', path: there is no file {tmp_path / 'image.edf'}.",
    ]


def test_what_is_mapped_and_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAMCANVAS_HISTORY", str(tmp_path / "history.db"))
    workflow = faced()
    workflow.add(tasks.add, id="many", inputs={"a": [1, 2, 3]}, extra={"execution": {"map": "a"}})
    run(workflow, cache=tmp_path / "kept")
    steps = {s.node.id: s for s in plan(workflow, cache=tmp_path / "kept").steps}
    assert steps["first"].state == "is kept"
    assert steps["many"].times == 3
    steps = {
        s.node.id: s for s in plan(workflow, {"first": {"x": 9}}, cache=tmp_path / "kept").steps
    }
    assert steps["first"].state == "runs"


def test_a_dry_run_on_the_command_line_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow = faced()
    begun = tmp_path / "begun"
    there = {"execution": {"executor": "processes:1"}}
    workflow.add(tasks.stubborn, id="slow", inputs={"begun": str(begun)}, extra=there)
    file = str(workflow.save(tmp_path / "faced.json"))
    assert main(["run", file, "--dry-run", "--executor", "threads"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][:3] == ["first", "runs", "threads"]
    assert lines[2][:3] == ["Add", "runs", "threads"]
    assert lines[3][:3] == ["slow", "runs", "processes:1"]
    assert not begun.exists()
    assert main(["run", file, "--dry-run", "-p", "length=-1"]) == 2
    assert "should be at least 0 mm" in capsys.readouterr().err
