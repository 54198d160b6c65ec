"""Past runs as RO-Crates, before the public validator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import running_tasks as tasks

from beamcanvas.cli import main
from beamcanvas.errors import InputError, TaskError
from beamcanvas.execution import run
from beamcanvas.execution.crate import export_crate
from beamcanvas.execution.history import History
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load


@pytest.fixture
def history(tmp_path: Path) -> History:
    """With a run of three steps, two of them linked, that read a file and wrote results."""
    (tmp_path / "data.txt").write_text("counts")
    workflow = Workflow(id="three", label="Three steps", path=tmp_path / "three.json")
    workflow.add(tasks.add, id="first one", inputs={"a": 1, "b": 2})
    workflow.add(tasks.add, id="second", inputs={"a": 1})
    workflow.add(tasks.path_is, id="read", inputs={"path": "data.txt"})
    workflow.link("first one", "second", {"b": "result"})
    place = f"history:{tmp_path / 'history.db'}"
    run(workflow, events=[place], results=tmp_path / "results.h5", job_id="good")
    bad = Workflow(id="bad")
    bad.add(tasks.add, id="fails", inputs={"a": "text"})
    with pytest.raises(TaskError):
        run(bad, events=[place], job_id="failed")
    return History(tmp_path / "history.db")


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def test_it_says_what_ran_with_which_values_and_when(history: History, tmp_path: Path) -> None:
    crate = export_crate(history, "good", tmp_path / "crate", inputs=True)
    assert sorted(p.name for p in crate.rglob("*") if p.is_file()) == [
        "data.txt", "results.h5", "ro-crate-metadata.json", "workflow.json",
    ]  # fmt: skip
    found = entities(crate)
    kept = history.run("good")
    [number] = [n for n, node in enumerate(kept.nodes, 1) if node.node_id == "second"]
    action = found[f"#run/{number}/second"]
    assert action["instrument"] == {"@id": "#tool/second"}
    assert action["actionStatus"].endswith("/CompletedActionStatus")
    assert action["startTime"][:19] == kept.nodes[number - 1].started[:19]
    assert found[action["object"]["@id"]]["value"] == 1
    link = found["#link/first%20one/result/second/b"]
    assert link["sourceParameter"] == {"@id": "#out/first%20one/result"}
    assert found["inputs/data.txt"]["exampleOfWork"] == {"@id": "#in/read/path"}
    assert {p["@id"] for p in found["./"]["hasPart"]} == {
        "inputs/data.txt", "results.h5", "workflow.json",
    }  # fmt: skip
    again = load(crate / "workflow.json")
    assert run(again).nodes["second"] == {"result": 4}


def test_a_run_that_failed_and_one_without_files(history: History, tmp_path: Path) -> None:
    found = entities(export_crate(history, "failed", tmp_path / "crate"))
    assert found["#run/1/fails"]["error"] == "Add: 'a' should be a number, not 'text'."
    assert found["#run/failed"]["actionStatus"].endswith("/FailedActionStatus")
    crate = export_crate(history, "good", tmp_path / "lean", results=False)
    assert sorted(p.name for p in crate.iterdir()) == ["ro-crate-metadata.json", "workflow.json"]
    assert (tmp_path / "data.txt").as_uri() in entities(crate)


def test_the_command(history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["export-crate", "good", str(tmp_path / "crate"), "--history", history.where]
    assert main(said) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "crate")
    assert main(said) == 2
    assert "there is something of this name already" in capsys.readouterr().err
    with pytest.raises(InputError, match="can't be written"):
        export_crate(history, "good", "/proc/none/crate")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.service("rocrate")
def test_the_public_validator_finds_nothing_wrong(
    history: History, tmp_path: Path, service: str
) -> None:
    crates = [
        export_crate(history, "good", tmp_path / "good", inputs=True),
        export_crate(history, "failed", tmp_path / "failed"),
    ]
    script = Path(__file__).with_name("validate_crate.py")
    command = [service, script, *crates]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(said.stdout.strip().rpartition("\n")[2]) == [], said.stderr
