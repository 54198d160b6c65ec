"""The whole program, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tasks_for_canvas as tasks

from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import save

pytestmark = pytest.mark.gui

# quits by itself once the window has settled, and says what it saw
_PROGRAM = """
import sys
from beamcanvas.canvas import app  # first: it chooses the binding
from AnyQt.QtCore import QTimer

at_show = []
show = app.MainWindow.showEvent
def shown(self, event):
    at_show.append([m for m in ("orangewidget", "silx", "pyFAI", "matplotlib") if m in sys.modules])
    show(self, event)
app.MainWindow.showEvent = shown

class Once(app.Program):
    def setup_main_window(self):
        window = super().setup_main_window()
        def look():
            if window.widget_registry is None:
                return QTimer.singleShot(50, look)
            print("heavy", at_show)
            print("widgets", sorted(m for m in sys.modules if ".ow_" in m or m == "ewokscore"))
            print("nodes", [n.title for n in window.scheme.nodes])
            print("welcome", window.welcome_page.isVisible())
            print("categories", [c.name for c in window.widget_registry.categories()])
            window.close()
            self.application.quit()
        QTimer.singleShot(600, look)
        return window

app.Program = Once
sys.exit(app.main(sys.argv[1:]))
"""


def start(tmp_path: Path, *files: str) -> dict[str, str]:
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    environment.pop("QT_API", None)
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program), *files],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def test_a_first_start_asks_nothing_and_loads_nothing_heavy(tmp_path):
    said = start(tmp_path)
    assert said["heavy"] == "[[]]"
    assert said["widgets"] == "[]"  # the tool box shows them without loading any
    assert said["welcome"] == "True"
    assert "Powder" in said["categories"]
    config = [p.relative_to(tmp_path / "config") for p in (tmp_path / "config").rglob("*.ini")]
    assert all("beamcanvas" in str(p) for p in config)


def test_a_file_is_opened(tmp_path):
    workflow = Workflow()
    workflow.add(tasks.add, id="one", label="First")
    path = save(workflow, tmp_path / "x.json")
    said = start(tmp_path, str(path))
    assert said["nodes"] == "['First']"
    assert said["welcome"] == "False"
