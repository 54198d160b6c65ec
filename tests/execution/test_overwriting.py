"""What a workflow reads is never what it writes over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest

from beamcanvas.errors import InputError
from beamcanvas.execution import run
from beamcanvas.execution.many import run_for_each
from beamcanvas.task import Param, task
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save


@task
def read_lines(files: Annotated[list[Path], Param(path="open")]) -> list[str]:
    return [line for file in files for line in Path(file).read_text().splitlines()]


@task
def save_lines(lines: list[str], *, file: Annotated[Path, Param(path="save")]) -> Path:
    file.write_text("\n".join(lines))
    return file


@task
def turn(file: Annotated[Path, Param(path="open")], *, to: Annotated[Path, Param(path="save")]):
    to.write_text(file.read_text()[::-1])


@task
def note(place: Path) -> Path:
    return place


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    file = tmp_path / "data.txt"
    file.write_text("measured")
    return file


def reading_and_saving(data: Path, to: str) -> Workflow:
    workflow = Workflow()
    first = workflow.add(read_lines, id="read", label="Read", inputs={"files": [str(data)]})
    last = workflow.add(save_lines, id="save", label="Save", inputs={"file": to})
    workflow.link(first, last, {"lines": "result"})
    save(workflow, data.parent / "scheme.json")
    return workflow


@pytest.mark.parametrize("where", ["same", "relative", "around"])
def test_the_data_stay(data: Path, where: Literal["same", "relative", "around"]) -> None:
    to = {"same": str(data), "relative": "data.txt", "around": "more/../data.txt"}[where]
    reading_and_saving(data, to)
    with pytest.raises(InputError) as refused:
        run(data.parent / "scheme.json")
    assert str(refused.value) == (
        f"'Save' would write over {data}, which 'Read' reads: choose another name."
    )
    assert data.read_text() == "measured"
    run(data.parent / "scheme.json", {"save": {"file": "new.txt"}})
    assert (data.parent / "new.txt").read_text() == "measured"


def test_a_step_alone_and_the_file_of_results(data: Path) -> None:
    workflow = Workflow()
    workflow.add(turn, id="turn", inputs={"file": str(data), "to": str(data)})
    with pytest.raises(InputError, match="which it reads: choose another name"):
        run(workflow)
    with pytest.raises(InputError, match=r"The results would be written over .*data\.txt"):
        run(reading_and_saving(data, "new.txt"), results=data)
    assert data.read_text() == "measured"


def test_what_is_saved_first_may_be_read_then(data: Path) -> None:
    workflow = Workflow()
    first = workflow.add(save_lines, id="save", inputs={"lines": ["new"], "file": str(data)})
    last = workflow.add(read_lines, id="read", inputs={"files": [str(data)]})
    other = workflow.add(note, id="note", inputs={"place": str(data)})
    workflow.link(first, other, {"place": "result"})
    workflow.link(other, last)
    assert run(workflow).nodes["read"]["result"] == ["new"]


def test_results_of_each_file_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_text("measured")
    workflow = Workflow()
    workflow.add(turn, id="turn", inputs={"to": str(tmp_path / "b.txt")})
    save(workflow, tmp_path / "turn.json")
    with pytest.raises(InputError, match=r"a\.h5 would lie in its place: choose another folder"):
        run_for_each(
            tmp_path / "turn.json",
            files=[tmp_path / "a.h5"],
            folder=tmp_path,
            existing="replace",
        )
    assert (tmp_path / "a.h5").read_text() == "measured"
