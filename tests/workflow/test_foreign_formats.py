"""Formats of other packages, sound and broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from beamcanvas.errors import WorkflowError
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import (
    finding,
    format_named,
    formats,
    load,
    loads,
    save,
    suffixes,
)

LINES = """
from beamcanvas.workflow import Workflow

name = "lines"
suffixes = (".Lines", ".txt2")

def read(path):
    workflow = Workflow()
    for line in path.read_text().split():
        workflow.add(line, id=line)
    return workflow

def write(workflow, path):
    path.write_text("\\n".join(workflow.nodes) if workflow.nodes else 1 / 0)
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another package's format, and one that can't be imported, before it."""
    (tmp_path / "lines_format.py").write_text(LINES)
    (tmp_path / "broken_format.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    entries = [
        EntryPoint(name, f"{name}_format", "beamcanvas.formats") for name in ("broken", "lines")
    ]
    monkeypatch.setattr(finding, "_entry_points", lambda: entries)
    return tmp_path


def test_a_foreign_format_is_read_and_written_by_its_suffix(foreign: Path) -> None:
    (foreign / "two.lines").write_text("builtins.max\nbuiltins.min")
    workflow = load(foreign / "two.lines")
    assert list(workflow.nodes) == ["builtins.max", "builtins.min"]
    assert load(save(workflow, foreign / "again.txt2")).nodes == workflow.nodes
    assert formats()[-2:] == ["broken", "lines"]
    assert suffixes()["lines"] == (".lines", ".txt2")
    assert "broken" not in suffixes()


def test_a_broken_format_costs_no_other_file(foreign: Path) -> None:
    path = save(Workflow(id="own"), foreign / "own.json")
    assert load(path).id == "own"
    path.rename(foreign / "own.unknown")
    assert load(foreign / "own.unknown").id == "own"


def test_its_failure_is_told_where_nothing_else_fits(foreign: Path) -> None:
    (foreign / "x.unknown").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(WorkflowError, match=r"neither a text nor HDF5.*'broken'.*division by zero"):
        load(foreign / "x.unknown")
    with pytest.raises(WorkflowError, match=r"known are .*\.txt2.*'broken' of another package"):
        save(Workflow(), foreign / "x.unknown")
    with pytest.raises(WorkflowError, match="'broken' of another package can't be loaded"):
        format_named("broken")


def test_what_a_foreign_format_raises_is_one_sentence(foreign: Path) -> None:
    (foreign / "bad.lines").write_bytes(b"\xff")
    with pytest.raises(WorkflowError, match=r"bad\.lines: the format 'lines' can't read it: Unic"):
        load(foreign / "bad.lines")
    with pytest.raises(WorkflowError, match="the format 'lines' can't write it: ZeroDivision"):
        save(Workflow(), foreign / "bad.lines")
    with pytest.raises(WorkflowError, match="not a text"):
        loads("x", "lines")
