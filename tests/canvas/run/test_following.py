"""On the canvas: a node follows its file, what is after it runs again, and it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest

from beamcanvas.canvas.run.node_run import State
from beamcanvas.task import Param, task
from beamcanvas.workflow import Workflow

pytestmark = pytest.mark.gui


class Lines(int):
    """A number of lines, which may become more."""

    growing = False


@task(output="lines")
def read_lines(file: Annotated[Path, Param(path="open")], growing: bool = False) -> Lines:
    """Count lines; a line END ends the file."""
    text = file.read_text()
    found = Lines(len(text.splitlines()))
    found.growing = growing and "END" not in text
    return found


@task(output="double")
def double(lines: int) -> int:
    """What follows from it."""
    return 2 * lines


@pytest.fixture
def scheme(configured, qtbot, tmp_path):
    from AnyQt.QtCore import QCoreApplication, QEvent

    from beamcanvas.canvas.config import new_scheme
    from beamcanvas.canvas.scheme.portable import draw
    from beamcanvas.canvas.toolbox.registry import catalogue

    (tmp_path / "data.txt").write_text("1\n")
    workflow = Workflow(id="following")
    workflow.add(read_lines, id="read", inputs={"file": str(tmp_path / "data.txt")})
    workflow.add(double, id="double")
    workflow.link("read", "double", {"lines": "lines"})
    made = new_scheme()
    draw(workflow, made, catalogue())
    for node in made.nodes:
        node.run.find()
    yield made
    QCoreApplication.sendEvent(made, QEvent(QEvent.Type.Close))
    made.deleteLater()


def test_it_runs_again_until_the_file_is_whole(scheme, qtbot, tmp_path):
    source, after = scheme.node_of("read"), scheme.node_of("double")
    file = tmp_path / "data.txt"
    told = []
    source.run.following_changed.connect(told.append)
    assert source.run.can_follow
    assert not after.run.can_follow
    source.run.follow(True)
    qtbot.waitUntil(lambda: after.run.outputs.get("double") == 2, timeout=5000)
    file.write_text("1\n2\n")
    qtbot.waitUntil(lambda: after.run.outputs.get("double") == 4, timeout=5000)
    assert told == [True]
    file.write_text("1\n2\nEND\n")
    qtbot.waitUntil(lambda: after.run.outputs.get("double") == 6, timeout=5000)
    qtbot.waitUntil(lambda: told == [True, False], timeout=5000)
    file.write_text("1\n2\nEND\n4\n")
    qtbot.wait(400)
    assert after.run.outputs["double"] == 6  # nobody follows it any more
    assert "growing" not in source.run.settings  # following is no setting


def test_it_is_stopped_and_shown(scheme, qtbot, tmp_path):
    from beamcanvas.canvas.widget.run_bar import RunBar

    source = scheme.node_of("read")
    bar = RunBar()
    qtbot.addWidget(bar)
    source.run.following_changed.connect(bar.show_following)
    bar.follow_changed.connect(source.run.follow)
    bar.follow.setChecked(True)
    qtbot.waitUntil(lambda: source.run.state is State.DONE, timeout=5000)
    bar.follow.setChecked(False)
    qtbot.wait(50)
    (tmp_path / "data.txt").write_text("1\n2\n3\n")
    qtbot.wait(400)
    assert source.run.outputs["lines"] == 1
    bar.follow.setChecked(True)
    qtbot.waitUntil(lambda: source.run.outputs.get("lines") == 3, timeout=5000)
    scheme.remove_node(source)
    qtbot.wait(200)
